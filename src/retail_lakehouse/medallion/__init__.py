"""Bronze to silver to gold, as pure functions from DataFrames to DataFrames."""
