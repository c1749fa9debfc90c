-- Rejected lines by reason
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
)
SELECT
  part AS reason,
  TITLE_OF_REASON(part) AS meaning,
  TITLE_OF_REMEDY(part) AS remedy,
  CAST(value AS BIGINT) AS lines,
  CAST(value / sum(value) OVER () AS DOUBLE) AS share
FROM data_quality
WHERE measure = 'lines_by_reason' AND run_id IN (SELECT run_id FROM latest)
ORDER BY lines DESC, reason
