-- Lines by outcome
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
)
SELECT
  part,
  CASE table_name
    WHEN 'silver.sales' THEN 'sold'
    WHEN 'silver.returns' THEN 'returned'
    ELSE 'rejected'
  END AS outcome,
  CAST(value AS BIGINT) AS lines
FROM data_quality
WHERE measure = 'lines_out' AND run_id IN (SELECT run_id FROM latest)
ORDER BY part, outcome
