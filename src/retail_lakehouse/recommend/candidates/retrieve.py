"""Candidates of a batch of customers: a few hundred products each out of the whole catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.recommend.candidates.best import add_best, add_first
from retail_lakehouse.recommend.candidates.catalogue import Catalogue, Shelf
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.settings import CandidateSettings

# Customers scored at a time, fewer of a large catalogue: a score of so many pairs is 10 MB, and
# a dozen of them are there at once.
_CUSTOMERS, _PAIRS = 256, 1_200_000


@dataclass(frozen=True)
class ShelfScores:
    """Scores of a batch of customers over the live products, customers x ``shelf`` each.

    als: y'x. als_z: the same less its mean over all products of the catalogue, over its standard
    deviation. codes, words: affinity to what the customer bought, averaged with the decayed
    invoices as weights. own: pair of the history, -1 where the customer never bought it.
    """

    shelf: Shelf
    als: np.ndarray
    als_z: np.ndarray
    codes: np.ndarray
    words: np.ndarray
    own: np.ndarray


@dataclass(frozen=True)
class Candidates:
    """Pairs of a customer and a product, by customer.

    rows: customers of the batch, ascending. items: rows of the catalogue. own: see ``ShelfScores``.
    """

    rows: np.ndarray
    items: np.ndarray
    own: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_own(self) -> np.ndarray:
        """Which the customer bought before."""
        bought: np.ndarray = self.own >= 0
        return bought

    def take(self, pairs: np.ndarray) -> "Candidates":
        """Only these pairs."""
        return Candidates(self.rows[pairs], self.items[pairs], self.own[pairs])


def batches(n: int, products: int) -> Iterator[np.ndarray]:
    """0 to n - 1 in runs of customers that are scored at a time, against so many products.

    >>> [len(batch) for batch in batches(600, products=3_000)]
    [256, 256, 88]
    >>> [len(batch) for batch in batches(50, products=60_000)]
    [20, 20, 10]
    """
    size = max(1, min(_CUSTOMERS, _PAIRS // max(products, 1)))
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))


def shelf_scores(catalogue: Catalogue, histories: Histories) -> ShelfScores:
    """One blocked matrix product per score; a batch of some hundred customers is meant."""
    shelf = catalogue.shelf
    x = catalogue.customer_factors(histories)
    als = x @ shelf.factors.T
    bought = histories.matrix(histories.share, len(catalogue))
    names = (bought @ catalogue.affinity.words).toarray()
    return ShelfScores(
        shelf=shelf,
        als=als,
        als_z=_standardised(als, x, *catalogue.factor_moments),
        codes=(bought @ shelf.codes).toarray(),
        words=(shelf.words @ names.T).T,
        own=own_pairs(shelf, histories),
    )


def _standardised(
    scores: np.ndarray, x: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
    """Scores y'x in standard deviations over all y, whose mean and covariance are given.

    Mean and variance of y'x over all y follow from those of y.

    >>> x = np.array([[2.0]])
    >>> _standardised(np.array([[6.0, 2.0]]), x, mean=np.array([2.0]), covariance=np.array([[1.0]]))
    array([[ 1., -1.]])
    """
    spread = np.sqrt(np.maximum(np.einsum("ij,ij->i", x @ covariance, x), 0.0))
    standardised: np.ndarray = (scores - (x @ mean)[:, None]) / np.where(spread > 0, spread, 1.0)[
        :, None
    ]
    return standardised


def own_pairs(shelf: Shelf, histories: Histories) -> np.ndarray:
    """Customers x ``shelf``: the pair of the history, -1 where the customer never bought it."""
    own = np.full((len(histories), len(shelf)), -1, dtype=np.int64)
    column = shelf.column[histories.items]
    live = column >= 0
    own[histories.rows[live], column[live]] = np.flatnonzero(live)
    return own


def retrieve(scores: ShelfScores, settings: CandidateSettings) -> Candidates:
    """Live products: the customer's own, and the best new ones by each sign of taste and of sales.

    Retired and own products are out before the cut to the best, so that each customer has as
    many new ones as the catalogue can give.
    """
    new = scores.own < 0
    chosen = ~new
    few = settings.by_other_signs
    add_best(chosen, new, scores.als_z, settings.by_als)
    for likeness in (scores.codes, scores.words):
        # Who is alike in nothing is no neighbour.
        add_best(chosen, new & (likeness > 0), likeness, few)
    add_first(chosen, new, scores.shelf.newest, 2 * few)
    add_first(chosen, new, scores.shelf.selling, few)
    rows, columns = np.nonzero(chosen)
    return Candidates(rows, scores.shelf.items[columns], scores.own[rows, columns])
