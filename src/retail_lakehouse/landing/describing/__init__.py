"""How a shop writes: found in the lines of its files, shown to people, kept."""
