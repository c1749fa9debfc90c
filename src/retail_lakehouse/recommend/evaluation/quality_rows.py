"""Rows of the tables of quality: every metric of every ranking on a window."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from retail_lakehouse.recommend.evaluation.metrics import PER_USER, K, Scores, bootstrap


def quality_rows(
    scores: Mapping[tuple[str, str], Scores], start: date, days: int, cold: float
) -> list[tuple[Any, ...]]:
    """A row per ranking, scope and metric; those that nobody could be judged by are left out.

    scores: by ranking and scope. cold: share of the window's buyers who had no history.
    """
    return [
        (start, days, ranking, scope, metric, value, low, high, judged.users)
        for (ranking, scope), judged in scores.items()
        if judged.users
        for metric, value, low, high in (*_metrics(judged), ("cold_share", cold, None, None))
    ]


def _metrics(scores: Scores) -> Iterator[tuple[str, float, float | None, float | None]]:
    for metric in PER_USER:
        interval = bootstrap(scores.per_user[metric])
        yield f"{metric}_at_{K}", interval.mean, interval.low, interval.high
    yield "catalogue_coverage", scores.coverage, None, None
    if not np.isnan(scores.novelty):
        yield "novelty", scores.novelty, None, None
