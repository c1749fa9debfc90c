"""Gradient-boosted trees that correct what is expected without them, learnt from windows of the
past: a customer's chances and orders by ``curve``, and spend by ``curve`` and by late spend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.value.fitting import calibration
from retail_lakehouse.value.fitting.calibration import Curve
from retail_lakehouse.value.fitting.curve import Curves
from retail_lakehouse.value.past.customer_past import History
from retail_lakehouse.value_settings import ValueSettings

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

# What ``curve`` says of a customer, beside what the history does.
_OF_CURVES = ("curve_chance", "curve_orders")
CHANCE = (
    "recency", "value", "orders_90", "orders_halved_30", "orders_halved_90", "orders_halved_180",
    "spend_halved_180", "products", "due", "year_ago_30", "year_ago_90", *_OF_CURVES,
)  # fmt: skip
AMOUNT = (
    *CHANCE, "spend_90", "spend_180", "spend_halved_30", "spend_halved_90", "spend",
    "last_value", "largest_value",
)  # fmt: skip
# Rows by which fitted trees are seen to be kept as they are.
_SOME = 256
# An expected amount that trees may multiply: of nothing there is no multiple.
_LEAST = 1e-3
_BINS = 64


@dataclass(frozen=True)
class Boosted:
    """Trees of chances, calibrated together with the curve's, or of a multiple of an amount."""

    trees: Trees
    calibrated: Curve | None = None


@dataclass(frozen=True)
class Examples:
    """Customers of several windows. curve: what is expected of each without trees. customers:
    numbers that tell them apart.
    """

    features: np.ndarray
    curve: np.ndarray
    came: np.ndarray
    customers: np.ndarray


def features(known: History, curves: Curves, ahead: float, names: Sequence[str]) -> np.ndarray:
    """Customers x names, as of the history's cut."""
    more = {
        "curve_chance": curves.chance(known, ahead),
        "curve_orders": curves.orders(known, ahead),
    }
    return known.matrix(names, more)


def fit_chance(examples: Examples, settings: ValueSettings) -> Boosted:
    """Chance of an order; examples: ``came`` says whether there was one."""
    happened = examples.came > 0
    features_ = _coarse(examples.features)
    unseen = np.zeros(len(happened))
    parts = examples.customers % settings.folds
    for part in range(settings.folds):
        others, own = parts != part, parts == part
        fitted = _classifier(settings).fit(features_[others], happened[others])
        unseen[own] = fitted.predict_proba(features_[own])[:, 1]
    fitted = _classifier(settings).fit(features_, happened)
    return Boosted(
        Trees.of(fitted, features_[:_SOME]), calibration.fit(happened, unseen, examples.curve)
    )


def fit_amount(examples: Examples, settings: ValueSettings) -> Boosted:
    """Multiple of the amount that is expected; the mean's logarithm is learnt (Poisson)."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    base = np.maximum(examples.curve, _LEAST)
    features_ = _coarse(examples.features)
    model = HistGradientBoostingRegressor(
        loss="poisson", max_iter=settings.amount_trees, **_shape(settings)
    )
    # A ratio to the base with the base as weight has the likelihood of an amount with an offset.
    model.fit(features_, examples.came / base, sample_weight=base / base.mean())
    return Boosted(Trees.of(model, features_[:_SOME]))


def chance(model: Boosted, matrix: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Calibrated chances. curve: those that ``curve`` gives."""
    if model.calibrated is None:
        raise ValueError("these trees are of no chance")
    return model.calibrated.chance(model.trees.predict_proba(matrix)[:, 1], curve)


def amount(model: Boosted, matrix: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Expected amounts. curve: those without trees, as in ``Examples``."""
    found: np.ndarray = model.trees.predict_mean(matrix) * np.maximum(curve, _LEAST)
    return found


def spend_base(known: History, money: np.ndarray) -> np.ndarray:
    """What trees of spend multiply: the geometric mean of what the curve expects, ``money``, and
    of the customer's spend of late, in whose order customers are as well.
    """
    late = np.maximum(known.features["spend_halved_180"], _LEAST)
    found: np.ndarray = np.sqrt(np.maximum(money, _LEAST) * late)
    return found


def can_learn(examples: Sequence[np.ndarray]) -> bool:
    """Whether somebody came and somebody did not, among each of these."""
    return all((came > 0).any() and not (came > 0).all() for came in examples)


def _classifier(settings: ValueSettings) -> "HistGradientBoostingClassifier":
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=settings.chance_trees, **_shape(settings))


def _shape(settings: ValueSettings) -> dict[str, Any]:
    return {
        "learning_rate": settings.rate,
        "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.leaf_customers,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": settings.seed,
    }


def _coarse(matrix: np.ndarray) -> np.ndarray:
    """Each value as the next lower of _BINS quantiles of its column, whose gaps stay.

    Trees learn as well from these, and scikit-learn, which takes minutes to bin weighted rows, has
    nothing to do. A feature that nobody has is 0: there are no bins of nothing.

    >>> _coarse(np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]]))
    array([[ 1.,  0.],
           [ 2.,  0.],
           [nan,  0.]])
    """
    found = np.zeros_like(matrix)
    for column, values in enumerate(matrix.T):
        known = values[~np.isnan(values)]
        if len(known):
            steps = np.linspace(0.0, 1.0, _BINS)
            knots = np.unique(np.quantile(known, steps, method="inverted_cdf"))
            lower = knots[np.searchsorted(knots, values, side="right").clip(1, len(knots)) - 1]
            found[:, column] = np.where(np.isnan(values), np.nan, lower)
    return found
