"""Lists and baselines judged on a window: what was recommended before, against what was bought.

Full catalogue, no sampled negatives; a list is judged as it is published. Customers are those
with history who bought in the window; buyers without history are counted, as cold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.data.customer_history import Histories, histories
from retail_lakehouse.recommend.data.item_stats import ItemTable, item_table
from retail_lakehouse.recommend.data.ragged_rows import Ragged
from retail_lakehouse.recommend.data.training_data import Shop
from retail_lakehouse.recommend.evaluation import baselines, metrics
from retail_lakehouse.recommend.evaluation.metrics import Interval, Scores
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.ranking.item_lists import LISTS
from retail_lakehouse.settings import RecommendSettings

# Places of a list that are judged.
K = 10
# What a list promises is what it is judged on: products by whether the customer had them before.
ALL, NEW, REPEAT = "all", "new", "repeat"
PROMISE = {"for_you": ALL, "discover": NEW, "buy_again": REPEAT}


@dataclass(frozen=True)
class Judged:
    """Customers to judge by, and what they bought in the window of ``days`` from ``start``.

    rows: of ``shop.customers``. targets: by scope, distinct rows of the whole catalogue per
    customer. table, everyone, known, own: as of the start; of all products sold before it, of all
    sampled customers, of the judged ones, and their products. cold: buyers without history, as a
    share of all buyers of the window.
    """

    shop: Shop
    start: int
    days: int
    rows: np.ndarray
    targets: dict[str, Ragged]
    table: ItemTable
    everyone: Histories
    known: Histories
    own: Ragged
    cold: float

    @classmethod
    def of(cls, shop: Shop, start: int, settings: RecommendSettings) -> "Judged":
        """From the shop's customer sample."""
        days = settings.window_days
        window = shop.purchases.standing(start, start + days)
        everyone = histories(shop.purchases, start, settings.half_life_days)
        buyers, warm = np.diff(window.indptr) > 0, np.diff(everyone.indptr) > 0
        rows = np.flatnonzero(buyers & warm)
        known = histories(shop.purchases.take(rows), start, settings.half_life_days)
        own = Ragged(known.indptr, known.items)
        bought = window.take(rows).products()
        return cls(
            shop=shop,
            start=start,
            days=days,
            rows=rows,
            targets={
                ALL: bought,
                NEW: metrics.only(bought, own, repeats=False),
                REPEAT: metrics.only(bought, own, repeats=True),
            },
            table=item_table(shop.sales, shop.products.before(start), start),
            everyone=everyone,
            known=known,
            own=own,
            cold=float(1 - len(rows) / buyers.sum()) if buyers.any() else 0.0,
        )

    def __len__(self) -> int:
        return len(self.rows)

    def score(self, lists: np.ndarray, scope: str) -> Scores:
        """``lists``: judged customers x k rows of the catalogue."""
        width = len(self.table)
        buyers = np.bincount(self.everyone.items, minlength=width)
        customers = int((np.diff(self.everyone.indptr) > 0).sum())
        return metrics.score(lists, self.targets[scope], buyers=buyers, customers=customers)

    def promised(self, lists: Mapping[str, np.ndarray]) -> dict[tuple[str, str], Scores]:
        """Scores of our lists, each on what it promises, by ranking and scope."""
        return {
            (name, PROMISE[name]): self.score(made, PROMISE[name]) for name, made in lists.items()
        }

    def compared(
        self, rankings: Mapping[str, Mapping[str, np.ndarray]]
    ) -> dict[tuple[str, str], Scores]:
        """Scores of rankings that have a list for each of their scopes (see ``by_scores``)."""
        return {
            (name, scope): self.score(lists, scope)
            for name, by_scope in rankings.items()
            for scope, lists in by_scope.items()
        }

    def made(self, model: Recommender, k: int) -> dict[str, np.ndarray]:
        """Lists that ``model`` makes for the judged customers, by name."""
        purchases = self.shop.purchases.take(self.rows)
        return self.published(model.lists(self.shop.customers[self.rows], purchases, k), k)

    def published(self, rows: pd.DataFrame, k: int) -> dict[str, np.ndarray]:
        """Lists of the judged customers out of rows of gold.recommendations, by name."""
        place = pd.Index(self.shop.customers[self.rows])
        number = {code: row for row, code in enumerate(self.shop.products.codes)}
        rows = rows[rows["customer_id"].isin(place)]
        found = {}
        for name in LISTS:
            part = rows[rows["list"] == name]
            items = part["stock_code"].map(number).to_numpy(np.int64)
            users = place.get_indexer(part["customer_id"])
            found[name] = metrics.list_matrix(
                users, part["rank"].to_numpy(np.int64), items, len(self), k
            )
        return found

    def trivial(self, k: int) -> dict[str, dict[str, np.ndarray]]:
        """What a shop has today, by baseline and scope; the gate's two, and more of their kind."""
        n = len(self)
        return {
            "popularity": self.by_scores(baselines.popularity(self.table, n), k),
            "recent_popularity": self.by_scores(baselines.recent_popularity(self.table, n), k),
            "first_time_buyers": self.by_scores(
                np.broadcast_to(self.table.newcomers, (n, len(self.table))), k
            ),
            "own_then_recent": self.by_scores(baselines.own_then_recent(self.known, self.table), k),
        }

    def trained(self, k: int) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Baselines that learn from all customers: item-kNN and EASE."""
        n = len(self.table)
        for name, weights in (
            ("item_knn", baselines.bm25_weights(self.everyone, n)),
            ("ease", baselines.ease_weights(self.everyone, n)),
        ):
            yield name, self.by_scores(baselines.by_weights(self.known, weights), k)

    def by_als(self, catalogue: Catalogue, k: int) -> dict[str, np.ndarray]:
        """ALS alone, as it is fitted for the catalogue."""
        scores = catalogue.customer_factors(self.known) @ catalogue.factors.factors.T
        return self.by_scores(scores, k)

    def by_scores(self, scores: np.ndarray, k: int) -> dict[str, np.ndarray]:
        """Lists of everything, and of what each customer did not have, by scope.

        scores: judged customers x products of the catalogue.
        """
        return {ALL: baselines.lists(scores, k), NEW: baselines.lists(scores, k, self.own)}


def ndcg(scores: Mapping[tuple[str, str], Scores]) -> dict[str, float]:
    """Mean NDCG by ranking and scope, under the names that MLflow's metrics have."""
    return {
        f"ndcg_at_{K}.{ranking}.{scope}": found.mean("ndcg")
        for (ranking, scope), found in scores.items()
        if found.users
    }


@dataclass(frozen=True)
class Verdict:
    """A list against what it must beat, on the same customers.

    ndcg, rival_ndcg: means of NDCG@k. gain: mean difference with its 95 % bootstrap interval.
    """

    name: str
    rival: str
    users: int
    ndcg: float
    rival_ndcg: float
    gain: Interval


def compare(name: str, ours: Scores, rival: str, theirs: Scores) -> Verdict:
    """Paired by customer: both must be scores of the same ``Judged`` and scope."""
    return Verdict(
        name,
        rival,
        ours.users,
        ours.mean("ndcg"),
        theirs.mean("ndcg"),
        metrics.bootstrap(ours.per_user["ndcg"] - theirs.per_user["ndcg"]),
    )
