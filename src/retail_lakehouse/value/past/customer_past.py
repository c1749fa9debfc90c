"""What a customer's orders tell as of a cut, one number per customer and feature.

Ages are in shop days (see ``clock``), so that the same number means the same in every season.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.value.past.clock import YEAR, Clock
from retail_lakehouse.value.past.orders import Orders

_RECENT = (90, 180)
_HALF_LIVES = (30, 90, 180)
_SEASONS = (30, 90)


@dataclass(frozen=True)
class History:
    """Customers as of the day ``cut``. rows: places of those who had ordered by then, which all
    other arrays have an entry of.

    orders: invoices. days: days with an order. spend: money. first, last: shop days since the
    first and the last order. gap: mean shop days between days with an order; NaN: one day only.
    features: by name, for trees.
    """

    cut: int
    rows: np.ndarray
    orders: np.ndarray
    days: np.ndarray
    spend: np.ndarray
    first: np.ndarray
    last: np.ndarray
    gap: np.ndarray
    features: Mapping[str, np.ndarray]

    @property
    def repeats(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, t_x and t of ``lifetime``, by days with an order: two on one day are one visit."""
        return self.days - 1.0, self.first - self.last, self.first

    @property
    def mean_value(self) -> np.ndarray:
        """Mean spend of a day with an order."""
        found: np.ndarray = self.spend / self.days
        return found

    def matrix(self, names: Sequence[str], more: Mapping[str, np.ndarray]) -> np.ndarray:
        """Customers x features, by name; ``more``: features that models add."""
        every = {**self.features, **more}
        return np.column_stack([every[name] for name in names])


def history(orders: Orders, clock: Clock, cut: int) -> History:
    """Of the customers of ``orders``, all before ``cut``."""
    age = clock.at(np.array([cut]))[0] - clock.at(orders.days)
    visit_rows, _ = orders.purchase_days()
    counts = orders.total()
    rows = np.flatnonzero(counts > 0)
    first, last = _ends(orders, age)
    days = np.bincount(visit_rows, minlength=orders.n).astype(np.float64)
    spend = orders.total(orders.amounts)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.where(days > 1, (first - last) / (days - 1.0), np.nan)
        features = {
            "recency": last, "spend": spend, "value": spend / counts, "due": last / gap,
            "products": orders.total(orders.products) / counts,
            **_recent(orders, age), **_extremes(orders), **_year_ago(orders, clock, cut),
        }  # fmt: skip
    return History(
        cut, rows, counts[rows], days[rows], spend[rows], first[rows], last[rows], gap[rows],
        {name: _finite(values[rows]) for name, values in features.items()},
    )  # fmt: skip


def _ends(orders: Orders, age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Age of each customer's first and last order."""
    first, last = np.zeros(orders.n), np.full(orders.n, np.inf)
    np.maximum.at(first, orders.rows, age)
    np.minimum.at(last, orders.rows, age)
    return first, last


def _recent(orders: Orders, age: np.ndarray) -> dict[str, np.ndarray]:
    """Orders and spend of late: within so many shop days, and halved every so many."""
    found = {"orders_90": orders.total((age <= _RECENT[0]) * 1.0)}
    for width in _RECENT:
        found[f"spend_{width}"] = orders.total((age <= width) * orders.amounts)
    for half_life in _HALF_LIVES:
        weight = np.exp2(-age / half_life)
        found[f"orders_halved_{half_life}"] = orders.total(weight)
        found[f"spend_halved_{half_life}"] = orders.total(weight * orders.amounts)
    return found


def _year_ago(orders: Orders, clock: Clock, cut: int) -> dict[str, np.ndarray]:
    """Orders a year ago, of the days that are to come; NaN where the shop was not seen then."""
    start = cut - YEAR
    if start < clock.first:
        return {f"year_ago_{days}": np.full(orders.n, np.nan) for days in _SEASONS}
    return {
        f"year_ago_{days}": orders.total(
            ((orders.days >= start) & (orders.days < start + days)) * 1.0
        )
        for days in _SEASONS
    }


def _extremes(orders: Orders) -> dict[str, np.ndarray]:
    """Value of the last and of the largest order."""
    last, largest = np.full(orders.n, np.nan), np.zeros(orders.n)
    # Orders are by customer and day: of entries at one place the last one stays.
    last[orders.rows] = orders.amounts
    np.maximum.at(largest, orders.rows, orders.amounts)
    return {"last_value": last, "largest_value": largest}


def _finite(values: np.ndarray) -> np.ndarray:
    """NaN for what is infinite: trees know what is missing."""
    return np.where(np.isfinite(values), values, np.nan)
