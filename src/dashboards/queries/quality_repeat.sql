-- NDCG@10 over products bought before
WITH quality AS (
  SELECT window_start, ranking, scope, metric, value
  FROM backtest_quality
  UNION ALL
  -- A backtest judges all its windows with one version: where there is one, its figures stand.
  SELECT window_start, ranking, scope, metric, value
  FROM recommendation_quality
  LEFT ANTI JOIN backtest_quality USING (window_start, ranking, scope, metric)
)
SELECT window_start, TITLE_OF_RANKING(ranking) AS ranking, value AS ndcg
FROM quality
WHERE metric = 'ndcg_at_10' AND scope = 'repeat'
  AND ranking = 'buy_again'
ORDER BY window_start, ranking
