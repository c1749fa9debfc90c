"""What customers had bought as of any cut, out of their purchases, without Spark."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.ragged_rows import Ragged, offsets


@dataclass(frozen=True)
class Histories(Ragged):
    """Customers as of a cut, a row each. Pair arrays have an entry per customer and own product.

    cut: day. indptr: customers + 1. Pairs: items, invoices (distinct), decayed (invoices, each
    halved every half-life of its age), last and first (days before the cut, at least 1),
    season (invoices in the 60 days around a year before the coming window).
    Customers, 0 or NaN without history: frequency (invoices), breadth (products), recency,
    tenure (days since the last and the first purchase), interval (mean days between days of
    purchase), basket (products per invoice), log_price (mean of log money per unit), activity
    (invoices, each halved every half-life of its age).
    """

    cut: int
    countries: np.ndarray
    indptr: np.ndarray
    items: np.ndarray
    invoices: np.ndarray
    decayed: np.ndarray
    last: np.ndarray
    first: np.ndarray
    season: np.ndarray
    frequency: np.ndarray
    breadth: np.ndarray
    recency: np.ndarray
    tenure: np.ndarray
    interval: np.ndarray
    basket: np.ndarray
    log_price: np.ndarray
    activity: np.ndarray

    def matrix(self, values: np.ndarray, n_items: int) -> sparse.csr_matrix:
        """Customers x items: a value for each pair."""
        return sparse.csr_matrix((values, self.items, self.indptr), shape=(len(self), n_items))

    @property
    def share(self) -> np.ndarray:
        """Each pair's part of the customer's decayed invoices."""
        weight = np.bincount(self.rows, self.decayed, minlength=len(self))
        share: np.ndarray = self.decayed / np.where(weight > 0, weight, 1.0)[self.rows]
        return share

    @property
    def of_best(self) -> np.ndarray:
        """Each pair's decayed invoices over those of the customer's pair that has most."""
        most = np.zeros(len(self))
        np.maximum.at(most, self.rows, self.decayed)
        part: np.ndarray = self.decayed / np.where(most > 0, most, 1.0)[self.rows]
        return part

    @property
    def own_interval(self) -> np.ndarray:
        """Mean days between a customer's invoices with the product, per pair; see below."""
        return mean_interval(self.invoices, self.first, self.last)


def mean_interval(invoices: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Mean days between invoices, at least 1; NaN where there is only one.

    first, last: days before the cut.

    >>> mean_interval(np.array([3, 1, 2]), np.array([60, 9, 5]), np.array([10, 9, 5]))
    array([25., nan,  1.])
    """
    gaps = invoices - 1
    days_between = (first - last) / np.maximum(gaps, 1)
    return np.where(gaps > 0, np.maximum(days_between, 1.0), np.nan)


def histories(purchases: Purchases, cut: int, half_life: float) -> Histories:
    """What ``purchases`` tell of their customers before ``cut``; ``half_life`` in days.

    >>> bought = Purchases(
    ...     countries=np.array(["France"], dtype=object), indptr=np.array([0, 2]),
    ...     items=np.array([4, 4]), days=np.array([80, 90]), invoices=np.array([1, 2]),
    ...     prices=np.array([1.0, 1.0]), reversed_days=np.array([10**6, 10**6]),
    ... )
    >>> known = histories(bought, cut=100, half_life=10.0)
    >>> known.items, known.invoices, known.decayed
    (array([4]), array([2.]), array([0.75]))
    """
    before = purchases.standing(0, cut)
    age = (cut - before.days).astype(np.float64)
    pair_rows, pairs = _pair_columns(before, age, half_life)
    n = len(before)
    return Histories(
        cut=cut,
        countries=before.countries,
        indptr=offsets(np.bincount(pair_rows, minlength=n)),
        breadth=np.bincount(pair_rows, minlength=n).astype(np.float64),
        **pairs,
        **_customer_columns(before, age, half_life),
    )


def _pair_columns(
    before: Purchases, age: np.ndarray, half_life: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The customer of each pair, and what is known of the pair."""
    width = 1 + int(before.items.max(initial=0))
    pairs, pair = np.unique(before.rows * width + before.items, return_inverse=True)
    n = len(pairs)
    first, last = np.zeros(n), np.full(n, np.inf)
    np.maximum.at(first, pair, age)
    np.minimum.at(last, pair, age)
    bought_last_year = (age > 365 - 45) & (age <= 365 + 15)
    return pairs // width, {
        "items": pairs % width,
        "invoices": np.bincount(pair, minlength=n).astype(np.float64),
        "decayed": np.bincount(pair, np.exp2(-age / half_life), minlength=n),
        "last": last,
        "first": first,
        "season": np.bincount(pair, bought_last_year, minlength=n),
    }


def _customer_columns(
    before: Purchases, age: np.ndarray, half_life: float
) -> dict[str, np.ndarray]:
    n, rows = len(before), before.rows
    recency, tenure = np.full(n, np.inf), np.zeros(n)
    np.minimum.at(recency, rows, age)
    np.maximum.at(tenure, rows, age)
    recency = np.where(np.isfinite(recency), recency, np.nan)
    tenure = np.where(tenure > 0, tenure, np.nan)
    visit_rows, visit_age = _distinct(rows, before.invoices, age)
    frequency = np.bincount(visit_rows, minlength=n).astype(np.float64)
    days_of_purchase, _ = _distinct(rows, before.days, age)
    days = np.bincount(days_of_purchase, minlength=n)
    lines = before.lengths
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "frequency": frequency,
            "recency": recency,
            "tenure": tenure,
            "interval": np.where(days > 1, (tenure - recency) / (days - 1), np.nan),
            "basket": np.where(frequency > 0, lines / frequency, np.nan),
            "log_price": np.bincount(rows, np.log(before.prices), minlength=n) / lines,
            "activity": np.bincount(visit_rows, np.exp2(-visit_age / half_life), minlength=n),
        }


def _distinct(
    rows: np.ndarray, numbers: np.ndarray, age: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and age of each distinct (row, number)."""
    width = 1 + int(numbers.max(initial=0))
    _, first = np.unique(rows * width + numbers, return_index=True)
    return rows[first], age[first]
