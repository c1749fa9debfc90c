-- At risk and worth it
SELECT
  customer_id,
  segment,
  churn_risk,
  CAST(customer_value.spend AS DOUBLE) AS spend,
  CAST(expected_spend_12_months AS DOUBLE) AS expected_spend_12_months,
  probability_90_days,
  reason
FROM customer_value
JOIN customer_segments USING (customer_id)
-- Who is sure to come needs no letter, and in the lower half it does not pay.
WHERE churn_band <> 'low' AND percentile >= 50
ORDER BY expected_spend_12_months DESC, customer_id
LIMIT 100
