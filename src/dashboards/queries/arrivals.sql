-- Moves into a segment by month
SELECT date_sub(m.month_end, 1) AS month_end, m.to_segment, sum(m.customers) AS customers
FROM segment_migrations m
WHERE m.from_segment <> m.to_segment AND m.from_segment <> '(none)' AND m.to_segment <> '(none)'
GROUP BY m.month_end, m.to_segment
ORDER BY month_end, to_segment
