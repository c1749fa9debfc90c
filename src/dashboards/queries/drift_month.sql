-- Drift against the month before
WITH last_year AS (
  SELECT date_sub(d.month_end, 1) AS month_end, d.feature, d.psi
  FROM feature_drift d
  WHERE d.reference = 'previous_month'
    AND d.month_end > (SELECT add_months(max(month_end), -12) FROM feature_drift)
)
SELECT month_end, feature, psi
FROM last_year
UNION ALL
SELECT DISTINCT month_end, 'large from here' AS feature, CAST(0.25 AS DOUBLE) AS psi
FROM last_year
ORDER BY month_end, feature
