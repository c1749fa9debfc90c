"""Code that MLflow runs when a registered model is loaded; it needs no Spark and no JVM."""

from pathlib import Path

SEGMENTS_CODE = Path(__file__).with_name("segments.py")
RECOMMENDER_CODE = Path(__file__).with_name("recommendations.py")
