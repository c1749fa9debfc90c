"""From facts to tables of the terminal: no Spark, no MLflow, and all text plain."""
