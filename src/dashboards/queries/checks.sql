-- Checks
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
),
-- Those that passed together, as some are of every file.
checked AS (
  SELECT
    table_name,
    measure,
    CASE WHEN passed THEN 'passed' WHEN level = 'warn' THEN 'warning' ELSE 'FAILED' END AS outcome,
    min(part) AS part,
    max(value) AS value,
    count(*) AS parts
  FROM data_quality
  WHERE passed IS NOT NULL AND run_id IN (SELECT run_id FROM latest)
  GROUP BY table_name, measure, outcome, CASE WHEN NOT passed THEN part END
)
SELECT
  table_name,
  measure AS check_name,
  CASE WHEN parts > 1 THEN concat('all ', parts, ', at most') ELSE part END AS part,
  CAST(value AS DOUBLE) AS found,
  outcome
FROM checked
ORDER BY outcome = 'passed', outcome, table_name, check_name, part
