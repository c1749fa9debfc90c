"""Which products belong together, apart from ALS: sparse matrices over the catalogue.

ALS knows nothing of a product that few have bought yet; what it is called and which code it has
say more: a shop numbers the pieces of a new range one after another.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.fold_in import top_n
from retail_lakehouse.recommend.data.customer_history import Histories

NEIGHBOURS = 50
_SHRINK = 10.0
# Rows that are dense at a time.
_BLOCK = 512
_LATELY_DAYS = 30
_CODE_REACH = 12
_CODE_WIDTH = 4.0


@dataclass(frozen=True)
class Affinity:
    """together, codes: items x items, symmetric or nearly. both: how many customers bought the
    two products of each pair in ``together``. lately: items bought x items they led to. words:
    items x words, rows of length 1 (0: no name).
    """

    together: sparse.csr_matrix
    both: sparse.csr_matrix
    lately: sparse.csr_matrix
    codes: sparse.csr_matrix
    words: sparse.csr_matrix


def affinity(
    histories: Histories, stock_codes: Sequence[str], names: Sequence[str | None]
) -> Affinity:
    """From what customers bought together, and from codes and names of the catalogue."""
    close, both = together(histories, len(stock_codes))
    recent = lately(histories, len(stock_codes))
    return Affinity(close, both, recent, codes(stock_codes), words(names))


def together(histories: Histories, n_items: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Cosine between products' sets of buyers, shrunk where buyers are few; and common buyers.

    s_ij = n_ij / sqrt((n_i + 10) (n_j + 10)); the 50 highest of each product are kept.
    """
    ones = np.ones(len(histories.items), dtype=np.float32)
    bought = sparse.csr_matrix(
        (ones, histories.items, histories.indptr), shape=(len(histories), n_items)
    )
    # The product comes by columns, and is symmetric: its transpose is the same, by rows.
    counts = (bought.T @ bought).T.tocsr()
    scale = 1.0 / np.sqrt(counts.diagonal() + _SHRINK)
    close = strongest(_scaled(counts, scale, scale), NEIGHBOURS)
    return close, counts.multiply(close > 0).tocsr()


def lately(histories: Histories, n_items: int) -> sparse.csr_matrix:
    """What buyers of each product (rows) have bought in the last 30 days (columns).

    s_ij = sum over customers u who ever bought i and lately j of 1 / sqrt(b_u + 5), over
    sqrt((m_i + 3) (n_j + 10)): b_u products of the customer, m_i the same sum over all who bought
    i, n_j who lately bought j; the 50 highest of each row are kept. Summed over a history it is
    what neighbours by cosine have bought of late (as Faggioli, Polato, Aiolli 2020, Recency Aware
    Collaborative Filtering for Next Basket Recommendation), but needs no neighbour's data.
    """
    breadth = np.diff(histories.indptr)
    weight = (1.0 / np.sqrt(breadth + 5.0)).astype(np.float32)[histories.rows]
    shape = (len(histories), n_items)
    ever = sparse.csr_matrix((weight, histories.items, histories.indptr), shape=shape)
    recent = sparse.csr_matrix(
        ((histories.last <= _LATELY_DAYS).astype(np.float32), histories.items, histories.indptr),
        shape=shape,
    )
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
    """The ``n`` highest of each row off the diagonal that are above 0; equal values by column."""
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
    place = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), place), shape=matrix.shape)


def codes(stock_codes: Sequence[str]) -> sparse.csr_matrix:
    """exp(-distance / 4) of the five leading digits, for distances up to 12."""
    numbers = np.array([int(code[:5]) for code in stock_codes], dtype=np.int64)
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    low = np.searchsorted(ranked, numbers - _CODE_REACH, side="left")
    high = np.searchsorted(ranked, numbers + _CODE_REACH, side="right")
    rows = np.repeat(np.arange(len(numbers)), high - low)
    start = np.concatenate([[0], np.cumsum(high - low)])[:-1] if len(numbers) else low
    columns = order[np.arange(len(rows)) - np.repeat(start - low, high - low)]
    off = rows != columns
    rows, columns = rows[off], columns[off]
    values = np.exp(-np.abs(numbers[rows] - numbers[columns]) / _CODE_WIDTH)
    shape = (len(numbers), len(numbers))
    return sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)


def words(descriptions: Sequence[str | None]) -> sparse.csr_matrix:
    """Names as tf-idf vectors of length 1 over words of three letters and more, used twice."""
    found = [sorted(set(re.findall(r"[A-Z]{3,}", (name or "").upper()))) for name in descriptions]
    used = Counter(word for one in found for word in one)
    column = {word: i for i, word in enumerate(sorted(w for w, n in used.items() if n > 1))}
    pairs = [(i, w) for i, one in enumerate(found) for w in one if w in column]
    rows = np.array([i for i, _ in pairs], dtype=np.int64)
    columns = np.array([column[word] for _, word in pairs], dtype=np.int64)
    weights = np.array([np.log(len(found) / used[word]) for _, word in pairs])
    length = np.sqrt(np.bincount(rows, weights**2, minlength=len(found)))
    values = np.divide(weights, length[rows], out=np.zeros_like(weights), where=length[rows] > 0)
    shape = (len(found), len(column))
    return sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)
