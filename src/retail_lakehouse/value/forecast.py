"""What a model says of each customer, and what must hold among these numbers."""

from dataclasses import dataclass

import numpy as np

# Days ahead: chances for the first three, orders and spend for the last two.
MONTH, QUARTER, YEAR = 30, 90, 365
# Of a quarter: nobody orders more often than every hour.
_MOST_ORDERS, _HALVINGS = 2_000.0, 40


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


def days_to_order(chance: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Days until half of those like the customer have ordered who are customers still; 1 to 365.

    chance, orders: of an order, and expected, within a quarter. Who is a customer still orders at
    a rate of their own: the fewer orders it takes to have a chance, the higher that rate. With y
    orders of a quarter, chance / orders = (1 - exp(-y)) / y.

    >>> days_to_order(np.array([0.9, 0.5, 0.01]), np.array([9.0, 0.7, 0.01]))
    array([  7.,  88., 365.])
    """
    wanted = np.divide(chance, orders, out=np.ones(len(chance)), where=orders > chance)
    low, high = np.full(len(chance), 1e-6), np.full(len(chance), _MOST_ORDERS)
    # The right side falls from 1 to 0 in y.
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        above = -np.expm1(-middle) / middle > wanted
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.clip(np.ceil(QUARTER * np.log(2.0) / low), 1.0, YEAR))
