"""What identified customers bought, as flat arrays; an order is an invoice that stands.

Days are as in ``arrays.days``. A sale that was taken back counts as long as nobody had taken it
back: which day looks at it decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.tables import columns as c

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (c.CUSTOMER_ID, c.INVOICE, "day", "reversed_day", c.AMOUNT, "products")


@dataclass(frozen=True)
class Orders:
    """Invoices of ``n`` customers, one entry each, by customer and day.

    rows: the customer, 0 to n - 1. amounts: money. products: lines.
    """

    n: int
    rows: np.ndarray
    days: np.ndarray
    amounts: np.ndarray
    products: np.ndarray

    def total(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Sum of ``weights`` over each customer's invoices; how many invoices without them.

        >>> some = Orders(3, np.array([0, 0, 2]), np.array([5, 9, 7]), np.ones(3), np.ones(3))
        >>> some.total(), some.total(np.array([1.5, 2.5, 4.0]))
        (array([2., 0., 1.]), array([4., 0., 4.]))
        """
        return np.bincount(self.rows, weights, minlength=self.n).astype(np.float64)

    def purchase_days(self) -> tuple[np.ndarray, np.ndarray]:
        """Customer and day of each day on which a customer ordered, ascending.

        >>> some = Orders(2, np.array([0, 0, 1]), np.array([5, 5, 7]), np.ones(3), np.ones(3))
        >>> some.purchase_days()
        (array([0, 1]), array([5, 7]))
        """
        width = 1 + int(self.days.max(initial=0))
        pairs = np.unique(self.rows * width + self.days)
        return pairs // width, pairs % width


@dataclass(frozen=True)
class Sales:
    """All that was sold to customers, whether it was taken back or not.

    ids: customers, ascending. Entries, one per customer, invoice, day and day of reversal (NEVER:
    it stands), by customer, day and invoice: rows (places in ids), invoices (any numbers that tell
    them apart), days, reversed_days, amounts, products.
    """

    ids: np.ndarray
    rows: np.ndarray
    invoices: np.ndarray
    days: np.ndarray
    reversed_days: np.ndarray
    amounts: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, columns: "pd.DataFrame | Mapping[str, np.ndarray]") -> "Sales":
        """From COLUMNS, rows in any order; amounts may be decimal."""
        ids, rows = np.unique(np.asarray(columns[c.CUSTOMER_ID]), return_inverse=True)
        numbers, invoices = np.unique(np.asarray(columns[c.INVOICE]), return_inverse=True)
        days = np.asarray(columns["day"]).astype(np.int64)
        # Some shops' numbers start again each year, or each morning: a number is a day's own.
        _, invoices = np.unique(days * len(numbers) + invoices, return_inverse=True)
        reversed_days = np.asarray(columns["reversed_day"]).astype(np.int64)
        order = np.lexsort((reversed_days, invoices, days, rows))
        return cls(
            ids,
            rows[order].astype(np.int64),
            invoices[order].astype(np.int64),
            days[order],
            reversed_days[order],
            np.asarray(columns[c.AMOUNT]).astype(np.float64)[order],
            np.asarray(columns["products"]).astype(np.float64)[order],
        )

    def __len__(self) -> int:
        return len(self.ids)

    def standing(self, start: int, end: int) -> Orders:
        """Orders of start <= day < end, of sales that nobody took back before ``end``."""
        keep = (self.days >= start) & (self.days < end) & (self.reversed_days >= end)
        width = 1 + int(self.invoices.max(initial=0))
        rows, days = self.rows[keep], self.days[keep]
        keys, first, entry = np.unique(
            rows * width + self.invoices[keep], return_index=True, return_inverse=True
        )

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(entry, values[keep], minlength=len(keys))

        order = np.lexsort((keys, days[first], rows[first]))
        return Orders(
            len(self),
            rows[first][order],
            days[first][order],
            summed(self.amounts)[order],
            summed(self.products)[order],
        )

    def before(self, cut: int) -> Orders:
        """All orders before the day ``cut`` that stood then."""
        return self.standing(_LONG_AGO, cut)

    @property
    def first_day(self) -> int:
        """The day of the first sale."""
        return int(self.days.min())


_LONG_AGO = -(2**31)


@dataclass(frozen=True)
class Daily:
    """Orders of all customers: ``counts`` of them came on ``days`` and were wholly taken back on
    ``reversed_days``.
    """

    days: np.ndarray
    reversed_days: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, sales: Sales) -> "Daily":
        """Those of all the customers of ``sales``."""
        width = 1 + int(sales.invoices.max(initial=0))
        _, entry = np.unique(sales.rows * width + sales.invoices, return_inverse=True)
        n = 1 + int(entry.max(initial=-1))
        days, gone = np.full(n, -_LONG_AGO), np.full(n, _LONG_AGO)
        np.minimum.at(days, entry, sales.days)
        # An order stands while any of its lines does.
        np.maximum.at(gone, entry, sales.reversed_days)
        return cls(days, gone, np.ones(n))

    def before(self, cut: int) -> np.ndarray:
        """Orders of each day from the first order's to the last before ``cut``, that stood then."""
        keep = (self.days < cut) & (self.reversed_days >= cut)
        return np.bincount(
            self.days[keep] - self.first_day, self.counts[keep], minlength=cut - self.first_day
        ).astype(np.float64)

    @property
    def first_day(self) -> int:
        """The day of the first order."""
        return int(self.days.min())
