-- Customers and revenue
SELECT
  sum(customers) AS customers,
  CAST(sum(revenue) AS DOUBLE) AS revenue,
  CAST(max(as_of) AS STRING) AS as_of
FROM segment_profiles
