"""How good chances and amounts are, each with weights of customers, so that a bootstrap is a
matrix of weights.

``weights``: draws x customers; each function gives a value per draw. Definitions:

- auc: chance that a customer who ordered has the higher score of the two, ties half (Hanley and
  McNeil 1982, The meaning and use of the area under a ROC curve, Radiology 143, p. 29 to 36).
- brier: mean squared difference between chance and outcome, 0 or 1 (Brier 1950, Verification of
  forecasts expressed in terms of probability, Monthly Weather Review 78, p. 1 to 3).
- gini: area between the curve of spend, customers in order of the forecast, and the diagonal,
  over that of the best order; 0: any order, 1: the best.
- top_tenth: share of the spend that the tenth of the customers with the highest forecast brought.
- bias: total forecast over total that came, less 1. mae: mean absolute difference.
"""

from dataclasses import dataclass

import numpy as np

_SEED = 42


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % bootstrap interval over customers."""

    value: float
    low: float
    high: float


def once(n: int) -> np.ndarray:
    """Weights of the customers as they are."""
    return np.ones((1, n))


def resamples(n: int, draws: int = 200) -> np.ndarray:
    """Weights of draws with replacement (Efron 1979), the same for the same ``n``."""
    random = np.random.default_rng(_SEED)
    return random.multinomial(n, np.full(n, 1.0 / max(n, 1)), size=draws).astype(np.float64)


def auc(score: np.ndarray, happened: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NaN where all or none happened.

    >>> auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, True, False, True]), once(4))
    array([0.875])
    """
    order = np.argsort(score, kind="stable")
    ties = np.flatnonzero(np.diff(score[order], prepend=-np.inf) > 0)
    sorted_ = weights[:, order]
    yes = np.add.reduceat(sorted_ * happened[order], ties, axis=1)
    no = np.add.reduceat(sorted_ * ~happened[order], ties, axis=1)
    below = np.cumsum(no, axis=1) - no
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    return _over((yes * (below + no / 2.0)).sum(axis=1), pairs)


def brier(chance: np.ndarray, happened: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """0: certain and right.

    >>> brier(np.array([0.5, 1.0]), np.array([True, True]), once(2))
    array([0.125])
    """
    return _over(weights @ (chance - happened) ** 2, weights.sum(axis=1))


def gini(score: np.ndarray, came: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NaN where nothing came.

    >>> came = np.array([0.0, 1.0, 5.0])
    >>> gini(came, came, once(3)), gini(np.array([0.0, 9.0, 3.0]), came, once(3))
    (array([1.]), array([0.2]))
    """
    best = _area(came, came, weights)
    return _over(_area(score, came, weights), best)


def _area(score: np.ndarray, came: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Between the curve of what came and the diagonal, customers by falling score."""
    order = np.argsort(-score, kind="stable")
    sorted_ = weights[:, order]
    value = sorted_ * came[order]
    middle = np.cumsum(value, axis=1) - value / 2.0
    return _over((sorted_ * middle).sum(axis=1), sorted_.sum(axis=1) * value.sum(axis=1)) - 0.5


def top_tenth(score: np.ndarray, came: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of what came, 0 to 1.

    >>> top_tenth(np.arange(10.0), np.arange(10.0), once(10))
    array([0.2])
    """
    order = np.argsort(-score, kind="stable")
    sorted_ = weights[:, order]
    rank = np.cumsum(sorted_, axis=1)
    first = np.clip(sorted_.sum(axis=1, keepdims=True) / 10.0 - (rank - sorted_), 0.0, sorted_)
    return _over((first * came[order]).sum(axis=1), weights @ came)


def bias(forecast: np.ndarray, came: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Above 0: too much was expected.

    >>> bias(np.array([1.0, 2.0]), np.array([0.0, 2.0]), once(2))
    array([0.5])
    """
    return _over(weights @ forecast, weights @ came) - 1.0


def mae(forecast: np.ndarray, came: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """In the unit of what came.

    >>> mae(np.array([1.0, 2.0]), np.array([0.0, 2.0]), once(2))
    array([0.5])
    """
    return _over(weights @ np.abs(forecast - came), weights.sum(axis=1))


def within(came: np.ndarray, low: np.ndarray, high: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of what came that is in its interval."""
    return _over(weights @ ((came >= low) & (came <= high)), weights.sum(axis=1))


def tenths(chance: np.ndarray, happened: np.ndarray) -> list[tuple[float, float, int]]:
    """Mean chance, share who ordered, and customers, of each tenth by rising chance.

    >>> tenths(np.arange(10) / 10, np.arange(10) > 4)[5]
    (0.5, 1.0, 1)
    """
    parts = np.array_split(np.argsort(chance, kind="stable"), 10)
    return [
        (float(chance[part].mean()), float(happened[part].mean()), len(part))
        for part in parts
        if len(part)
    ]


def interval(draws: np.ndarray, value: np.ndarray) -> Interval:
    """From the values of all draws and of the customers as they are."""
    known = draws[~np.isnan(draws)]
    if len(known) == 0:
        return Interval(float(value[0]), float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(float(value[0]), float(low), float(high))


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0)
    return found
