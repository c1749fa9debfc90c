-- Quality in the last window
WITH quality AS (
  SELECT window_start, ranking, scope, metric, value, low, high, users
  FROM backtest_quality
  UNION ALL
  -- A backtest judges all its windows with one version: where there is one, its figures stand.
  SELECT window_start, ranking, scope, metric, value, low, high, users
  FROM recommendation_quality
  LEFT ANTI JOIN backtest_quality USING (window_start, ranking, scope, metric)
)
SELECT
  TITLE_OF_SCOPE(scope) AS scope,
  TITLE_OF_RANKING(ranking) AS ranking,
  max(CASE WHEN metric = 'ndcg_at_10' THEN value END) AS ndcg,
  max(CASE WHEN metric = 'ndcg_at_10' THEN low END) AS ndcg_low,
  max(CASE WHEN metric = 'ndcg_at_10' THEN high END) AS ndcg_high,
  max(CASE WHEN metric = 'recall_at_10' THEN value END) AS recall,
  max(CASE WHEN metric = 'hit_rate_at_10' THEN value END) AS hit_rate,
  max(CASE WHEN metric = 'catalogue_coverage' THEN value END) AS catalogue_coverage,
  max(CASE WHEN metric = 'novelty' THEN value END) AS novelty,
  max(users) AS users
FROM quality
WHERE window_start = (SELECT max(window_start) FROM quality)
  AND NOT (scope = 'new' AND ranking = 'own_then_recent')
GROUP BY scope, ranking
ORDER BY scope, ndcg DESC
