"""Gradient-boosted trees as plain arrays, asked by scikit-learn's own code.

A fitted model is a pickle, which can be any code. Its trees are tables of nodes: kept as arrays
they are data, and from them scikit-learn's tree objects are made again, so that it predicts what
the fitted model does, bit for bit, and as fast. These objects are no public part of scikit-learn:
where a version of it has others, that is found out and said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from retail_lakehouse.arrays.npz import Archive
from retail_lakehouse.arrays.offsets import are_offsets
from retail_lakehouse.errors import RuntimeMissingError

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

# scikit-learn's field and what it is kept as. Its others matter to fitting only.
FIELDS = {
    "value": "<f8",
    "feature_idx": "<u2",
    "num_threshold": "<f8",
    "missing_go_to_left": "|u1",
    "left": "<u4",
    "right": "<u4",
    "is_leaf": "|u1",
}
MAX_TREES = 10_000
_FEW = 1_000


@dataclass(frozen=True)
class Trees:
    """n_features_in_: columns it reads. baseline: log odds, or log of the mean,
    before any tree.

    starts: trees + 1 offsets into the nodes. nodes: an array of each of FIELDS, one entry a node;
    left and right: places within the tree, both after the node's own.
    """

    n_features_in_: int
    baseline: float
    starts: np.ndarray
    nodes: Mapping[str, np.ndarray]

    @classmethod
    def of(
        cls,
        model: "HistGradientBoostingClassifier | HistGradientBoostingRegressor",
        some: np.ndarray,
    ) -> "Trees":
        """Those of a fitted classifier of two classes, or regressor of a mean by its log (loss
        ``poisson``); numeric features.

        some: features to see by that nothing changed. RuntimeMissingError where scikit-learn
        keeps its trees in a way that is not known here.
        """
        try:
            tables = [tree.nodes for (tree,) in model._predictors]
            trees = cls(
                int(model.n_features_in_),
                float(np.asarray(model._baseline_prediction).item()),
                np.cumsum([0, *map(len, tables)]),
                {
                    name: np.concatenate([table[name] for table in tables]).astype(kind)
                    for name, kind in FIELDS.items()
                },
            )
            trees.check()
            same = trees._predicts_as(model, some)
        except (AttributeError, ImportError, LookupError, TypeError, ValueError) as error:
            raise _unknown_layout() from error
        if not same:
            raise _unknown_layout()
        return trees

    def _predicts_as(self, model: Any, some: np.ndarray) -> bool:
        if hasattr(model, "predict_proba"):
            return np.array_equal(self.predict_proba(some), model.predict_proba(some))
        return np.array_equal(self.predict_mean(some), model.predict(some))

    def check(self) -> None:
        """ValueError unless every walk through a tree ends at a leaf within it.

        scikit-learn walks in C and looks at no bound.
        """
        nodes, starts = self.nodes, self.starts
        if any(len(nodes[name]) != starts[-1] for name in FIELDS):
            raise ValueError("its trees are not as long as their nodes")
        if not are_offsets(starts, int(starts[-1])) or len(starts) > MAX_TREES + 1:
            raise ValueError("its trees have no nodes, or are too many")
        lengths = np.diff(starts)
        if (lengths < 1).any():
            raise ValueError("its trees have no nodes, or are too many")
        own = np.arange(self.starts[-1]) - np.repeat(self.starts[:-1], lengths)
        ends = np.repeat(lengths, lengths)
        inner = nodes["is_leaf"] == 0
        for child in (nodes["left"], nodes["right"]):
            if not ((child > own) & (child < ends))[inner].all():
                raise ValueError("a node of its trees leads out of them")
        if not (nodes["feature_idx"] < self.n_features_in_)[inner].all():
            raise ValueError("its trees ask for features that there are not")
        if not np.isfinite([self.baseline, *nodes["value"]]).all():
            raise ValueError("its trees hold values that are no numbers")
        # A threshold is infinite where all known values go left, and only missing ones right.
        if np.isnan(nodes["num_threshold"][inner]).any():
            raise ValueError("its trees hold thresholds that are no numbers")

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Rows x 2, as scikit-learn's classifier gives it."""
        from scipy.special import expit

        chance = expit(self.score(features))
        return np.stack([1.0 - chance, chance], axis=1)

    def predict_mean(self, features: np.ndarray) -> np.ndarray:
        """One number a row, as scikit-learn's regressor of a mean by its log gives it."""
        mean: np.ndarray = np.exp(self.score(features))
        return mean

    def score(self, features: np.ndarray) -> np.ndarray:
        """Log odds, or log of the mean, of each row; ValueError for features of another width."""
        from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

        if features.ndim != 2 or features.shape[1] != self.n_features_in_:
            raise ValueError(f"features are {features.shape}, not of {self.n_features_in_} columns")
        # As scikit-learn has them: the classes of a category, of which there are none.
        no_categories = np.zeros((0, 8), np.uint32), np.zeros(self.n_features_in_, np.uint32)
        # Few rows are walked sooner than threads begin.
        threads = _openmp_effective_n_threads() if len(features) > _FEW else 1
        points = features.astype(np.float64)
        total = np.full(len(points), self.baseline)
        for tree in self._trees:
            total += tree.predict(points, *no_categories, threads)
        return total

    @cached_property
    def _trees(self) -> list[Any]:
        from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
        from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

        table = np.zeros(int(self.starts[-1]), PREDICTOR_RECORD_DTYPE)
        for name in FIELDS:
            table[name] = self.nodes[name]
        no_splits = np.zeros((0, 8), np.uint32)
        return [
            TreePredictor(table[start:end], no_splits, no_splits)
            for start, end in zip(self.starts[:-1], self.starts[1:], strict=True)
        ]


def _unknown_layout() -> RuntimeMissingError:
    return RuntimeMissingError(
        f"scikit-learn {metadata.version('scikit-learn')} keeps fitted trees in another way than "
        "this program knows: install one from 1.5 to 1.9."
    )


def to_arrays(name: str, trees: Trees) -> dict[str, np.ndarray]:
    """Its arrays by their names in an archive; ``n_features_in_`` and ``baseline`` are none."""
    arrays = {f"{name}.{field}": trees.nodes[field] for field in FIELDS}
    return {**arrays, f"{name}.starts": trees.starts.astype("<i8")}


def from_archive(archive: Archive, name: str, width: int, baseline: float) -> Trees:
    """What ``to_arrays`` made, checked; whatever Python finds wrong is raised for anything else."""
    starts = archive.array(f"{name}.starts", "<i8", None)
    nodes = {field: archive.array(f"{name}.{field}", kind, None) for field, kind in FIELDS.items()}
    trees = Trees(width, baseline, starts, nodes)
    trees.check()
    # One row is enough to see that this scikit-learn has the objects that trees are made of.
    trees.score(np.full((1, width), np.nan))
    return trees
