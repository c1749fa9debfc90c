"""A fitted segmentation as plain arrays: needs NumPy and pandas, no Spark and no JVM.

This is the model that is registered, published with and served. Spark ML fits it (kmeans.py).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from retail_lakehouse.errors import OtherVersionError

# To be raised with every change to what is kept.
FORMAT = 1
_MAX_BYTES = 2**20
FEATURES = ("recency_days", "frequency", "monetary")
# What scoring returns, in this order; the last two are empty where there is one segment only.
OUTPUTS = ("segment", "cluster", "distance", "next_segment", "next_distance")


@dataclass(frozen=True)
class Bins:
    """A feature's deciles among the training customers, for measuring drift.

    edges: inner bounds in the feature's unit, ascending, without repeats; a value belongs to the
    bin numbered by the edges below it. shares: of the training customers in each bin.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class SegmentModel:
    """k centres in standardised log1p RFM space, and their names.

    mean, std: of each log1p feature among the training customers (sample standard deviation; 0
    where all are alike, which makes the feature 0 for everyone, as Spark's StandardScaler does).
    centres: k x 3. names: one a centre. bins: by feature.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    bins: Mapping[str, Bins]

    @property
    def scale(self) -> tuple[float, ...]:
        """What a centred feature is multiplied by."""
        return tuple(1.0 / s if s > 0 else 0.0 for s in self.std)

    def standardise(self, values: np.ndarray) -> np.ndarray:
        """Raw RFM, customers x 3, in the centres' space.

        Negative money, a customer who gave back more than was bought, counts as none.
        """
        logs = np.log1p(np.maximum(values, 0.0))
        standardised: np.ndarray = (logs - np.array(self.mean)) * np.array(self.scale)
        return standardised

    def distances(self, values: np.ndarray) -> np.ndarray:
        """Euclidean distance of each customer to each centre, customers x k."""
        points = self.standardise(values)
        far: np.ndarray = np.linalg.norm(points[:, None] - np.array(self.centres)[None], axis=2)
        return far

    def predict(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Segment, cluster, distance to its centre, and the next nearest, one row a customer.

        ``customers``: columns ``FEATURES`` (days, invoices, money), any others are ignored. The
        index is kept. ValueError for missing columns, text, NaN or infinity.
        """
        values = _values(customers)
        far = self.distances(values)
        order = np.argsort(far, axis=1, kind="stable")
        rows = np.arange(len(values))
        names = np.array(self.names, dtype=object)
        found = pd.DataFrame(
            {
                "segment": names[order[:, 0]],
                "cluster": order[:, 0].astype(np.int32),
                "distance": far[rows, order[:, 0]],
                "next_segment": None,
                "next_distance": np.nan,
            },
            index=customers.index,
        )
        if len(self.names) > 1:
            found["next_segment"] = names[order[:, 1]]
            found["next_distance"] = far[rows, order[:, 1]]
        return found[list(OUTPUTS)]

    def to_json(self) -> str:
        """The whole model as text that a person can read."""
        return json.dumps({"format": FORMAT, "features": FEATURES, **asdict(self)}, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> "SegmentModel":
        """The model that ``to_json`` wrote; text from anywhere may be given.

        OtherVersionError where another version of this program wrote it, or where it is damaged.
        """
        try:
            return _read(text)
        # What a file that somebody else wrote can make Python raise is no list that is known.
        except Exception as error:
            raise OtherVersionError.of("This segmentation", error, "train-segments") from error


def _read(text: str | bytes) -> SegmentModel:
    if len(text) > _MAX_BYTES:
        raise ValueError(f"it has more than {_MAX_BYTES:,} bytes")
    parts: dict[str, Any] = json.loads(text)
    # Before there was a number, the content was the same.
    if parts.get("format", FORMAT) != FORMAT:
        raise ValueError(f"its format is {str(parts['format'])[:20]}, and not {FORMAT}")
    if parts["features"] != list(FEATURES) or set(parts["bins"]) != set(FEATURES):
        raise ValueError("it learnt from other features")
    names = tuple(parts["names"])
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("its segments have no names")
    std = _numbers(parts["std"], len(FEATURES))
    if min(std) < 0:
        raise ValueError("its deviations are below 0")
    if len(parts["centres"]) != len(names):
        raise ValueError("it has not as many centres as names")
    return SegmentModel(
        mean=_numbers(parts["mean"], len(FEATURES)),
        std=std,
        centres=tuple(_numbers(centre, len(FEATURES)) for centre in parts["centres"]),
        names=names,
        bins={name: _bins(parts["bins"][name]) for name in FEATURES},
    )


def _bins(part: Mapping[str, Any]) -> Bins:
    edges = _numbers(part["edges"], len(part["edges"]))
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError("its deciles do not rise")
    return Bins(edges, _numbers(part["shares"], len(edges) + 1))


def _numbers(values: Any, n: int) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != n:
        raise ValueError(f"it has not {n} numbers where there must be so many")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        raise ValueError("it has values that are no numbers")
    return tuple(map(float, values))


def _values(customers: pd.DataFrame) -> np.ndarray:
    missing = [name for name in FEATURES if name not in customers.columns]
    if missing:
        raise ValueError(
            f"Missing columns: {', '.join(missing)}. Wanted: {', '.join(FEATURES)} (days since "
            "the last purchase, invoices, money)."
        )
    try:
        values = customers[list(FEATURES)].astype(float).to_numpy()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{', '.join(FEATURES)} must be numbers: {error}.") from error
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"{FEATURES[column]} is {values[row, column]} in row {row} "
            f"({int(bad.any(axis=1).sum())} such rows): give every customer a number."
        )
    return values


def bins_of(values: np.ndarray) -> Bins:
    """Deciles of one feature; equal deciles, as among many single purchases, become one edge."""
    # Edges are values that occur, and below the highest: so no bin is empty.
    edges = np.unique(np.quantile(values, np.arange(0.1, 1.0, 0.1), method="lower"))
    edges = edges[edges < values.max()]
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return Bins(tuple(edges.tolist()), tuple((counts / len(values)).tolist()))
