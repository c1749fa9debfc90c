"""Which products are bought by the same customers: sparse matrices over the catalogue."""

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.best import top_n
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.data.ragged_rows import offsets

NEIGHBOURS = 50
_SHRINK = 10.0
# Rows that are multiplied at a time: all of them together are a catalogue squared.
_BLOCK = 512
_RECENT_DAYS = 30


def co_purchase(histories: Histories, n_items: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Cosine between products' sets of buyers, shrunk where buyers are few; and common buyers.

    s_ij = n_ij / sqrt((n_i + 10) (n_j + 10)); the 50 highest of each product are kept. Both are
    items x items.
    """
    ones = np.ones(len(histories.items), dtype=np.float32)
    bought = histories.matrix(ones, n_items)
    buyers = np.bincount(histories.items, minlength=n_items).astype(np.float32)
    scale = 1.0 / np.sqrt(buyers + _SHRINK)
    return _products_together(bought, bought, scale, scale)


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
    return _products_together(ever, recent, of_row, of_column)[0]


def _products_together(
    left: sparse.csr_matrix, right: sparse.csr_matrix, of_row: np.ndarray, of_column: np.ndarray
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """The NEIGHBOURS strongest cells of each row of left' right, times factors; and as they are.

    left, right: customers x items.
    """
    by_item = left.T.tocsr()
    scores: list[sparse.csr_matrix] = []
    sums: list[sparse.csr_matrix] = []
    # An empty catalogue is one block, too.
    for start in range(0, max(by_item.shape[0], 1), _BLOCK):
        block = by_item[start : start + _BLOCK] @ right
        scaled = _scaled(block, of_row[start : start + _BLOCK], of_column)
        kept, indptr = _strongest_cells(scaled, NEIGHBOURS, first=start)
        for matrices, matrix in ((scores, scaled), (sums, block)):
            cells = (matrix.data[kept], matrix.indices[kept], indptr)
            matrices.append(sparse.csr_matrix(cells, shape=block.shape))
    return sparse.vstack(scores, format="csr"), sparse.vstack(sums, format="csr")


def _scaled(
    matrix: sparse.csr_matrix, of_row: np.ndarray, of_column: np.ndarray
) -> sparse.csr_matrix:
    """Each cell times the factors of its row and its column, float32."""
    cells = matrix.data * np.repeat(of_row, np.diff(matrix.indptr)) * of_column[matrix.indices]
    return sparse.csr_matrix(
        (cells.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape
    )


def _strongest_cells(
    matrix: sparse.csr_matrix, n: int, first: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Where in ``matrix.data`` the ``n`` highest of each row are, by column; and their offsets.

    Of those above 0 and off the diagonal; equal values by column. first: number of the first row.

    >>> matrix = sparse.csr_matrix([[9.0, 1.0, 2.0], [0.0, 9.0, 0.0], [3.0, 3.0, 0.0]])
    >>> kept, offsets = _strongest_cells(matrix, 1)
    >>> matrix.data[kept], matrix.indices[kept], offsets
    (array([2., 3.]), array([2, 0], dtype=int32), array([0, 1, 1, 2]))
    """
    strongest = []
    for row in range(matrix.shape[0]):
        begin, end = matrix.indptr[row : row + 2]
        columns, values = matrix.indices[begin:end], matrix.data[begin:end]
        at = np.flatnonzero((columns != first + row) & (values > 0))
        best = at[top_n(values[at], n, order=columns[at])]
        strongest.append(begin + best[np.argsort(columns[best])])
    return np.concatenate([np.empty(0, np.int64), *strongest]), offsets(
        np.array(list(map(len, strongest)))
    )
