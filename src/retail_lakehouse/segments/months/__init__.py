"""Segments month by month: who was in which at each month's end, and who moved."""
