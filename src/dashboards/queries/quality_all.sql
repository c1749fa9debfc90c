-- NDCG@10 over all products
SELECT window_start, ranking, value AS ndcg
FROM recommendation_quality
WHERE metric = 'ndcg_at_10' AND scope = 'all'
  AND ranking IN ('for_you', 'own_then_recent', 'recent_popularity', 'popularity', 'als', 'ease')
ORDER BY window_start, ranking
