-- NDCG@10 over products bought before
SELECT window_start, ranking, value AS ndcg
FROM recommendation_quality
WHERE metric = 'ndcg_at_10' AND scope = 'repeat'
  AND ranking = 'buy_again'
ORDER BY window_start, ranking
