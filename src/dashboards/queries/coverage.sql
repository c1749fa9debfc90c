-- Coverage by list
WITH customers AS (
  SELECT count(*) AS customers FROM customer_rfm
),
sold AS (
  SELECT count(*) AS products FROM products
)
SELECT
  TITLE_OF_LIST(r.list) AS list,
  count(DISTINCT r.customer_id) AS customers,
  count(DISTINCT r.customer_id) / CAST(max(c.customers) AS DOUBLE) AS customer_share,
  count(DISTINCT r.stock_code) AS products,
  count(DISTINCT r.stock_code) / CAST(max(s.products) AS DOUBLE) AS product_share
FROM recommendations r
CROSS JOIN customers c
CROSS JOIN sold s
GROUP BY r.list
ORDER BY list
