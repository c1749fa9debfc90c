-- How good forecasts are
WITH quality AS (
  SELECT window_start, model, metric, value, low, high, customers
  FROM value_backtest
  WHERE tenth = 0
  UNION ALL
  -- A backtest judges all its windows with one version: where there is one, its figures stand.
  SELECT window_start, model, metric, value, low, high, customers
  FROM value_quality
  LEFT ANTI JOIN value_backtest USING (window_start, model, metric, tenth)
  WHERE tenth = 0
)
SELECT
  TITLE_OF_MODEL(quality.model) AS model,
  max(CASE WHEN metric = 'auc_90' THEN value END) AS auc,
  max(CASE WHEN metric = 'brier_90' THEN value END) AS brier,
  max(CASE WHEN metric = 'brier_90' THEN low END) AS brier_low,
  max(CASE WHEN metric = 'brier_90' THEN high END) AS brier_high,
  max(CASE WHEN metric = 'gini_spend' THEN value END) AS gini,
  max(CASE WHEN metric = 'bias_orders' THEN value END) AS bias_orders,
  max(CASE WHEN metric = 'bias_spend' THEN value END) AS bias_spend,
  max(CASE WHEN metric = 'within_spend' THEN value END) AS within_spend,
  max(customers) AS customers
FROM quality
WHERE window_start = (SELECT max(window_start) FROM quality)
GROUP BY quality.model
ORDER BY brier
