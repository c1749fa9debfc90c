"""Lines held against what is expected of them, before gold is made of them."""
