-- Moves in the last month
SELECT
  CASE from_segment WHEN '(none)' THEN 'not a customer yet' ELSE from_segment END AS from_segment,
  CASE to_segment WHEN '(none)' THEN 'all taken back' ELSE to_segment END AS to_segment,
  customers
FROM segment_migrations
WHERE month_end = (SELECT max(month_end) FROM segment_migrations) AND from_segment <> to_segment
ORDER BY from_segment, to_segment
