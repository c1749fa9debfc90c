-- Lines in, checks that failed
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
)
SELECT
  CAST(sum(CASE WHEN measure = 'lines_in' THEN value ELSE 0 END) AS BIGINT) AS lines_in,
  sum(CASE WHEN passed = false AND coalesce(level, 'fail') = 'fail' THEN 1 ELSE 0 END)
    AS failed_checks,
  CAST(max(as_of) AS STRING) AS as_of
FROM data_quality
WHERE run_id IN (SELECT run_id FROM latest)
