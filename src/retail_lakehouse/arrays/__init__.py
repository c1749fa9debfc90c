"""Models as plain arrays: how they are kept, read back with care, and what is computed of them."""
