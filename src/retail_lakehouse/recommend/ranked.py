"""The three lists of a batch of customers, and why each product is in them, without Spark."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.recommend import features as f
from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.history import Histories, Purchases
from retail_lakehouse.recommend.ranker import Rankers, batches, featured, predict
from retail_lakehouse.recommend.reasons import Reasons, explain
from retail_lakehouse.recommend.retrieve import Pairs
from retail_lakehouse.settings import RecommendSettings

LISTS = ("for_you", "discover", "buy_again")


@dataclass(frozen=True)
class Ranked:
    """Rows of one list: customers by number in the batch and rank from 1, best first.

    items: rows of the catalogue. scores: see ``ranker.predict``; falling within a customer's
    ``for_you`` and ``discover``; ``buy_again`` has the products that are due first.
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
) -> Iterator[Ranked]:
    """Each of LISTS per batch of customers; ``n`` products at most, by default as published.

    Customers without purchases before the cut get what sells now, for their country's taste.
    """
    size = settings.top_n if n is None else n
    for batch in batches(len(purchases)):
        known, pairs, seen = featured(catalogue, purchases.take(batch), settings)
        new = pairs.own < 0
        for_you = predict(rankers.for_you, seen)
        discover = predict(rankers.discover, seen[new])
        everything = np.arange(len(new))
        own = everything[~new]
        waiting = ~is_due(known, pairs.own[own])
        for name, picked, score, later in (
            ("for_you", everything, for_you, np.zeros(len(new), dtype=bool)),
            ("discover", everything[new], discover, np.zeros(int(new.sum()), dtype=bool)),
            ("buy_again", own, for_you[own], waiting),
        ):
            chosen, ranks = best(pairs, picked, score, later, size)
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
    pairs: Pairs, picked: np.ndarray, score: np.ndarray, later: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions in ``picked`` of each customer's first ``n`` and their ranks from 1.

    later: come after those that are not. Equal scores by product, so that a run repeats itself.
    """
    rows = pairs.rows[picked]
    order = np.lexsort((pairs.items[picked], -score, later, rows))
    ranks = np.arange(len(order)) - np.searchsorted(rows[order], rows[order]) + 1
    head = ranks <= n
    return order[head], ranks[head]


def is_due(histories: Histories, own: np.ndarray) -> np.ndarray:
    """Whether at least half the usual time has passed since the last purchase of own products.

    The usual time: between purchases of the product, else between the customer's days of
    purchase; a customer with one day of purchase has none, and everything is due.
    """
    usual = f.own_interval(histories)
    usual = np.where(np.isnan(usual), histories.interval[histories.rows], usual)
    waiting: np.ndarray = (histories.last < usual / 2)[own]
    return ~waiting


def _at(pairs: Pairs, at: np.ndarray) -> Pairs:
    return Pairs(pairs.rows[at], pairs.items[at], pairs.own[at])
