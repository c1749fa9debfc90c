"""Rows of the tables of quality: every metric of every model and baseline on a window."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.value.judging.judged import Judged

# Metrics of all customers have no tenth.
_ALL = 0


def quality_rows(judged: Judged) -> list[tuple[Any, ...]]:
    """window_start, model, metric, tenth, value, low, high, customers; what is not defined is left
    out.
    """
    start = date_of(judged.start)
    return [
        (start, name, metric, tenth, value, low, high, customers)
        for name in judged.predictions
        for metric, tenth, value, low, high, customers in (
            *_scores(judged, name),
            *_calibration(judged, name),
        )
        if not np.isnan(value)
    ]


def _scores(judged: Judged, name: str) -> Iterator[tuple[Any, ...]]:
    for metric, found in judged.scores(name).items():
        ends = (None, None) if np.isnan(found.low) else (found.low, found.high)
        yield metric, _ALL, found.value, *ends, len(judged)


def _calibration(judged: Judged, name: str) -> Iterator[tuple[Any, ...]]:
    for days in judged.bought:
        for tenth, (chance, share, customers) in enumerate(judged.tenths(name, days), start=1):
            yield f"chance_{days}", tenth, chance, None, None, customers
            yield f"bought_{days}", tenth, share, None, None, customers
