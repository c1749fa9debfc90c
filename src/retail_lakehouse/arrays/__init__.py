"""Models as plain arrays: how they are kept, read back with care, asked and drawn."""
