"""From customers to a candidate model with everything that speaks for or against it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
from pyspark.sql import DataFrame

from retail_lakehouse.segments import kmeans
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.quality import Gate, Quality, gates, measure
from retail_lakehouse.settings import SegmentSettings

SWEEP = range(2, 11)


@dataclass(frozen=True)
class Candidate:
    """A trained model, its quality, its gates, and the sample it was measured on (raw RFM)."""

    settings: SegmentSettings
    model: SegmentModel
    quality: Quality
    gates: tuple[Gate, ...]
    sample: np.ndarray

    @property
    def failures(self) -> str:
        """The gates not passed, in words; empty: it may publish."""
        return "; ".join(str(gate) for gate in self.gates if not gate.passed)


def train(
    rows: DataFrame,
    settings: SegmentSettings,
    sample: np.ndarray | None = None,
    stage: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Candidate:
    """Fit and measure one model on ``kmeans.training_rows``.

    ``sample``: of the same rows, where it was drawn before. ``stage``: told what goes on. Fewer
    distinct customers than k give as many segments as there are.
    """
    if sample is None:
        sample = kmeans.sample(rows, settings.sample_size)
    k = min(settings.k, kmeans.distinct_customers(sample))
    with stage("fit"):
        fitted = kmeans.fit(rows, replace(settings, k=k))
        model = kmeans.as_arrays(fitted, sample)
    with stage("judge"):
        measured = measure(
            model,
            sample,
            settings,
            customers=rows.count(),
            inertia=fitted.inertia,
            silhouette_squared_euclidean=kmeans.silhouette_squared_euclidean(fitted, rows),
        )
    return Candidate(settings, model, measured, gates(measured, settings), sample)


def sweep(rows: DataFrame, settings: SegmentSettings) -> Iterator[Candidate]:
    """A candidate for every k of ``SWEEP`` that the customers suffice for."""
    sample = kmeans.sample(rows, settings.sample_size)
    distinct = kmeans.distinct_customers(sample)
    for k in SWEEP:
        if k <= distinct:
            yield train(rows, replace(settings, k=k), sample)
