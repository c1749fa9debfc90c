-- Checks
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
)
SELECT
  table_name,
  measure AS check_name,
  part,
  CAST(value AS DOUBLE) AS found,
  CASE WHEN passed THEN 'passed' WHEN level = 'warn' THEN 'warning' ELSE 'FAILED' END AS outcome
FROM data_quality
WHERE passed IS NOT NULL AND run_id IN (SELECT run_id FROM latest)
ORDER BY passed, outcome, table_name, check_name, part
