"""What each step does, by the part of the pipeline; pipeline.py says in which order and why."""

from retail_lakehouse.steps.context import Context, StepResult
from retail_lakehouse.steps.inputs import unless_unchanged
from retail_lakehouse.steps.medallion import (
    build_gold,
    check_quality,
    clean_silver,
    land_sources,
    load_bronze,
)
from retail_lakehouse.steps.recommend import publish_recommendations, train_recommender
from retail_lakehouse.steps.segments import (
    publish_segment_history,
    publish_segments,
    train_segments,
)

__all__ = [
    "Context",
    "StepResult",
    "build_gold",
    "check_quality",
    "clean_silver",
    "land_sources",
    "load_bronze",
    "publish_recommendations",
    "publish_segment_history",
    "publish_segments",
    "train_recommender",
    "train_segments",
    "unless_unchanged",
]
