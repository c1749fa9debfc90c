"""The lists of a batch of customers, and why each product is in them, without Spark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Candidates, batches
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.ranking.features import Featured, featured
from retail_lakehouse.recommend.ranking.ranker import Rankers, predict
from retail_lakehouse.recommend.ranking.reasons import Reasons, explain
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables.lists import LIST_NAMES, LISTS, ListSpec


@dataclass(frozen=True)
class ItemList:
    """Rows of one list: customers by number in the batch and rank from 1, best first.

    items: rows of the catalogue. scores: see ``ranker.predict``; falling within a
    customer's list.
    """

    name: str
    customers: np.ndarray
    ranks: np.ndarray
    items: np.ndarray
    scores: np.ndarray
    reasons: Reasons


@dataclass(frozen=True)
class Scored:
    """Pairs that a ranker was asked about, as numbers among the candidates, and its scores."""

    pairs: np.ndarray
    scores: np.ndarray

    def where(self, kept: np.ndarray) -> "Scored":
        """Only these of them."""
        return Scored(self.pairs[kept], self.scores[kept])


def item_lists(
    catalogue: Catalogue,
    rankers: Rankers,
    purchases: Purchases,
    settings: RecommendSettings,
    n: int | None = None,
    wanted: Sequence[str] = LIST_NAMES,
) -> Iterator[ItemList]:
    """Each of the ``wanted`` lists per batch of customers, ``n`` products at most, by default as
    published.

    Customers without purchases before the cut get what sells now, for their country's taste.
    """
    size = settings.top_n if n is None else n
    few = replace(settings.candidates, by_als=max(settings.candidates.by_als, size))
    specs = [spec for spec in LISTS if spec.name in wanted]
    for batch in batches(len(purchases), len(catalogue)):
        seen = featured(catalogue, purchases.take(batch), few)
        by_ranker = _scored(rankers, seen, size + few.by_other_signs, specs)
        for spec in specs:
            scored = by_ranker[spec.ranker]
            scored = scored.where(_may_hold(spec, seen, scored.pairs))
            chosen, ranks = best(seen.candidates.take(scored.pairs), scored.scores, size)
            listed = seen.candidates.take(scored.pairs[chosen])
            features = seen.features[scored.pairs[chosen]]
            yield ItemList(
                spec.name,
                batch[listed.rows],
                ranks,
                listed.items,
                scored.scores[chosen],
                explain(catalogue, rankers.of(spec.ranker), seen.histories, listed, features),
            )


def _may_hold(spec: ListSpec, seen: Featured, pairs: np.ndarray) -> np.ndarray:
    """Which of these candidates the list may hold."""
    own = seen.candidates.is_own[pairs]
    # What is due is in the score: the ranker knows the usual interval and the last time. A rule
    # that put those bought less than half the interval ago last in buy_again ranked worse.
    may: dict[str, np.ndarray] = {
        "both": np.full(len(pairs), True),
        "new": ~own,
        "own": own,
    }
    return may[spec.holds]


def _scored(
    rankers: Rankers, seen: Featured, hopeful: int, specs: Sequence[ListSpec]
) -> dict[str, Scored]:
    """What each ranker says. Most of the time goes into this: for_you's is asked only about own
    products and each customer's ``hopeful`` best of the new ones, by discover's.
    """
    candidates, features = seen.candidates, seen.features
    own, new = np.flatnonzero(candidates.is_own), np.flatnonzero(~candidates.is_own)
    # Lists of own products need no scores of new ones.
    new = new if any(spec.holds != "own" for spec in specs) else new[:0]
    discover = Scored(new, predict(rankers.discover, features[new]))
    promising, _ = best(candidates.take(new), discover.scores, hopeful)
    mixed = np.sort(np.concatenate([own, new[promising]]))
    return {
        "discover": discover,
        "for_you": Scored(mixed, predict(rankers.for_you, features[mixed])),
    }


def best(candidates: Candidates, scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of each customer's first ``n`` candidates and their ranks from 1.

    Equal scores by product, so that a run repeats itself.

    >>> pairs = Candidates(rows=np.array([0, 0, 1]), items=np.array([4, 7, 4]), own=np.zeros(3))
    >>> best(pairs, np.array([0.1, 0.2, 0.3]), n=1)
    (array([1, 2]), array([1, 1]))
    """
    order = np.lexsort((candidates.items, -scores, candidates.rows))
    rows = candidates.rows[order]
    ranks = np.arange(len(order)) - np.searchsorted(rows, rows) + 1
    head = ranks <= n
    return order[head], ranks[head]
