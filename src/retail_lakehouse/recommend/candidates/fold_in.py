"""A customer's ALS preferences from a history of products, without Spark.

The user half-step of implicit ALS: with item factors Y fixed, a customer with ratings r over the
items of a history has x = A^-1 b, where A = Y'Y + sum_j c_j y_j y_j' + lambda n I,
b = sum_j (1 + c_j) y_j, c_j = alpha r_j (Hu, Koren, Volinsky 2008, section 4; lambda is weighted
by the number n of ratings as Spark does, after Zhou et al. 2008). Spark's last half-step is the
same, so a training customer gets the trained factors. A score y_i' x is a sum over the history of
y_i' A^-1 (1 + c_j) y_j: what each product adds (section 5 of the paper).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from retail_lakehouse.recommend.candidates.factors import ItemFactors

# Customers whose equations are solved at a time: 256 of rank 64 are 8 MB.
_BLOCK = 256


@dataclass(frozen=True)
class FoldIn:
    """Scores of any history under fixed item factors.

    With one factor, product factors of 1 and 2 and a rating of 1 of the first: A = 5 + 1 + 0.5,
    b = 2, so x = 2 / 6.5.

    >>> fold_in = FoldIn(ItemFactors(("a", "b"), np.array([[1.0], [2.0]]), 1.0, 0.5))
    >>> fold_in.factors(np.array([0, 1]), np.array([0]), np.array([1.0])).round(4)
    array([[0.3077]])
    >>> fold_in.solve(np.array([0]), np.array([1.0])).contributions(np.array([[2.0]])).round(4)
    array([[0.6154]])
    """

    items: ItemFactors

    @cached_property
    def gram(self) -> np.ndarray:
        """Y'Y, rank x rank."""
        gram: np.ndarray = self.items.factors.T @ self.items.factors
        return gram

    def solve(self, history: np.ndarray, ratings: np.ndarray) -> "Folded":
        """A customer's equations. ``history``: rows of the factors; ``ratings``: as in training."""
        own = self.items.factors[history]
        confidence = self.items.alpha * ratings
        a = self.gram + (own * confidence[:, None]).T @ own
        a.flat[:: len(a) + 1] += self.items.regularization * len(history)
        return Folded(a, own, 1.0 + confidence)

    def factors(self, indptr: np.ndarray, items: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        """Factors x of customers, customers x rank: the scores of items with factors Y are Y x.

        indptr: customers + 1, into ``items`` and ``ratings``. Zeros for one without a history.
        """
        customers, rank = len(indptr) - 1, len(self.gram)
        x = np.zeros((customers, rank))
        known = np.flatnonzero(np.diff(indptr))
        for start in range(0, len(known), _BLOCK):
            block = known[start : start + _BLOCK]
            a, b = np.empty((len(block), rank, rank)), np.empty((len(block), rank, 1))
            for row, customer in enumerate(block):
                own = slice(indptr[customer], indptr[customer + 1])
                folded = self.solve(items[own], ratings[own])
                a[row], b[row, :, 0] = folded.a, folded.weight @ folded.own
            x[block] = np.linalg.solve(a, b)[:, :, 0]
        return x


@dataclass(frozen=True)
class Folded:
    """One customer's equations: A, the factors of the history's items, and 1 + c of each."""

    a: np.ndarray
    own: np.ndarray
    weight: np.ndarray

    def contributions(self, factors: np.ndarray) -> np.ndarray:
        """Items x history: what each product of the history adds to the items' scores."""
        parts: np.ndarray = (self.own @ np.linalg.solve(self.a, factors.T)).T * self.weight
        return parts
