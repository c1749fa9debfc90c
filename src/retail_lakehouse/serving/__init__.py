"""Registered models at work: code that MLflow runs when it loads one, and answers over HTTP.

Neither needs Spark or a JVM.
"""

from pathlib import Path

SEGMENTS_CODE = Path(__file__).with_name("segments.py")
RECOMMENDER_CODE = Path(__file__).with_name("recommendations.py")
# Their artifacts; MLflow knows each by its name without the suffix.
SEGMENTS_FILE = "segments.json"
RECOMMENDER_FILE = "recommender.npz"
