"""Customers into named segments: k-means on log-scale RFM."""
