"""What the next-basket literature recommends: each customer's own history and that of neighbours.

Each method is a sparse matrix of customers, customers x items, and a way to score some of its rows
by it; scores are dense for the rows that are asked about, so a batch of them is meant. Baskets are
invoices. All of it is fitted on purchases that stand at a cut.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.data.purchases import Purchases

# Scores of some customers, by their rows: as many x items.
Scorer = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Baskets:
    """An entry per customer, basket and product.

    age: days before the cut. number: the basket's among the customer's, the latest is 0. count:
    the customer's baskets.
    """

    shape: tuple[int, int]
    rows: np.ndarray
    items: np.ndarray
    age: np.ndarray
    number: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, standing: Purchases, n_items: int, cut: int) -> "Baskets":
        """From purchases that stand at ``cut``, which are by customer and day."""
        rows = standing.rows
        order = np.lexsort((standing.invoices, standing.days, rows))
        ranked_rows, invoices = rows[order], standing.invoices[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(ranked_rows) != 0) | (np.diff(invoices) != 0)
        basket = np.cumsum(first)
        last_of = np.zeros(len(standing), dtype=np.int64)
        np.maximum.at(last_of, ranked_rows, basket)
        count = np.bincount(ranked_rows[first], minlength=len(standing))
        number = np.empty(len(order), dtype=np.int64)
        number[order] = last_of[ranked_rows] - basket
        age = cut - standing.days
        return cls((len(standing), n_items), rows, standing.items, age, number, count[rows])

    def matrix(self, weights: np.ndarray) -> sparse.csr_matrix:
        """Customers x items: the sum of the entries' weights."""
        made = sparse.coo_matrix((weights, (self.rows, self.items)), shape=self.shape).tocsr()
        made.eliminate_zeros()
        return made


def methods(baskets: Baskets) -> dict[str, Scorer]:
    """Each with what was best on windows of 2010 of Online Retail II: docs/experiments.md.

    Neighbours by cosine are there twice: best on all products, and on products never bought.
    """
    sets, recent = halved(baskets, np.inf), of_last(baskets, 10)
    return {
        "tifu_knn": partial(tifu_knn, grouped(baskets, 3, 1.0, 0.6), neighbours=300, own=0.5),
        "tifu_knn_days": partial(
            tifu_knn, grouped_by_days(baskets, 90, 1.0, 0.6), neighbours=300, own=0.5
        ),
        "up_cf": partial(up_cf, sets, recent, asymmetry=0.75, locality=5.0),
        "cosine_knn": partial(cosine_knn, halved(baskets, 90.0), neighbours=300, own=0.3),
        "cosine_knn_late": partial(cosine_knn, halved(baskets, 30.0), neighbours=100, own=0.3),
    }


def grouped(baskets: Baskets, size: int, within: float, between: float) -> sparse.csr_matrix:
    """Personal item frequency of TIFU-KNN (Hu, He, Gao, Zhang 2020), by basket.

    Baskets fall into groups of ``size`` from the latest on; in a group of m, the i-th from the end
    weighs within^i / m, and of G groups the g-th from the end between^g / G.

    Two baskets in one group, the same product in the earlier one and another in the later one:

    >>> two = Baskets((1, 2), np.zeros(2, int), np.array([0, 1]), np.array([9, 2]),
    ...     np.array([1, 0]), np.array([2, 2]))
    >>> grouped(two, size=7, within=0.5, between=0.1).toarray()
    array([[0.25, 0.5 ]])
    """
    group, earlier = baskets.number // size, baskets.number % size
    groups = -(-baskets.count // size)
    # Only the earliest group may be short.
    full = np.where(group < groups - 1, size, baskets.count - (groups - 1) * size)
    weights = np.power(within, earlier) / full * np.power(between, group) / groups
    return baskets.matrix(weights)


def grouped_by_days(
    baskets: Baskets, days: int, within: float, between: float
) -> sparse.csr_matrix:
    """The same, but groups are spans of ``days`` before the cut, empty ones too.

    A basket weighs within^(weeks since the group's end) and between^group.

    >>> one = Baskets((1, 1), np.zeros(1, int), np.array([0]), np.array([38]), np.zeros(1, int),
    ...     np.ones(1, int))
    >>> grouped_by_days(one, days=30, within=0.5, between=0.1).toarray()
    array([[0.05]])
    """
    group, past = (baskets.age - 1) // days, (baskets.age - 1) % days
    return baskets.matrix(np.power(within, past / 7.0) * np.power(between, group))


def halved(baskets: Baskets, half_life: float) -> sparse.csr_matrix:
    """Baskets with the product, each halved every ``half_life`` days of its age."""
    return baskets.matrix(np.exp2(-baskets.age / half_life))


def of_last(baskets: Baskets, recent: int) -> sparse.csr_matrix:
    """Share of the customer's last ``recent`` baskets that had the product (UWPop@r)."""
    weights = (baskets.number < recent) / np.minimum(baskets.count, recent)
    return baskets.matrix(weights)


def tifu_knn(
    vectors: sparse.csr_matrix, rows: np.ndarray, neighbours: int, own: float
) -> np.ndarray:
    """TIFU-KNN: own x the customer's vector + (1 - own) x the mean vector of the nearest.

    Nearest by Euclidean distance, without the customer; product by product, where a well-known
    library averages a neighbour's vector to one number.

    >>> vectors = sparse.csr_matrix([[1.0, 0.0], [1.0, 1.0], [0.0, 9.0]])
    >>> tifu_knn(vectors, np.array([0]), neighbours=1, own=0.5)
    array([[1. , 0.5]])
    """
    length = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    distance = length[None, :] - 2.0 * (vectors[rows] @ vectors.T).toarray()
    # Who has bought nothing is near everybody.
    distance[:, length == 0] = np.inf
    near = _nearest(-distance, rows, neighbours)
    weights = sparse.csr_matrix(near / np.maximum(near.sum(axis=1, keepdims=True), 1))
    scores: np.ndarray = (own * vectors[rows] + (1.0 - own) * (weights @ vectors)).toarray()
    return scores


def cosine_knn(
    vectors: sparse.csr_matrix, rows: np.ndarray, neighbours: int, own: float
) -> np.ndarray:
    """Own x the customer's vector + (1 - own) x the mean of the nearest, weighted by cosine.

    >>> vectors = sparse.csr_matrix([[1.0, 0.0], [1.0, 1.0], [0.0, 9.0]])
    >>> cosine_knn(vectors, np.array([0]), neighbours=2, own=0.5)
    array([[1. , 0.5]])
    """
    unit = _unit(vectors)
    cosine = (unit[rows] @ unit.T).toarray()
    likeness = np.where(_nearest(cosine, rows, neighbours), np.maximum(cosine, 0.0), 0.0)
    total = likeness.sum(axis=1, keepdims=True)
    weights = sparse.csr_matrix(likeness / np.where(total > 0, total, 1.0))
    scores: np.ndarray = (own * vectors[rows] + (1.0 - own) * (weights @ vectors)).toarray()
    return scores


def up_cf(
    bought: sparse.csr_matrix,
    recent: sparse.csr_matrix,
    rows: np.ndarray,
    asymmetry: float,
    locality: float,
) -> np.ndarray:
    """UP-CF@r (Faggioli, Polato, Aiolli 2020): sum over customers of w^locality x ``recent``.

    w: common products over products of the one to the power ``asymmetry``, of the other to
    1 - ``asymmetry``. The customer is one of them. recent: ``of_last``.

    >>> recent = sparse.csr_matrix([[1.0, 0.0], [0.5, 1.0]])
    >>> up_cf(recent, recent, np.array([0]), asymmetry=0.5, locality=2.0).round(2)
    array([[1.25, 0.5 ]])
    """
    sets = bought.astype(bool).astype(np.float64)
    size = np.maximum(np.asarray(sets.sum(axis=1)).ravel(), 1.0)
    common = (sets[rows] @ sets.T).tocsr()
    likeness = common.multiply(size[rows, None] ** -asymmetry).multiply(
        size[None, :] ** (asymmetry - 1.0)
    )
    scores: np.ndarray = (likeness.tocsr().power(locality) @ recent).toarray()
    return scores


def _unit(vectors: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of length 1; of zeros where there is nothing."""
    length = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    return sparse.diags(1.0 / np.where(length > 0, length, 1.0)) @ vectors


def _nearest(likeness: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Which ``n`` customers are most like each of ``rows``, itself left out; ties: all of them."""
    others = likeness.copy()
    others[np.arange(len(rows)), rows] = -np.inf
    n = min(n, others.shape[1] - 1)
    if n <= 0:
        return np.zeros(others.shape, dtype=bool)
    bound = np.partition(others, others.shape[1] - n, axis=1)[:, -n, None]
    near: np.ndarray = (others >= bound) & np.isfinite(others)
    return near
