"""What customers did, as of any day: orders, the shop's own time, and windows to learn from."""
