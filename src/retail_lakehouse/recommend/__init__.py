"""Products for each customer: implicit ALS and other signs find candidates, trees rank them."""
