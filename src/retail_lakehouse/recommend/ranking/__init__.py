"""Stage 2: features of customers and candidates, trees that rank them, and the lists."""
