"""How good the lists are on windows of the past, and whether that is enough to publish."""
