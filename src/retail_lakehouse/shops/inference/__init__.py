"""A shop's description, proposed from the names and values of its own files: pure Python."""
