-- Moves in the last month
SELECT from_segment, to_segment, customers
FROM segment_migrations
WHERE month_end = (SELECT max(month_end) FROM segment_migrations) AND from_segment <> to_segment
ORDER BY from_segment, to_segment
