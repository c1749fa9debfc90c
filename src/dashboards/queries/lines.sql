-- Lines by outcome
WITH latest AS (
  SELECT run_id
  FROM data_quality
  WHERE measure = 'lines_in'
  GROUP BY run_id, as_of
  ORDER BY as_of DESC, sum(value) DESC
  LIMIT 1
),
outcomes AS (
  SELECT part, table_name, value
  FROM data_quality
  WHERE measure = 'lines_out' AND run_id IN (SELECT run_id FROM latest)
),
-- The largest eight by name, as a shop may have a file a day.
ranked AS (
  SELECT part, row_number() OVER (ORDER BY sum(value) DESC, part) AS place, count(*) OVER () AS parts
  FROM outcomes
  GROUP BY part
)
SELECT
  CASE WHEN place <= 8 THEN part ELSE concat(parts - 8, ' other files or sheets') END AS part,
  CASE table_name
    WHEN 'silver.sales' THEN 'sold'
    WHEN 'silver.returns' THEN 'returned'
    ELSE 'rejected'
  END AS outcome,
  CAST(sum(value) AS BIGINT) AS lines
FROM outcomes
JOIN ranked USING (part)
GROUP BY 1, 2
ORDER BY part, outcome
