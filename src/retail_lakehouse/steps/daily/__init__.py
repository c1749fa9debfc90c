"""Steps that follow what has changed, and make their tables anew where that cannot be followed."""
