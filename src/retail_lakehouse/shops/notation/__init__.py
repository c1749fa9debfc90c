"""How single values are written, and read the same by Java and Python: dates, numbers, money."""
