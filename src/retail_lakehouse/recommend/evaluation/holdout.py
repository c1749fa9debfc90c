"""Lists and baselines judged on a window: what was recommended before, against what was bought.

Full catalogue, no sampled negatives; a list is judged as it is published. Customers are those
with history who bought in the window; buyers without history are counted, as cold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import batches
from retail_lakehouse.recommend.data.customer_history import Histories, histories
from retail_lakehouse.recommend.data.item_stats import ItemStats, item_stats
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.data.training_data import TrainingData
from retail_lakehouse.recommend.evaluation import baselines, metrics, next_basket
from retail_lakehouse.recommend.evaluation.metrics import K, Scores
from retail_lakehouse.recommend.evaluation.next_basket import Baskets, Scorer
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import ALL, LIST_NAMES, NEW, REPEAT, SCOPE_OF

# Most products of which matrices of all by all are made: each of 8,000 is 512 MB, and EASE holds
# three of them.
MOST_SQUARED = 8_000
# Scores by ranking (a list, or a baseline) and scope.
ScoresOf = dict[tuple[str, str], Scores]


@dataclass(frozen=True)
class Holdout:
    """Customers to judge by, and what they bought in the window of ``days`` from ``start``.

    rows: of ``data.customers``. targets: by scope, distinct rows of the whole catalogue per
    customer. stats, everyone, known, own: as of the start; of all products sold before it, of all
    sampled customers, of the judged ones, and their products. cold: buyers without history, as a
    share of all buyers of the window.
    """

    data: TrainingData
    start: int
    days: int
    rows: np.ndarray
    targets: dict[str, RaggedRows]
    stats: ItemStats
    everyone: Histories
    known: Histories
    own: RaggedRows
    cold: float

    @classmethod
    def of(cls, data: TrainingData, start: int, settings: RecommendSettings) -> "Holdout":
        """From the shop's customer sample."""
        days, half_life = settings.windows.days, settings.als.half_life_days
        window = data.purchases.standing(start, start + days)
        everyone = histories(data.purchases, start, half_life)
        buyers, warm = window.lengths > 0, everyone.lengths > 0
        rows = np.flatnonzero(buyers & warm)
        known = histories(data.purchases.take(rows), start, half_life)
        own = RaggedRows(known.indptr, known.items)
        return cls(
            data=data,
            start=start,
            days=days,
            rows=rows,
            targets=_targets(window.take(rows).products(), own),
            stats=item_stats(data.sales, data.products.before(start), start),
            everyone=everyone,
            known=known,
            own=own,
            cold=float(1 - len(rows) / buyers.sum()) if buyers.any() else 0.0,
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def customers(self) -> np.ndarray:
        """Ids of the judged customers."""
        ids: np.ndarray = self.data.customers[self.rows]
        return ids

    @property
    def purchases(self) -> Purchases:
        """All of theirs; a model looks at those before its cut."""
        return self.data.purchases.take(self.rows)

    def score(self, lists: np.ndarray, scope: str) -> Scores:
        """``lists``: judged customers x k rows of the catalogue."""
        buyers = np.bincount(self.everyone.items, minlength=len(self.stats))
        customers = int((self.everyone.lengths > 0).sum())
        return metrics.score(lists, self.targets[scope], buyers=buyers, customers=customers)

    def promised(self, lists: Mapping[str, np.ndarray]) -> ScoresOf:
        """Scores of our lists, each on the scope that it is judged in."""
        return {
            (name, SCOPE_OF[name]): self.score(made, SCOPE_OF[name]) for name, made in lists.items()
        }

    def compared(self, rankings: Mapping[str, Mapping[str, np.ndarray]]) -> ScoresOf:
        """Scores of rankings that have a list for each of their scopes (see ``by_scores``)."""
        return {
            (name, scope): self.score(lists, scope)
            for name, by_scope in rankings.items()
            for scope, lists in by_scope.items()
        }

    def published(self, rows: pd.DataFrame, k: int) -> dict[str, np.ndarray]:
        """Lists of the judged customers out of rows of gold.recommendations, by name."""
        judged = pd.Index(self.customers)
        item_of = {code: row for row, code in enumerate(self.data.products.codes)}
        rows = rows[rows[c.CUSTOMER_ID].isin(judged)]
        lists = {}
        for name in LIST_NAMES:
            part = rows[rows[c.LIST] == name]
            items = part[c.STOCK_CODE].map(item_of).to_numpy(np.int64)
            users = judged.get_indexer(pd.Index(part[c.CUSTOMER_ID]))
            ranks = part[c.RANK].to_numpy(np.int64)
            lists[name] = metrics.list_matrix(users, ranks, items, len(self), k)
        return lists

    def trivial(self, k: int) -> dict[str, dict[str, np.ndarray]]:
        """What a shop has today, by baseline and scope; the gates' two, and more of their kind."""
        stats, invoices = self.stats, self.known.matrix(self.known.invoices, len(self.stats))
        scores_of: dict[str, Scorer] = {
            "popularity": lambda batch: baselines.popularity(stats, len(batch)),
            "recent_popularity": lambda batch: baselines.recent_popularity(stats, len(batch)),
            "first_time_buyers": lambda batch: baselines.first_time_buyers(stats, len(batch)),
            "own_then_recent": lambda batch: baselines.own_then_recent(invoices[batch], stats),
        }
        return {name: self.by_scores(scores, k) for name, scores in scores_of.items()}

    def trained(self, k: int) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Baselines that learn from all customers: item-kNN and EASE.

        None for a catalogue of which ``left_out`` has something to say.
        """
        n = len(self.stats)
        if left_out(n):
            return
        bought = self.known.matrix(np.ones(len(self.known.items)), n)
        for name, weights in (
            ("item_knn", baselines.bm25_weights(self.everyone, n)),
            ("ease", baselines.ease_weights(self.everyone, n)),
        ):
            yield name, self.by_scores(partial(baselines.by_weights, bought, weights), k)

    def neighbours(self, k: int) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """The literature of next baskets."""
        before = self.data.purchases.standing(0, self.start)
        baskets = Baskets.of(before, len(self.stats), self.start)
        for name, scores_of in next_basket.methods(baskets).items():
            yield name, self.by_scores(partial(self._asked, scores_of), k)

    def _asked(self, scores_of: Scorer, batch: np.ndarray) -> np.ndarray:
        """By the numbers that the sample has for its customers."""
        return scores_of(self.rows[batch])

    def by_als(self, catalogue: Catalogue, k: int) -> dict[str, np.ndarray]:
        """ALS alone, as it is fitted for the catalogue."""
        customers, products = catalogue.customer_factors(self.known), catalogue.factors.factors
        return self.by_scores(lambda batch: customers[batch] @ products.T, k)

    def by_scores(self, scores_of: Scorer, k: int) -> dict[str, np.ndarray]:
        """Lists of everything, and of what each customer did not have, by scope.

        scores_of: some of the judged customers, by number, x products of the catalogue. All
        customers by all products are more than a machine may hold.
        """
        parts = [(np.empty((0, k), np.int64), np.empty((0, k), np.int64))]
        for batch in batches(len(self), len(self.stats)):
            scores, own = scores_of(batch), RaggedRows.of([self.own[row] for row in batch])
            parts.append((baselines.lists(scores, k), baselines.lists(scores, k, own)))
        every, new = map(np.concatenate, zip(*parts, strict=True))
        return {ALL: every, NEW: new}


def left_out(products: int) -> str:
    """A word on the baselines that a catalogue is too large for; empty where it is not.

    >>> left_out(5_000)
    ''
    """
    if products <= MOST_SQUARED:
        return ""
    return (
        f"item-kNN and EASE are left out: they hold all {products:,} products by all, which is "
        f"done for {MOST_SQUARED:,} at most"
    )


def _targets(bought: RaggedRows, own: RaggedRows) -> dict[str, RaggedRows]:
    return {
        ALL: bought,
        NEW: metrics.only(bought, own, repeats=False),
        REPEAT: metrics.only(bought, own, repeats=True),
    }


def ndcg(scores: Mapping[tuple[str, str], Scores]) -> dict[str, float]:
    """Mean NDCG by ranking and scope, under the names that MLflow's metrics have."""
    return {
        f"ndcg_at_{K}.{ranking}.{scope}": judged.mean("ndcg")
        for (ranking, scope), judged in scores.items()
        if judged.users
    }
