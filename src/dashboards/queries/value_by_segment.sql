-- Value by segment
SELECT
  segment,
  count(*) AS customers,
  avg(probability_90_days) AS probability_90_days,
  CAST(sum(expected_spend_90_days) AS DOUBLE) AS expected_spend_90_days,
  CAST(sum(expected_spend_12_months) AS DOUBLE) AS expected_spend_12_months,
  CAST(sum(expected_spend_12_months) / count(*) AS DOUBLE) AS expected_each
FROM customer_value
JOIN customer_segments USING (customer_id)
GROUP BY segment
ORDER BY expected_spend_12_months DESC
