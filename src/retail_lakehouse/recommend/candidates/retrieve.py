"""Candidates of a batch of customers: a few hundred products each out of the whole catalogue."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.catalogue import Catalogue, Shelf
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.settings import RecommendSettings


@dataclass(frozen=True)
class Block:
    """Scores of a batch of customers over the live products, customers x ``shelf`` each.

    als: y'x. als_z: the same less its mean over all products of the catalogue, over its standard
    deviation. together, lately, codes, words: affinity to what the customer bought, averaged with
    the decayed invoices as weights. own: pair of the history, -1 where the customer never bought
    it.
    """

    shelf: Shelf
    als: np.ndarray
    als_z: np.ndarray
    together: np.ndarray
    lately: np.ndarray
    codes: np.ndarray
    words: np.ndarray
    own: np.ndarray


@dataclass(frozen=True)
class Pairs:
    """Candidates: rows (customer of the batch) ascending, items, and own (see ``Block``)."""

    rows: np.ndarray
    items: np.ndarray
    own: np.ndarray


def score_block(catalogue: Catalogue, histories: Histories) -> Block:
    """One blocked matrix product per score; a batch of some hundred customers is meant."""
    n, shelf = len(histories), catalogue.shelf
    x = catalogue.customer_factors(histories)
    als = x @ shelf.factors.T
    mean, covariance = catalogue.factor_moments
    # Mean and variance of y'x over all y follow from the moments of y.
    spread = np.sqrt(np.maximum(np.einsum("ij,ij->i", x @ covariance, x), 0.0))
    als_z = (als - (x @ mean)[:, None]) / np.where(spread > 0, spread, 1.0)[:, None]
    weight = np.bincount(histories.rows, histories.decayed, minlength=n)
    share = histories.decayed / np.where(weight > 0, weight, 1.0)[histories.rows]
    bought = sparse.csr_matrix(
        (share, histories.items, histories.indptr), shape=(n, len(catalogue))
    )
    names = (bought @ catalogue.affinity.words).toarray()
    return Block(
        shelf=shelf,
        als=als,
        als_z=als_z,
        together=(bought @ shelf.together).toarray(),
        lately=(bought @ shelf.lately).toarray(),
        codes=(bought @ shelf.codes).toarray(),
        words=(shelf.words @ names.T).T,
        own=own_pairs(shelf, histories),
    )


def own_pairs(shelf: Shelf, histories: Histories) -> np.ndarray:
    """Customers x ``shelf``: the pair of the history, -1 where the customer never bought it."""
    own = np.full((len(histories), len(shelf)), -1, dtype=np.int64)
    column = shelf.place[histories.items]
    live = column >= 0
    own[histories.rows[live], column[live]] = np.flatnonzero(live)
    return own


def candidates(block: Block, settings: RecommendSettings) -> Pairs:
    """Live products: the customer's own, and the best new ones by each sign of taste and of sales.

    Retired and own products are out before the cut to the best, so that each customer has as
    many new ones as the catalogue can give.
    """
    new = block.own < 0
    chosen = ~new
    few = settings.extra_candidates
    add_best(chosen, new, block.als_z, settings.candidates)
    for scores in (block.codes, block.words):
        # Who is alike in nothing is no neighbour.
        add_best(chosen, new & (scores > 0), scores, few)
    _add_first(chosen, new, block.shelf.newest, 2 * few)
    _add_first(chosen, new, block.shelf.selling, few)
    rows, columns = np.nonzero(chosen)
    return Pairs(rows, block.shelf.items[columns], block.own[rows, columns])


def add_best(chosen: np.ndarray, among: np.ndarray, scores: np.ndarray, n: int) -> None:
    """Choose each customer's ``n`` products with the highest scores; equal scores by column.

    among: which may be chosen; where they are fewer than ``n``, all of them are.
    """
    width = scores.shape[1]
    n = min(n, width)
    if n == 0:
        return
    # Single precision and no sorting: this step is most of the time of a retrieval.
    seen = np.where(among, scores.astype(np.float32), np.float32(-np.inf))
    bound = np.partition(seen, width - n, axis=1)[:, width - n, None]
    best, tied = seen > bound, (seen == bound) & among
    missing = n - best.sum(axis=1)
    crowded = tied.sum(axis=1) > missing
    tied[crowded] &= tied[crowded].cumsum(axis=1) <= missing[crowded, None]
    chosen |= best | tied


def _add_first(chosen: np.ndarray, new: np.ndarray, order: np.ndarray, n: int) -> None:
    """The same where all customers have the same scores; ``order``: columns, best first."""
    # No one needs more than n and as many as the customer with the most own products has.
    most = new.shape[1] - int(new.sum(axis=1).min(initial=new.shape[1]))
    order = order[: n + most]
    candidate = new[:, order]
    candidate &= candidate.cumsum(axis=1) <= n
    chosen[:, order] |= candidate
