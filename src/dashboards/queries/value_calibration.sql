-- Chances said and orders come
WITH quality AS (
  SELECT window_start, model, metric, tenth, value
  FROM value_backtest
  UNION ALL
  -- A backtest judges all its windows with one version: where there is one, its figures stand.
  SELECT window_start, model, metric, tenth, value
  FROM value_quality
  LEFT ANTI JOIN value_backtest USING (window_start, model, metric, tenth)
)
SELECT
  TITLE_OF_MODEL(quality.model) AS model,
  tenth,
  avg(CASE WHEN metric = 'chance_90' THEN value END) AS chance,
  avg(CASE WHEN metric = 'bought_90' THEN value END) AS bought
FROM quality
WHERE metric IN ('chance_90', 'bought_90') AND model IN ('curve', 'trees')
GROUP BY quality.model, tenth
ORDER BY quality.model, tenth
