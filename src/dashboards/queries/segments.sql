-- Segments
SELECT
  segment,
  customers,
  customer_share,
  revenue_share,
  recency_days_median AS days_since_purchase,
  frequency_median AS invoices,
  CAST(monetary_median AS DOUBLE) AS spent,
  CAST(basket_value AS DOUBLE) AS basket,
  recommended_action
FROM segment_profiles
ORDER BY revenue DESC
