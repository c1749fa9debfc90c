"""A fitted segmentation as plain arrays: needs NumPy and pandas, no Spark and no JVM.

This is the model that is registered, published with and served. Spark ML fits it (kmeans.py).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

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

        ``customers``: columns ``FEATURES`` (days, invoices, GBP), any others are ignored. The
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
        return json.dumps({"features": FEATURES, **asdict(self)}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "SegmentModel":
        """The model that ``to_json`` wrote."""
        parts: dict[str, Any] = json.loads(text)
        return cls(
            mean=tuple(parts["mean"]),
            std=tuple(parts["std"]),
            centres=tuple(map(tuple, parts["centres"])),
            names=tuple(parts["names"]),
            bins={
                name: Bins(tuple(bins["edges"]), tuple(bins["shares"]))
                for name, bins in parts["bins"].items()
            },
        )


def _values(customers: pd.DataFrame) -> np.ndarray:
    missing = [name for name in FEATURES if name not in customers.columns]
    if missing:
        raise ValueError(
            f"Missing columns: {', '.join(missing)}. Wanted: {', '.join(FEATURES)} (days since "
            "the last purchase, invoices, GBP)."
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
