"""The highest of scores: of one row, and of each customer."""

import numpy as np


def top_n(scores: np.ndarray, n: int, order: np.ndarray | None = None) -> np.ndarray:
    """Indices of the ``n`` highest scores, best first; equal scores by ``order``, else by index.

    >>> top_n(np.array([1.0, 3.0, 3.0, 2.0]), 3)
    array([1, 2, 3])
    >>> top_n(np.array([1.0, 3.0, 3.0, 2.0]), 1, order=np.array([4, 7, 5, 6]))
    array([2])
    """
    n = min(n, len(scores))
    if n == 0:
        return np.empty(0, dtype=np.intp)
    bound = np.partition(scores, len(scores) - n)[len(scores) - n]
    reached = np.flatnonzero(scores >= bound)
    among_equals = reached if order is None else order[reached]
    return reached[np.lexsort((among_equals, -scores[reached]))][:n]


def add_best(chosen: np.ndarray, among: np.ndarray, scores: np.ndarray, n: int) -> None:
    """Choose each customer's ``n`` products with the highest scores; equal scores by column.

    All are customers x products; ``chosen`` is changed. among: which may be chosen; where they
    are fewer than ``n``, all of them are.

    >>> chosen = np.zeros((1, 4), dtype=bool)
    >>> among = np.array([[True, True, True, False]])
    >>> add_best(chosen, among, np.array([[1.0, 2.0, 2.0, 9.0]]), n=2)
    >>> chosen
    array([[False,  True,  True, False]])
    """
    width = scores.shape[1]
    n = min(n, width)
    if n == 0:
        return
    # Single precision and no sorting: this step is most of the time of a retrieval.
    considered = np.where(among, scores.astype(np.float32), np.float32(-np.inf))
    bound = np.partition(considered, width - n, axis=1)[:, width - n, None]
    best, tied = considered > bound, (considered == bound) & among
    missing = n - best.sum(axis=1)
    crowded = tied.sum(axis=1) > missing
    tied[crowded] &= tied[crowded].cumsum(axis=1) <= missing[crowded, None]
    chosen |= best | tied


def add_first(chosen: np.ndarray, among: np.ndarray, order: np.ndarray, n: int) -> None:
    """The same where all customers have the same scores; ``order``: columns, best first.

    >>> chosen = np.zeros((1, 3), dtype=bool)
    >>> add_first(chosen, np.array([[True, True, False]]), np.array([2, 1, 0]), n=1)
    >>> chosen
    array([[False,  True, False]])
    """
    # No one needs more than n and as many as the customer with the most own products has.
    most = among.shape[1] - int(among.sum(axis=1).min(initial=among.shape[1]))
    order = order[: n + most]
    first = among[:, order]
    first &= first.cumsum(axis=1) <= n
    chosen[:, order] |= first
