"""What was bought, as arrays: purchases and histories of customers, sales of products."""
