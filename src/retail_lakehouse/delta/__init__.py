"""Delta tables against their contract: definition, changes, checks of rows, and the log."""
