"""Candidates of a batch of customers: a few hundred products each out of the whole catalogue."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.history import Histories
from retail_lakehouse.settings import RecommendSettings


@dataclass(frozen=True)
class Block:
    """Scores of a batch of customers over the catalogue, customers x items each.

    als: y'x. als_z: the same less its mean over all products, over its standard deviation.
    together, codes, words: affinity to what the customer bought, averaged with the decayed
    invoices as weights. own: pair of the history, -1 where the customer never bought it.
    """

    als: np.ndarray
    als_z: np.ndarray
    together: np.ndarray
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
    n, m = len(histories), len(catalogue)
    x = catalogue.customer_factors(histories)
    als = x @ catalogue.factors.factors.T
    mean, covariance = catalogue.factor_moments
    # Mean and variance of y'x over all y follow from the moments of y.
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, covariance, x), 0.0))
    als_z = (als - (x @ mean)[:, None]) / np.where(spread > 0, spread, 1.0)[:, None]
    weight = np.bincount(histories.rows, histories.decayed, minlength=n)
    share = histories.decayed / np.where(weight > 0, weight, 1.0)[histories.rows]
    bought = sparse.csr_matrix((share, histories.items, histories.indptr), shape=(n, m))
    own = np.full((n, m), -1, dtype=np.int64)
    own[histories.rows, histories.items] = np.arange(len(histories.items))
    affinity = catalogue.affinity
    return Block(
        als=als,
        als_z=als_z,
        together=(bought @ affinity.together.T).toarray(),
        codes=(bought @ affinity.codes).toarray(),
        words=((bought @ affinity.words) @ affinity.words.T).toarray(),
        own=own,
    )


def candidates(catalogue: Catalogue, block: Block, settings: RecommendSettings) -> Pairs:
    """Live products: the customer's own, and the best new ones by taste and by what sells now.

    Retired and own products are out before the cut to the best, so that each customer has as
    many new ones as the catalogue can give.
    """
    new = catalogue.live[None, :] & (block.own < 0)
    chosen = catalogue.live[None, :] & (block.own >= 0)
    table = catalogue.table
    few = settings.extra_candidates
    for scores, n in (
        (block.als_z, settings.candidates),
        (np.broadcast_to(table.newcomers, new.shape), 2 * few),
        (np.broadcast_to(table.sales_7, new.shape), few),
        (block.codes, few),
        (block.words, few),
    ):
        _add_best(chosen, np.where(new, scores, -np.inf), n)
    chosen &= catalogue.live[None, :]
    rows, items = np.nonzero(chosen)
    return Pairs(rows, items, block.own[rows, items])


def _add_best(chosen: np.ndarray, scores: np.ndarray, n: int) -> None:
    n = min(n, scores.shape[1])
    if n > 0:
        best = np.argpartition(-scores, n - 1, axis=1)[:, :n]
        np.put_along_axis(chosen, best, True, axis=1)
