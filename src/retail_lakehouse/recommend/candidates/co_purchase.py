"""Which products are bought by the same customers: sparse matrices over the catalogue."""

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.best import top_n
from retail_lakehouse.recommend.data.customer_history import Histories

NEIGHBOURS = 50
_SHRINK = 10.0
# Rows that are dense at a time.
_BLOCK = 512
_RECENT_DAYS = 30


def co_purchase(histories: Histories, n_items: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Cosine between products' sets of buyers, shrunk where buyers are few; and common buyers.

    s_ij = n_ij / sqrt((n_i + 10) (n_j + 10)); the 50 highest of each product are kept. Both are
    items x items.
    """
    ones = np.ones(len(histories.items), dtype=np.float32)
    bought = histories.matrix(ones, n_items)
    # The product comes by columns, and is symmetric: its transpose is the same, by rows.
    counts = (bought.T @ bought).T.tocsr()
    scale = 1.0 / np.sqrt(counts.diagonal() + _SHRINK)
    cosine = strongest(_scaled(counts, scale, scale), NEIGHBOURS)
    return cosine, counts.multiply(cosine > 0).tocsr()


def recent_co_purchase(histories: Histories, n_items: int) -> sparse.csr_matrix:
    """What buyers of each product (rows) have bought in the last 30 days (columns).

    s_ij = sum over customers u who ever bought i and of late j of 1 / sqrt(b_u + 5), over
    sqrt((m_i + 3) (n_j + 10)): b_u products of the customer, m_i the same sum over all who bought
    i, n_j who of late bought j; the 50 highest of each row are kept. Summed over a history it is
    what neighbours by cosine have bought of late (as Faggioli, Polato, Aiolli 2020, Recency Aware
    Collaborative Filtering for Next Basket Recommendation), but needs no neighbour's data.
    """
    breadth = histories.lengths
    weight = (1.0 / np.sqrt(breadth + 5.0)).astype(np.float32)[histories.rows]
    ever = histories.matrix(weight, n_items)
    of_late = (histories.last <= _RECENT_DAYS).astype(np.float32)
    recent = histories.matrix(of_late, n_items)
    recent.eliminate_zeros()
    of_row = 1.0 / np.sqrt(np.bincount(histories.items, weight, minlength=n_items) + 3.0)
    of_column = 1.0 / np.sqrt(np.bincount(recent.indices, minlength=n_items) + _SHRINK)
    return strongest(_scaled((ever.T @ recent).tocsr(), of_row, of_column), NEIGHBOURS)


def _scaled(
    matrix: sparse.csr_matrix, of_row: np.ndarray, of_column: np.ndarray
) -> sparse.csr_matrix:
    """Each cell times the factors of its row and its column, float32."""
    cells = matrix.data * np.repeat(of_row, np.diff(matrix.indptr)) * of_column[matrix.indices]
    return sparse.csr_matrix(
        (cells.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape
    )


def strongest(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """The ``n`` highest of each row off the diagonal that are above 0; equal values by column.

    >>> matrix = sparse.csr_matrix([[9.0, 1.0, 2.0], [0.0, 9.0, 0.0], [3.0, 3.0, 0.0]])
    >>> strongest(matrix, 1).toarray()
    array([[0., 0., 2.],
           [0., 0., 0.],
           [3., 0., 0.]])
    """
    rows, columns, values = [], [], []
    for start in range(0, matrix.shape[0], _BLOCK):
        block = matrix[start : start + _BLOCK].toarray()
        own = np.arange(len(block))
        block[own, start + own] = 0.0
        for row, cells in enumerate(block):
            best = top_n(cells, n)
            best = best[cells[best] > 0]
            rows.append(np.full(len(best), start + row))
            columns.append(best)
            values.append(cells[best])
    if not rows:
        return sparse.csr_matrix(matrix.shape, dtype=matrix.dtype)
    cells_of = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), cells_of), shape=matrix.shape)
