-- Due this week
SELECT
  customer_id,
  next_order_on,
  probability_30_days,
  expected_orders_90_days,
  CAST(expected_spend_90_days AS DOUBLE) AS expected_spend_90_days,
  CAST(average_basket AS DOUBLE) AS average_basket,
  reason
FROM customer_value
WHERE due_this_week
ORDER BY expected_spend_90_days DESC, customer_id
LIMIT 100
