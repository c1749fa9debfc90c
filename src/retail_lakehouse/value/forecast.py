"""What a model says of each customer, and what must hold among these numbers."""

from dataclasses import dataclass

import numpy as np

# Days ahead: chances for the first three, orders and spend for the last two.
MONTH, QUARTER, YEAR = 30, 90, 365


@dataclass(frozen=True)
class Expected:
    """An amount per customer, with the ends of its 80 % interval."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Forecast:
    """One entry per customer. chances: of an order within 30, 90 and 365 days. orders, spend: by
    days ahead.
    """

    chances: dict[int, np.ndarray]
    orders: dict[int, Expected]
    spend: dict[int, Expected]


def in_order(chances: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Chances that do not fall with the days ahead: each model's are learnt by themselves.

    >>> in_order({30: np.array([0.4]), 90: np.array([0.3]), 365: np.array([0.9])})[90]
    array([0.4])
    """
    found, least = {}, np.zeros(1)
    for days in sorted(chances):
        least = np.maximum(chances[days], least)
        found[days] = least
    return found


def days_to_order(chances: dict[int, np.ndarray]) -> np.ndarray:
    """Days until half of those like the customer have ordered who will within a year; at least 1.

    Between the days with a chance, orders come at a steady rate.

    >>> days_to_order({30: np.array([0.5, 0.01]), 90: np.array([0.7, 0.02]),
    ...                365: np.array([0.9, 0.1])})
    array([ 26., 191.])
    """
    ordered = sorted(chances)
    hazards = [np.zeros(len(chances[ordered[0]]))]
    hazards += [-np.log1p(-np.minimum(chances[days], 1.0 - 1e-9)) for days in ordered]
    wanted = -np.log1p(-np.minimum(chances[ordered[-1]], 1.0 - 1e-9) / 2.0)
    found = np.full(len(wanted), float(ordered[-1]))
    ends = [0, *ordered]
    for left in reversed(range(len(ordered))):
        gain = hazards[left + 1] - hazards[left]
        share = np.divide(wanted - hazards[left], gain, out=np.ones(len(gain)), where=gain > 0)
        inside = (wanted > hazards[left]) & (wanted <= hazards[left + 1])
        length = ends[left + 1] - ends[left]
        found = np.where(inside, ends[left] + share * length, found)
    return np.asarray(np.maximum(np.ceil(found), 1.0))
