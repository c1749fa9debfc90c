-- NDCG@10 over products new to the customer
SELECT window_start, ranking, value AS ndcg
FROM recommendation_quality
WHERE metric = 'ndcg_at_10' AND scope = 'new'
  AND ranking IN ('discover', 'first_time_buyers', 'recent_popularity', 'popularity', 'als', 'ease')
ORDER BY window_start, ranking
