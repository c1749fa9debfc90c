"""How far off a forecast may be: intervals from what past forecasts missed.

Customers of the past are put into groups by their forecast; of each group the middle 80 % of what
came, as a multiple of the forecast, is its interval (split conformal prediction in groups: Vovk,
Gammerman and Shafer 2005, Algorithmic Learning in a Random World, chapter 4). Where 20 % or more
brought nothing, the interval begins at nothing.
"""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.8
_GROUPS = 20
# Customers of a group, at least: quantiles of fewer are chance.
_LEAST = 50
# Where nearly all bring nothing, nothing is the interval, and more than 80 % are in it. So that it
# is 80 % of all customers, others' intervals are narrowed, but not below this.
_NARROWEST = 0.65
_STEPS = 16
_TINY = 1e-6


@dataclass(frozen=True)
class Spread:
    """knots: log of a forecast, ascending. low, high: ends of the interval at each, as multiples
    of the forecast; between knots they are interpolated.
    """

    knots: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def interval(self, forecast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the interval of each forecast, which always lies in it.

        >>> some = Spread(np.array([0.0]), np.array([0.5]), np.array([1.5]))
        >>> some.interval(np.array([2.0, 10.0]))
        (array([1., 5.]), array([ 3., 15.]))
        """
        at = np.log(np.maximum(forecast, _TINY))
        low = forecast * np.interp(at, self.knots, self.low)
        high = forecast * np.interp(at, self.knots, self.high)
        return np.minimum(low, forecast), np.maximum(high, forecast)


def fit(forecast: np.ndarray, came: np.ndarray) -> Spread:
    """The spread that holds 80 % of ``came``, as near as may be.

    Without customers enough, an interval from nothing to three times the forecast.
    """
    if len(forecast) < _LEAST:
        return Spread(np.zeros(1), np.zeros(1), np.full(1, 3.0))
    spreads = _at(np.linspace(LEVEL, _NARROWEST, _STEPS), forecast, came)
    misses = [abs(coverage(*spread.interval(forecast), came) - LEVEL) for spread in spreads]
    return spreads[int(np.argmin(misses))]


def coverage(low: np.ndarray, high: np.ndarray, came: np.ndarray) -> float:
    """Share of what came that is in its interval.

    >>> coverage(np.zeros(4), np.ones(4), np.array([0.0, 1.0, 2.0, 0.5]))
    0.75
    """
    return float(((came >= low) & (came <= high)).mean())


def _at(levels: np.ndarray, forecast: np.ndarray, came: np.ndarray) -> list[Spread]:
    """The spread of each level: the share of a group that is in its interval."""
    order = np.argsort(forecast, kind="stable")
    groups = np.array_split(order, int(np.clip(len(order) // _LEAST, 1, _GROUPS)))
    knots, ends = [], []
    for group in groups:
        knots.append(np.log(max(float(np.median(forecast[group])), _TINY)))
        ends.append(_ends(levels, came[group] / np.maximum(forecast[group], _TINY)))
    # interp wants knots that ascend; groups of one forecast share theirs.
    knots_, first = np.unique(knots, return_index=True)
    low, high = np.moveaxis(np.array(ends)[first], 0, -1)
    return [Spread(knots_, *both) for both in zip(low, high, strict=True)]


def _ends(levels: np.ndarray, multiples: np.ndarray) -> np.ndarray:
    """Both ends x levels."""
    nothing = float((multiples <= 0).mean())
    tail = (1.0 - levels) / 2.0
    below = np.where(nothing >= tail, 0.0, tail)
    ends: np.ndarray = np.quantile(multiples, [below, below + levels], method="inverted_cdf")
    return ends
