"""What customers bought, as flat arrays."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retail_lakehouse.recommend.data.ragged_rows import Ragged, RaggedRows, offsets


@dataclass(frozen=True)
class Purchases(Ragged):
    """A batch of customers, a row each: an entry per customer, invoice and product.

    countries: the customer's country, one per customer. indptr: customers + 1. items: rows of the
    catalogue. days, reversed_days: see ``days``, NEVER: it stands. invoices: any number that tells
    a customer's invoices apart. prices: money per unit.

    >>> bought = Purchases(
    ...     countries=np.array(["France", "Spain"], dtype=object), indptr=np.array([0, 2, 3]),
    ...     items=np.array([4, 4, 7]), days=np.array([80, 90, 95]), invoices=np.array([1, 2, 3]),
    ...     prices=np.array([1.0, 1.0, 2.0]), reversed_days=np.array([10**6, 92, 10**6]),
    ... )
    >>> bought.standing(start=0, end=100).lengths, bought.standing(80, 91).lengths
    (array([1, 1]), array([2, 0]))
    >>> bought.take(np.array([1])).items, bought.products()[0]
    (array([7]), array([4]))
    """

    countries: np.ndarray
    indptr: np.ndarray
    items: np.ndarray
    days: np.ndarray
    invoices: np.ndarray
    prices: np.ndarray
    reversed_days: np.ndarray

    @classmethod
    def of_lines(cls, lines: pd.DataFrame) -> tuple[np.ndarray, "Purchases"]:
        """Customer ids, ascending, and their purchases, from rows in any order.

        lines: a row per customer, invoice and product with ``customer_id, item, day, invoice,
        price, reversed_day, country``; the country of a customer's first row counts.
        """
        # Numbers in the order of the texts: sorting by these takes a tenth of the time.
        customers, ids = pd.factorize(lines["customer_id"], sort=True)
        lines = lines.assign(customer=customers)
        lines = lines.sort_values(["customer", "day", "invoice", "item"], kind="stable")
        _, starts = np.unique(lines["customer"].to_numpy(), return_index=True)
        # The same number on another day is another invoice.
        invoices = lines.groupby(["day", "invoice"], sort=False).ngroup().to_numpy()
        return np.asarray(ids), cls(
            lines["country"].to_numpy(dtype=object)[starts],
            np.append(starts, len(lines)).astype(np.int64),
            lines["item"].to_numpy(np.int64),
            lines["day"].to_numpy(np.int64),
            invoices.astype(np.int64),
            lines["price"].to_numpy(np.float64),
            lines["reversed_day"].to_numpy(np.int64),
        )

    def take(self, customers: np.ndarray) -> "Purchases":
        """Only these customers, in this order."""
        lengths = self.lengths[customers]
        indptr = offsets(lengths)
        picked = np.arange(indptr[-1]) + np.repeat(self.indptr[customers] - indptr[:-1], lengths)
        return replace(self._lines(picked), countries=self.countries[customers], indptr=indptr)

    def standing(self, start: int, end: int) -> "Purchases":
        """Purchases of start <= day < end that no cancellation before ``end`` took back."""
        keep = (self.days >= start) & (self.days < end) & (self.reversed_days >= end)
        indptr = offsets(np.bincount(self.rows[keep], minlength=len(self)))
        return replace(self._lines(keep), indptr=indptr)

    def products(self) -> RaggedRows:
        """Each customer's distinct products, ascending."""
        width = 1 + int(self.items.max(initial=0))
        pairs = np.unique(self.rows * width + self.items)
        return RaggedRows.grouped(pairs // width, pairs % width, len(self))

    def _lines(self, picked: np.ndarray) -> "Purchases":
        return replace(
            self,
            items=self.items[picked],
            days=self.days[picked],
            invoices=self.invoices[picked],
            prices=self.prices[picked],
            reversed_days=self.reversed_days[picked],
        )
