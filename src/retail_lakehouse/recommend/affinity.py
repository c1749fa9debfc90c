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

from retail_lakehouse.recommend.history import Histories

NEIGHBOURS = 50
_SHRINK = 10.0
_CODE_REACH = 12
_CODE_WIDTH = 4.0


@dataclass(frozen=True)
class Affinity:
    """together, codes: items x items, symmetric or nearly. words: items x words, rows of length 1
    (0: no name).
    """

    together: sparse.csr_matrix
    codes: sparse.csr_matrix
    words: sparse.csr_matrix


def together(histories: Histories, n_items: int) -> sparse.csr_matrix:
    """Cosine between products' sets of buyers, shrunk where buyers are few.

    s_ij = n_ij / sqrt((n_i + 10) (n_j + 10)); the 50 highest of each product are kept.
    """
    ones = np.ones(len(histories.items), dtype=np.float32)
    bought = sparse.csr_matrix(
        (ones, histories.items, histories.indptr), shape=(len(histories), n_items)
    )
    counts = (bought.T @ bought).tocsr()
    scale = sparse.diags(1.0 / np.sqrt(counts.diagonal() + _SHRINK))
    return strongest((scale @ counts @ scale).tocsr(), NEIGHBOURS)


def strongest(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """The ``n`` highest of each row off the diagonal; equal values by column."""
    matrix = matrix.tocsr()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    off = rows != matrix.indices
    rows, columns, values = rows[off], matrix.indices[off], matrix.data[off]
    order = np.lexsort((columns, -values, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    head = place < n
    return sparse.csr_matrix((values[head], (rows[head], columns[head])), shape=matrix.shape)


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
