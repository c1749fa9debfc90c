"""The three lists of a batch of customers, and why each product is in them, without Spark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Pairs
from retail_lakehouse.recommend.data.customer_history import Purchases
from retail_lakehouse.recommend.ranking.ranker import Rankers, batches, featured, predict
from retail_lakehouse.recommend.ranking.reasons import Reasons, explain
from retail_lakehouse.settings import RecommendSettings

LISTS = ("for_you", "discover", "buy_again")


@dataclass(frozen=True)
class Ranked:
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


def rank(
    catalogue: Catalogue,
    rankers: Rankers,
    purchases: Purchases,
    settings: RecommendSettings,
    n: int | None = None,
    wanted: Sequence[str] = LISTS,
) -> Iterator[Ranked]:
    """Each of the ``wanted`` lists per batch of customers, ``n`` products at most, by default as
    published.

    Customers without purchases before the cut get what sells now, for their country's taste.
    """
    size = settings.top_n if n is None else n
    settings = replace(settings, candidates=max(settings.candidates, size))
    for batch in batches(len(purchases)):
        known, pairs, seen = featured(catalogue, purchases.take(batch), settings)
        own, new = np.flatnonzero(pairs.own >= 0), np.flatnonzero(pairs.own < 0)
        # The list of own products needs no scores of new ones.
        new = new if set(wanted) != {"buy_again"} else new[:0]
        discover = predict(rankers.discover, seen[new])
        # Most of the time goes into the trees: for_you asks about the best of the new ones only.
        hopeful, _ = best(pairs, new, discover, size + settings.extra_candidates)
        mixed = np.sort(np.concatenate([own, new[hopeful]]))
        for_you = predict(rankers.for_you, seen[mixed])
        again = pairs.own[mixed] >= 0
        for name, picked, score in (
            ("for_you", mixed, for_you),
            ("discover", new, discover),
            # What is due is in the score: the ranker knows the usual interval and the last time.
            # A rule that put those bought less than half the interval ago last ranked worse.
            ("buy_again", own, for_you[again]),
        ):
            if name not in wanted:
                continue
            chosen, ranks = best(pairs, picked, score, size)
            at = picked[chosen]
            yield Ranked(
                name,
                batch[pairs.rows[at]],
                ranks,
                pairs.items[at],
                score[chosen],
                explain(
                    catalogue,
                    rankers.discover if name == "discover" else rankers.for_you,
                    known,
                    _at(pairs, at),
                    seen[at],
                ),
            )


def best(
    pairs: Pairs, picked: np.ndarray, score: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions in ``picked`` of each customer's first ``n`` and their ranks from 1.

    Equal scores by product, so that a run repeats itself.
    """
    rows = pairs.rows[picked]
    order = np.lexsort((pairs.items[picked], -score, rows))
    ranks = np.arange(len(order)) - np.searchsorted(rows[order], rows[order]) + 1
    head = ranks <= n
    return order[head], ranks[head]


def _at(pairs: Pairs, at: np.ndarray) -> Pairs:
    return Pairs(pairs.rows[at], pairs.items[at], pairs.own[at])
