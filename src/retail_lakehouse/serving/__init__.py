"""Registered models at work: code that MLflow runs when it loads one, and answers over HTTP.

Neither needs Spark or a JVM. specs.py says what MLflow is told of each.
"""
