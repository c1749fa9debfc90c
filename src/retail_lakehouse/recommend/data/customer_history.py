"""What customers bought, as flat arrays; their history as of any cut follows without Spark.

Days are whole days since 1970-01-01 in the shop's local time; a cut is the midnight that begins
its day, so a purchase of day d is before the cut if d < cut.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.recommend.data.ragged_rows import Ragged, offsets

if TYPE_CHECKING:
    import pandas as pd

# The reversal day of a purchase that stands.
NEVER = 2**31 - 1


@dataclass(frozen=True)
class Purchases:
    """A batch of customers: one entry per customer, invoice and product.

    countries: the customer's country, one per customer. indptr: customers + 1. items: rows of the
    catalogue. days, reversed_days: see above, NEVER: it stands. invoices: any number that tells
    a customer's invoices apart. prices: GBP per unit.
    """

    countries: np.ndarray
    indptr: np.ndarray
    items: np.ndarray
    days: np.ndarray
    invoices: np.ndarray
    prices: np.ndarray
    reversed_days: np.ndarray

    @classmethod
    def of_lines(cls, lines: "pd.DataFrame") -> tuple[np.ndarray, "Purchases"]:
        """Customer ids, ascending, and their purchases, from rows in any order.

        lines: one row per customer, invoice and product with ``customer_id, item, day, invoice,
        price, reversed_day, country``; the country of a customer's first row counts.
        """
        lines = lines.sort_values(["customer_id", "day", "invoice", "item"], kind="stable")
        ids, starts = np.unique(lines["customer_id"].to_numpy(), return_index=True)
        _, invoices = np.unique(lines["invoice"].to_numpy(), return_inverse=True)
        return ids, cls(
            lines["country"].to_numpy(dtype=object)[starts],
            np.append(starts, len(lines)).astype(np.int64),
            lines["item"].to_numpy(np.int64),
            lines["day"].to_numpy(np.int64),
            invoices.astype(np.int64),
            lines["price"].to_numpy(np.float64),
            lines["reversed_day"].to_numpy(np.int64),
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def take(self, customers: np.ndarray) -> "Purchases":
        """Only these customers, in this order."""
        lengths = np.diff(self.indptr)[customers]
        indptr = offsets(lengths)
        picked = np.arange(indptr[-1]) + np.repeat(self.indptr[customers] - indptr[:-1], lengths)
        return replace(self._lines(picked), countries=self.countries[customers], indptr=indptr)

    def standing(self, start: int, end: int) -> "Purchases":
        """Purchases of start <= day < end that no cancellation before ``end`` took back."""
        keep = (self.days >= start) & (self.days < end) & (self.reversed_days >= end)
        rows = np.repeat(np.arange(len(self)), np.diff(self.indptr))[keep]
        indptr = offsets(np.bincount(rows, minlength=len(self)))
        return replace(self._lines(keep), indptr=indptr)

    def products(self) -> Ragged:
        """Each customer's distinct products, ascending."""
        rows = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        width = 1 + int(self.items.max(initial=0))
        pairs = np.unique(rows * width + self.items)
        return Ragged.grouped(pairs // width, pairs % width, len(self))

    def _lines(self, picked: np.ndarray) -> "Purchases":
        return replace(
            self,
            items=self.items[picked],
            days=self.days[picked],
            invoices=self.invoices[picked],
            prices=self.prices[picked],
            reversed_days=self.reversed_days[picked],
        )


@dataclass(frozen=True)
class Histories:
    """Customers as of a cut. Pair arrays have one entry per customer and own product.

    cut: day. indptr: customers + 1. Pairs: items, invoices (distinct), decayed (invoices, each
    halved every half-life of its age), last and first (days before the cut, at least 1),
    season (invoices in the 60 days around a year before the coming window).
    Customers, 0 or NaN without history: frequency (invoices), breadth (products), recency,
    tenure (days since the last and the first purchase), interval (mean days between days of
    purchase), basket (products per invoice), log_price (mean of log GBP per unit), activity
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

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def rows(self) -> np.ndarray:
        """The customer of each pair."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))


def histories(purchases: Purchases, cut: int, half_life: float) -> Histories:
    """What ``purchases`` tell of their customers before ``cut``; ``half_life`` in days."""
    before = purchases.standing(0, cut)
    n = len(before)
    rows = np.repeat(np.arange(n), np.diff(before.indptr))
    age = (cut - before.days).astype(np.float64)
    width = 1 + int(before.items.max(initial=0))
    pairs, pair = np.unique(rows * width + before.items, return_inverse=True)
    pair_rows = pairs // width
    weight = np.exp2(-age / half_life)
    bought_last_year = (age > 365 - 45) & (age <= 365 + 15)
    first, last = np.zeros(len(pairs)), np.full(len(pairs), np.inf)
    np.maximum.at(first, pair, age)
    np.minimum.at(last, pair, age)
    visit_rows, visit_age = _distinct(rows, before.invoices, age)
    recency, tenure = np.full(n, np.inf), np.zeros(n)
    np.minimum.at(recency, rows, age)
    np.maximum.at(tenure, rows, age)
    recency = np.where(np.isfinite(recency), recency, np.nan)
    tenure = np.where(tenure > 0, tenure, np.nan)
    frequency = np.bincount(visit_rows, minlength=n).astype(np.float64)
    lines = np.diff(before.indptr)
    days_of_purchase, _ = _distinct(rows, before.days, age)
    days = np.bincount(days_of_purchase, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Histories(
            cut=cut,
            countries=before.countries,
            indptr=offsets(np.bincount(pair_rows, minlength=n)),
            items=pairs % width,
            invoices=np.bincount(pair, minlength=len(pairs)).astype(np.float64),
            decayed=np.bincount(pair, weight, minlength=len(pairs)),
            last=last,
            first=first,
            season=np.bincount(pair, bought_last_year, minlength=len(pairs)),
            frequency=frequency,
            breadth=np.bincount(pair_rows, minlength=n).astype(np.float64),
            recency=recency,
            tenure=tenure,
            interval=np.where(days > 1, (tenure - recency) / (days - 1), np.nan),
            basket=np.where(frequency > 0, lines / frequency, np.nan),
            log_price=np.bincount(rows, np.log(before.prices), minlength=n) / lines,
            activity=np.bincount(visit_rows, np.exp2(-visit_age / half_life), minlength=n),
        )


def _distinct(
    rows: np.ndarray, numbers: np.ndarray, age: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and age of each distinct (row, number)."""
    width = 1 + int(numbers.max(initial=0))
    _, first = np.unique(rows * width + numbers, return_index=True)
    return rows[first], age[first]
