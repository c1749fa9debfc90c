"""What a shop has today, to be beaten: scores of a batch of customers over the whole catalogue.

Scores are customers x items, higher is better; ``lists`` turns them into lists. Item-kNN and EASE
give weights, items x items, and ``by_weights`` their scores. Everything is fitted on ``Histories``
and an ``ItemTable`` as of the same cut.
"""

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.fold_in import top_n
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.data.item_stats import ItemTable
from retail_lakehouse.recommend.data.ragged_rows import Ragged
from retail_lakehouse.recommend.evaluation.metrics import NOTHING


def popularity(table: ItemTable, customers: int) -> np.ndarray:
    """All invoices with the product before the cut, the same for every customer."""
    return np.broadcast_to(table.total, (customers, len(table)))


def recent_popularity(table: ItemTable, customers: int) -> np.ndarray:
    """Invoices of the last 30 days, the same for every customer."""
    return np.broadcast_to(table.sales_30, (customers, len(table)))


def own_then_recent(histories: Histories, table: ItemTable) -> np.ndarray:
    """Own invoices with the product; recent popularity between equals and after them."""
    own = _matrix(histories, histories.invoices, len(table)).toarray()
    scores: np.ndarray = own + table.sales_30 / (table.sales_30.max(initial=0.0) + 1.0)
    return scores


def bm25_weights(
    histories: Histories, n_items: int, k1: float = 1.2, b: float = 0.75
) -> np.ndarray:
    """Item-kNN: items x items inner products of BM25-weighted columns, diagonal 0.

    A customer is the document, a product the term, invoices its count: weight idf * c (k1 + 1) /
    (c + k1 (1 - b + b length / mean length)), idf = log(customers / (1 + buyers)) (as in the
    ``implicit`` library).
    """
    counts = _matrix(histories, histories.invoices, n_items)
    buyers = np.bincount(histories.items, minlength=n_items)
    length = np.bincount(histories.rows, histories.invoices, minlength=len(histories))
    norm = 1 - b + b * length / max(float(length.mean()), 1e-9) if len(length) else length
    idf = np.log(max(len(histories), 1)) - np.log1p(buyers)
    c = counts.data
    weighted = sparse.csr_matrix(
        (
            idf[counts.indices] * c * (k1 + 1) / (c + k1 * norm[histories.rows]),
            counts.indices,
            counts.indptr,
        ),
        shape=counts.shape,
    )
    weights: np.ndarray = (weighted.T @ weighted).toarray()
    np.fill_diagonal(weights, 0.0)
    return weights


def ease_weights(histories: Histories, n_items: int, regularization: float = 500.0) -> np.ndarray:
    """EASE (Steck 2019): B = I - P diag(1 / diag P), P = (X'X + lambda I)^-1, X binary.

    Cubic in the catalogue: each of some three matrices of 5,000 products takes 200 MB.
    """
    x = _matrix(histories, np.ones(len(histories.items)), n_items)
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights: np.ndarray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def by_weights(histories: Histories, weights: np.ndarray) -> np.ndarray:
    """Sum of the weights from the customer's products to each product."""
    x = _matrix(histories, np.ones(len(histories.items)), len(weights))
    scores: np.ndarray = x @ weights
    return scores


def lists(scores: np.ndarray, k: int, without: Ragged | None = None) -> np.ndarray:
    """Customers x k item rows, best first, leaving out each customer's products in ``without``."""
    found = np.full((len(scores), k), NOTHING, dtype=np.int64)
    for row, own in enumerate(scores):
        values = own.astype(np.float64)
        if without is not None:
            values[without[row]] = -np.inf
        best = top_n(values, k)
        best = best[np.isfinite(values[best])]
        found[row, : len(best)] = best
    return found


def _matrix(histories: Histories, values: np.ndarray, n_items: int) -> sparse.csr_matrix:
    shape = (len(histories), n_items)
    return sparse.csr_matrix((values, histories.items, histories.indptr), shape=shape)
