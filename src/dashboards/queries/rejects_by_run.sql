-- Share of lines rejected, by run
WITH runs AS (
  SELECT
    run_id,
    as_of,
    sum(CASE WHEN measure = 'lines_in' THEN value END) AS lines_in,
    sum(CASE WHEN table_name = 'silver.rejected_lines' AND measure = 'lines_out' THEN value ELSE 0 END)
      AS rejected
  FROM data_quality
  GROUP BY run_id, as_of
)
SELECT as_of, max(CAST(rejected AS DOUBLE) / CAST(lines_in AS DOUBLE)) AS rejected_share
FROM runs
WHERE lines_in > 0
GROUP BY as_of
ORDER BY as_of
