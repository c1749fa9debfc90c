"""Chances that are as large as what comes of them: a logistic curve over log odds."""

from dataclasses import dataclass

import numpy as np

# Odds beyond are as good as certain, and a logarithm must be finite.
_CLOSE = 1e-6


def log_odds(chance: np.ndarray) -> np.ndarray:
    """ln(p / (1 - p)), finite.

    >>> log_odds(np.array([0.5, 0.9])).round(4)
    array([0.    , 2.1972])
    """
    inside = np.clip(chance, _CLOSE, 1.0 - _CLOSE)
    found: np.ndarray = np.log(inside) - np.log1p(-inside)
    return found


def logistic(odds: np.ndarray) -> np.ndarray:
    """The chance of log odds.

    >>> logistic(np.array([0.0, 2.1972246])).round(4)
    array([0.5, 0.9])
    """
    chance: np.ndarray = 1.0 / (1.0 + np.exp(-odds))
    return chance


@dataclass(frozen=True)
class Curve:
    """Chance = logistic(intercept + sum of weights x log odds); a weight per source of odds
    (Platt 1999, Probabilistic outputs for support vector machines, p. 61 to 74, of one source).
    """

    intercept: float
    weights: tuple[float, ...]

    def chance(self, *sources: np.ndarray) -> np.ndarray:
        """From the chances of each source.

        >>> Curve(0.0, (0.5, 0.5)).chance(np.array([0.2]), np.array([0.8]))
        array([0.5])
        """
        odds = self.intercept + sum(
            weight * log_odds(chance) for weight, chance in zip(self.weights, sources, strict=True)
        )
        return logistic(np.asarray(odds))


def as_is(sources: int) -> Curve:
    """The mean of the sources' log odds, where there is nothing to learn from."""
    return Curve(0.0, (1.0 / sources,) * sources)


def fit(happened: np.ndarray, *sources: np.ndarray) -> Curve:
    """The curve of the greatest likelihood, drawn a little to ``as_is``.

    happened: booleans; what all or none of them are teaches nothing.
    """
    from scipy.optimize import minimize

    start = as_is(len(sources))
    if happened.all() or not happened.any():
        return start
    odds = np.column_stack([np.ones(len(happened)), *map(log_odds, sources)])
    centre = np.array([start.intercept, *start.weights])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = odds @ weights
        away = weights - centre
        value = np.logaddexp(0.0, score).sum() - score[happened].sum() + (away**2).sum()
        slope = odds.T @ (logistic(score) - happened) + 2.0 * away
        return float(value) / len(odds), slope / len(odds)

    best = minimize(loss, centre, jac=True, method="L-BFGS-B")
    intercept, *weights = map(float, best.x)
    return Curve(intercept, tuple(weights))
