-- Customers by segment and month
SELECT date_sub(h.month_end, 1) AS month_end, h.segment, count(*) AS customers
FROM segment_history h
GROUP BY h.month_end, h.segment
ORDER BY month_end, segment
