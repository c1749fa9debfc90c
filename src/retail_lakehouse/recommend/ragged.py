"""Rows of different lengths as two flat arrays, as in a CSR matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """Row ``r`` is ``values[indptr[r]:indptr[r + 1]]``.

    indptr: rows + 1 ascending offsets, from 0. values: one entry per element, any type.
    """

    indptr: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | np.ndarray]) -> "Ragged":
        """From one sequence of whole numbers per row."""
        flat = [np.asarray(row, dtype=np.int64) for row in rows]
        values = np.concatenate(flat) if flat else np.empty(0, dtype=np.int64)
        return cls(offsets(np.array([len(row) for row in flat], dtype=np.int64)), values)

    @classmethod
    def grouped(cls, rows: np.ndarray, values: np.ndarray, n_rows: int) -> "Ragged":
        """From pairs (row, value); values keep their order within a row."""
        order = np.argsort(rows, kind="stable")
        return cls(offsets(np.bincount(rows, minlength=n_rows)), values[order])

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        values: np.ndarray = self.values[self.indptr[row] : self.indptr[row + 1]]
        return values

    @property
    def lengths(self) -> np.ndarray:
        """Elements per row."""
        lengths: np.ndarray = np.diff(self.indptr)
        return lengths

    @property
    def rows(self) -> np.ndarray:
        """The row of each element of ``values``."""
        return np.repeat(np.arange(len(self)), self.lengths)


def offsets(lengths: np.ndarray) -> np.ndarray:
    """``indptr`` of rows with these lengths."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
