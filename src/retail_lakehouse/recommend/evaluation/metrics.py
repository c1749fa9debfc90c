"""How good ranked lists are, per customer first, then averaged.

A list is judged at k against the products a customer bought in a window after the cut; the gain of
a product is 1 or 0. Customers without a target are not judged; customers with one and an empty or
short list are, with what they got. Definitions, per customer with T targets and hits h_1..h_k:

- recall: hits / T. precision: hits / k. hit_rate: 1 if any hit.
- ndcg: sum_r h_r / log2(r + 1) over the same sum for a perfect list, min(k, T) hits at the top
  (Jarvelin and Kekalainen 2002, binary gain).
- map: mean of the precision at each hit, over min(k, T) (a perfect list gets 1).
- novelty: mean of -log2 (share of customers who bought the product before the cut) over the
  products of the list (Zhou et al. 2010); NaN for an empty list, left out of the mean.
- coverage, over all judged customers: distinct products in the lists / products of the catalogue.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from retail_lakehouse.recommend.data.ragged_rows import RaggedRows

PER_USER = ("recall", "precision", "ndcg", "map", "hit_rate")
# Places of a list that are judged.
K = 10
NOTHING = -1


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its bootstrap confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Scores:
    """Metrics of one set of lists at k.

    per_user: metric name to a value per judged customer. judged: their rows in the lists.
    coverage: 0 to 1. users: judged customers.
    """

    per_user: dict[str, np.ndarray]
    judged: np.ndarray
    coverage: float
    novelty: float
    users: int

    def mean(self, metric: str) -> float:
        """Mean over judged customers; NaN if there is none."""
        values = self.per_user[metric]
        return float(values.mean()) if len(values) else float("nan")


def list_matrix(
    users: np.ndarray, ranks: np.ndarray, items: np.ndarray, n: int, k: int
) -> np.ndarray:
    """Customers x k item rows from rows of a published table; NOTHING where a list is short.

    users: 0 to n - 1. ranks: from 1; those beyond k are left out.

    >>> list_matrix(np.array([1, 0]), np.array([2, 1]), np.array([7, 5]), n=2, k=2)
    array([[ 5, -1],
           [-1,  7]])
    """
    lists = np.full((n, k), NOTHING, dtype=np.int64)
    head = ranks <= k
    lists[users[head], ranks[head] - 1] = items[head]
    return lists


def hits(lists: np.ndarray, targets: RaggedRows) -> np.ndarray:
    """Customers x k booleans: is the product at this place one of the customer's targets?

    >>> hits(np.array([[4, 7], [7, NOTHING]]), RaggedRows.of([[7], [4]]))
    array([[False,  True],
           [False, False]])
    """
    width = 1 + max(int(lists.max(initial=0)), int(targets.values.max(initial=0)))
    wanted = targets.rows * width + targets.values
    given = np.arange(len(lists))[:, None] * width + lists
    hit: np.ndarray = np.isin(given, wanted) & (lists != NOTHING)
    return hit


def only(targets: RaggedRows, known: RaggedRows, *, repeats: bool) -> RaggedRows:
    """Targets that are among the customer's ``known`` products (repeats), or that are not.

    >>> only(RaggedRows.of([[4, 7]]), RaggedRows.of([[7, 9]]), repeats=False)[0]
    array([4])
    """
    width = 1 + max(int(targets.values.max(initial=0)), int(known.values.max(initial=0)))
    own = np.isin(targets.rows * width + targets.values, known.rows * width + known.values)
    keep = own == repeats
    return RaggedRows.grouped(targets.rows[keep], targets.values[keep], len(targets))


def score(
    lists: np.ndarray,
    targets: RaggedRows,
    *,
    buyers: np.ndarray,
    customers: int,
) -> Scores:
    """Judge ``lists`` (customers x k item rows, NOTHING: empty) against distinct ``targets``.

    buyers: customers who bought each product of the catalogue before the cut, by item row.
    customers: of the shop before the cut.

    >>> scores = score(
    ...     np.array([[4, 7]]), RaggedRows.of([[7]]), buyers=np.array([0] * 8), customers=2
    ... )
    >>> scores.per_user["hit_rate"], scores.per_user["ndcg"].round(3)
    (array([1.]), array([0.631]))
    """
    judged = np.flatnonzero(targets.lengths > 0)
    lists, hit = lists[judged], hits(lists, targets)[judged]
    k = lists.shape[1]
    wanted = targets.lengths[judged]
    reachable = np.minimum(wanted, k)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[reachable]
    n_hits = hit.sum(axis=1)
    precision_at = np.cumsum(hit, axis=1) / np.arange(1, k + 1)
    return Scores(
        per_user={
            "recall": n_hits / wanted,
            "precision": n_hits / max(k, 1),
            "ndcg": (hit @ discount) / ideal,
            "map": (hit * precision_at).sum(axis=1) / reachable,
            "hit_rate": (n_hits > 0).astype(float),
        },
        judged=judged,
        coverage=_coverage(lists, len(buyers)),
        novelty=_novelty(lists, buyers, customers),
        users=len(judged),
    )


def _coverage(lists: np.ndarray, catalogue: int) -> float:
    shown = np.unique(lists[lists != NOTHING])
    return len(shown) / catalogue if catalogue else 0.0


def _novelty(lists: np.ndarray, buyers: np.ndarray, customers: int) -> float:
    given = lists != NOTHING
    some = given.any(axis=1)
    if not some.any():
        return float("nan")
    # A product nobody bought yet is as rare as one that one customer bought.
    surprise = -np.log2(np.maximum(buyers, 1) / max(customers, 1))
    values = np.where(given, surprise[np.where(given, lists, 0)], 0.0)
    per_user = values[some].sum(axis=1) / given[some].sum(axis=1)
    return float(per_user.mean())


@lru_cache(maxsize=8)
def _resamples(n: int, samples: int, seed: int) -> np.ndarray:
    """Samples x n: what each customer weighs in the mean of a draw with replacement."""
    random = np.random.default_rng(seed)
    weights = np.empty((samples, n), dtype=np.float32)
    for row in weights:
        row[:] = np.bincount(random.integers(0, n, n), minlength=n)
    weights /= np.float32(n)
    return weights


def bootstrap(
    values: np.ndarray, *, samples: int = 2000, level: float = 0.95, seed: int = 42
) -> Interval:
    """Percentile bootstrap over customers of the mean of ``values`` (Efron 1979).

    For two sets of lists pass the customers' differences: a paired interval, whose lower end
    above 0 says that the first is better.

    >>> bootstrap(np.array([0.5, 0.5]))
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    if len(values) == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    means = _resamples(len(values), samples, seed) @ values
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.mean()), float(low), float(high))
