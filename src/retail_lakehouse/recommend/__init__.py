"""Products for each customer: implicit ALS and the lists drawn from it."""
