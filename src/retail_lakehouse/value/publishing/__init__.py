"""Forecasts of all customers as rows of gold, and of some in answer to a request."""
