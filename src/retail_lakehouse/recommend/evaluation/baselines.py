"""What a shop has today, to be beaten: scores of a batch of customers over the whole catalogue.

Scores are customers x items, higher is better; ``lists`` turns them into lists. Item-kNN and EASE
give weights, items x items, and ``by_weights`` their scores. Everything is fitted on ``Histories``
and an ``ItemStats`` as of the same cut.
"""

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.best import top_n
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.data.item_stats import ItemStats
from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation.metrics import NOTHING

# What people read for what the tables call them.
LABELS = {
    "als": "ALS alone",
    "als_defaults": "ALS, Spark's defaults",
    "popularity": "popularity",
    "recent_popularity": "popularity, last 30 days",
    "first_time_buyers": "first-time buyers, 30 days",
    "own_then_recent": "own, then recent",
    "item_knn": "item-kNN (BM25)",
    "ease": "EASE",
    "tifu_knn": "TIFU-KNN",
    "tifu_knn_days": "TIFU-KNN by days",
    "up_cf": "UP-CF@10",
    "cosine_knn": "neighbours by cosine",
    "cosine_knn_late": "neighbours by cosine, of late",
}


def popularity(stats: ItemStats, customers: int) -> np.ndarray:
    """All invoices with the product before the cut, the same for every customer."""
    return np.broadcast_to(stats.total, (customers, len(stats)))


def recent_popularity(stats: ItemStats, customers: int) -> np.ndarray:
    """Invoices of the last 30 days, the same for every customer."""
    return np.broadcast_to(stats.sales_30, (customers, len(stats)))


def first_time_buyers(stats: ItemStats, customers: int) -> np.ndarray:
    """Customers who bought the product for the first time in the last 30 days, the same for all."""
    return np.broadcast_to(stats.newcomers, (customers, len(stats)))


def own_then_recent(invoices: sparse.csr_matrix, stats: ItemStats) -> np.ndarray:
    """Own invoices with the product; recent popularity between equals and after them.

    invoices: customers x items.
    """
    recent = stats.sales_30 / (stats.sales_30.max(initial=0.0) + 1.0)
    scores: np.ndarray = invoices.toarray() + recent
    return scores


def bm25_weights(
    histories: Histories, n_items: int, k1: float = 1.2, b: float = 0.75
) -> np.ndarray:
    """Item-kNN: items x items inner products of BM25-weighted columns, diagonal 0.

    A customer is the document, a product the term, invoices its count: weight idf * c (k1 + 1) /
    (c + k1 (1 - b + b length / mean length)), idf = log(customers / (1 + buyers)) (as in the
    ``implicit`` library).
    """
    counts = histories.matrix(histories.invoices, n_items)
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

    Items x items, diagonal 0. numpy.linalg.LinAlgError without regularization, where no such
    inverse may be.
    Cubic in the catalogue: each of some three matrices of 5,000 products takes 200 MB.
    """
    x = histories.matrix(np.ones(len(histories.items)), n_items)
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights: np.ndarray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def by_weights(bought: sparse.csr_matrix, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sum of the weights from the products of some customers to each product.

    bought: customers x items, ones. rows: of the customers.
    """
    scores: np.ndarray = bought[rows] @ weights
    return scores


def lists(scores: np.ndarray, k: int, without: RaggedRows | None = None) -> np.ndarray:
    """Customers x k item rows, best first, leaving out each customer's products in ``without``.

    >>> lists(np.array([[0.1, 0.3, 0.2]]), k=2, without=RaggedRows.of([[1]]))
    array([[2, 0]])
    >>> lists(np.array([[0.1]]), k=2)
    array([[ 0, -1]])
    """
    made = np.full((len(scores), k), NOTHING, dtype=np.int64)
    for row, own in enumerate(scores):
        values = own.astype(np.float64)
        if without is not None:
            values[without[row]] = -np.inf
        best = top_n(values, k)
        best = best[np.isfinite(values[best])]
        made[row, : len(best)] = best
    return made
