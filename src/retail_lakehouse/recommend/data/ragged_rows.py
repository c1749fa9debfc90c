"""Rows of different lengths as two flat arrays, as in a CSR matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


class Ragged:
    """What has rows of different lengths: ``indptr``, rows + 1 ascending offsets, from 0."""

    indptr: np.ndarray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Elements per row."""
        lengths: np.ndarray = np.diff(self.indptr)
        return lengths

    @property
    def rows(self) -> np.ndarray:
        """The row of each element."""
        return rows_of(self.indptr)


@dataclass(frozen=True)
class RaggedRows(Ragged):
    """Row ``r`` is ``values[indptr[r]:indptr[r + 1]]``.

    indptr: rows + 1 ascending offsets, from 0. values: an entry per element, any type.

    >>> products = RaggedRows.of([[3, 1], [], [2]])
    >>> products.indptr, products.values
    (array([0, 2, 2, 3]), array([3, 1, 2]))
    >>> products[0], len(products)
    (array([3, 1]), 3)
    """

    indptr: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | np.ndarray]) -> "RaggedRows":
        """From a sequence of whole numbers per row."""
        flat = [np.asarray(row, dtype=np.int64) for row in rows]
        values = np.concatenate(flat) if flat else np.empty(0, dtype=np.int64)
        return cls(offsets(np.array([len(row) for row in flat], dtype=np.int64)), values)

    @classmethod
    def grouped(cls, rows: np.ndarray, values: np.ndarray, n_rows: int) -> "RaggedRows":
        """From pairs (row, value); values keep their order within a row.

        >>> RaggedRows.grouped(np.array([2, 0, 2]), np.array([7, 8, 9]), n_rows=3)[2]
        array([7, 9])
        """
        order = np.argsort(rows, kind="stable")
        return cls(offsets(np.bincount(rows, minlength=n_rows)), values[order])

    def __getitem__(self, row: int) -> np.ndarray:
        values: np.ndarray = self.values[self.indptr[row] : self.indptr[row + 1]]
        return values


def offsets(lengths: np.ndarray) -> np.ndarray:
    """``indptr`` of rows with these lengths.

    >>> offsets(np.array([2, 0, 1]))
    array([0, 2, 2, 3])
    """
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def rows_of(indptr: np.ndarray) -> np.ndarray:
    """The row of each element.

    >>> rows_of(np.array([0, 2, 2, 3]))
    array([0, 0, 2])
    """
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
