"""Servers that people open: who may ask, what, how much at once, and how they end."""
