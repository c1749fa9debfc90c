-- What is expected
SELECT
  CAST(sum(expected_spend_90_days) AS DOUBLE) AS expected_spend_90_days,
  CAST(sum(expected_spend_12_months) AS DOUBLE) AS expected_spend_12_months,
  count_if(due_this_week) AS due,
  CAST(max(as_of) AS STRING) AS as_of
FROM customer_value
