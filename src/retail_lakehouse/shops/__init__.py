"""What differs from shop to shop: its description, and how one is found in the shop's own files."""
