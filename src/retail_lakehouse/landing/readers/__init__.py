"""Source files as tables of text, as they are found: one reader a kind of file."""
