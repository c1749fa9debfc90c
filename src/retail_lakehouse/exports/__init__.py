"""Gold for other tools: files of customers and their lists, with columns that stay."""
