"""Sources of invoice lines, and their way into the landing folder as Parquet."""
