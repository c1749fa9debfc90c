"""Whole runs on a small shop, which several test modules look at."""

import hashlib
from pathlib import Path

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.settings import RecommendSettings, SegmentSettings, Settings
from retail_lakehouse.steps import Context

SMALL = RecommendSettings(
    rank=4,
    iterations=2,
    training_windows=2,
    enough_customers=1,
    discover_trees=10,
    for_you_trees=10,
)

# Two dozen customers are no stable groups, and the gates have tests of their own.
ANY_SEGMENTS = SegmentSettings(starts=1, resamples=2, min_bootstrap_ari=0.0)


def context(home: Path, *sources: str, **settings) -> Context:
    models = {"recommend": SMALL, "segments": ANY_SEGMENTS}
    return Context(Settings(home=home, **models | settings), sources)


def run(ran: Context) -> list[str]:
    order = []
    pipeline.run_all(ran, lambda step: None, lambda step, result: order.append(step.name))
    return order


def content(lakehouse: Lakehouse) -> dict[str, str]:
    """A hash of every table's rows, whatever their order; the time of loading left out."""
    hashes = {}
    for table in t.TABLES:
        rows = lakehouse.read(table).drop("ingested_at").collect()
        lines = sorted(repr(row) for row in rows)
        hashes[table.full_name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return hashes
