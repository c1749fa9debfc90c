-- Most recommended products
WITH customers AS (
  SELECT count(*) AS customers FROM customer_rfm
),
counted AS (
  SELECT list, stock_code, max(description) AS product, count(*) AS customers
  FROM recommendations
  GROUP BY list, stock_code
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY list ORDER BY customers DESC, stock_code) AS place
  FROM counted
)
SELECT
  TITLE_OF_LIST(r.list) AS list,
  r.place,
  r.stock_code,
  r.product,
  r.customers,
  r.customers / CAST(c.customers AS DOUBLE) AS customer_share
FROM ranked r
CROSS JOIN customers c
WHERE r.place <= 10
ORDER BY place, list
