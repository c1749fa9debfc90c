"""Lists and baselines in rolling 30-day windows of silver.sales, without Spark.

    python benchmarks/recommend_windows.py WAREHOUSE [--end 2011-12-10] [--windows 6]

The same code ranks as in the pipeline; only ALS is fitted here in numpy (the equations of
``fold_in``) so that a window takes seconds. Judged are customers with history who bought in the
window: for_you on all they bought, discover on what they had never bought. Everything is as of
the window's start.
"""

import argparse
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from deltalake import DeltaTable

from retail_lakehouse.recommend import affinity, baselines, metrics
from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.factors import ItemFactors
from retail_lakehouse.recommend.fold_in import FoldIn
from retail_lakehouse.recommend.history import NEVER, Histories, Purchases, histories
from retail_lakehouse.recommend.item_table import ItemSales, item_table
from retail_lakehouse.recommend.metrics import NOTHING
from retail_lakehouse.recommend.ragged import Ragged, offsets
from retail_lakehouse.recommend.ranked import LISTS, rank
from retail_lakehouse.recommend.ranker import Sample, train, window_sample
from retail_lakehouse.settings import RecommendSettings

EPOCH = date(1970, 1, 1)
K = 10


class Shop:
    """Purchases, item sales and names, from silver.sales of identified customers."""

    def __init__(self, warehouse: Path) -> None:
        sales = DeltaTable(warehouse / "silver" / "sales").to_pandas(
            columns=[
                *("customer_id", "invoice", "stock_code", "description", "invoice_date"),
                *("unit_price", "country", "reversed_at"),
            ]
        )
        sales = sales[sales["customer_id"].notna()].sort_values("invoice_date", kind="stable")
        sales["day"] = _days(sales["invoice_date"])
        sales["back"] = _days(sales["reversed_at"]).fillna(NEVER).astype(np.int64)
        sales["price"] = sales["unit_price"].astype(float)
        named = sales.dropna(subset="description").groupby("stock_code")["description"].first()
        self.codes = tuple(sorted(sales["stock_code"].unique()))
        self.names = [named.get(code) for code in self.codes]
        sales["item"] = np.searchsorted(np.array(self.codes, dtype=object), sales["stock_code"])
        self.purchases, self.sales = self._arrays(sales)

    def _arrays(self, sales: pd.DataFrame) -> tuple[Purchases, ItemSales]:
        bought = sales.groupby(["customer_id", "invoice", "item"], as_index=False).agg(
            day=("day", "first"), back=("back", "max"), price=("price", "mean")
        )
        bought = bought.sort_values(["customer_id", "day", "invoice", "item"])
        country = sales.groupby("customer_id")["country"].first()
        purchases = Purchases(
            country.to_numpy(dtype=object),
            offsets(bought.groupby("customer_id").size().to_numpy()),
            bought["item"].to_numpy(np.int64),
            bought["day"].to_numpy(np.int64),
            pd.factorize(bought["invoice"])[0],
            bought["price"].to_numpy(float),
            bought["back"].to_numpy(np.int64),
        )
        names = tuple(sorted(country.unique()))
        bought["country"] = np.searchsorted(names, bought["customer_id"].map(country))
        bought["new"] = ~bought.duplicated(["customer_id", "item"])
        days = bought.groupby(["item", "day", "back", "country"], as_index=False).agg(
            invoices=("invoice", "size"), new=("new", "sum"), price=("price", "sum")
        )
        columns = ("item", "day", "back", "country", "invoices", "new", "price")
        return purchases, ItemSales(names, *(days[name].to_numpy() for name in columns))


def _days(times: pd.Series) -> pd.Series:
    return (times.dt.floor("D") - pd.Timestamp(EPOCH, tz="UTC")).dt.days


def fit_als(known: Histories, n_items: int, settings: RecommendSettings) -> np.ndarray:
    """Item factors of implicit ALS on decayed invoices, items x rank."""
    by_customer = Ragged(known.indptr, np.arange(len(known.items)))
    by_item = Ragged.grouped(known.items, np.arange(len(known.items)), n_items)
    random = np.random.default_rng(settings.seed)
    y = np.abs(random.normal(size=(n_items, settings.rank)))
    y /= np.linalg.norm(y, axis=1)[:, None]
    for _ in range(settings.iterations):
        x = _half_step(y, by_customer, known.items, known.decayed, settings)
        y = _half_step(x, by_item, known.rows, known.decayed, settings)
    return y


def _half_step(
    fixed: np.ndarray,
    pairs: Ragged,
    other: np.ndarray,
    ratings: np.ndarray,
    settings: RecommendSettings,
) -> np.ndarray:
    fold_in = FoldIn(ItemFactors((), fixed, settings.alpha, settings.regularization))
    solved = np.zeros((len(pairs), settings.rank))
    for row, own in enumerate(pairs):
        if len(own):
            solved[row] = fold_in.solve(other[own], ratings[own]).factors
    return solved


class Windows:
    """Catalogues and training samples by cut, each made once."""

    def __init__(self, shop: Shop, settings: RecommendSettings) -> None:
        self.shop, self.settings = shop, settings
        self.samples: dict[int, Sample] = {}

    def catalogue(self, cut: int) -> Catalogue:
        """Products as of ``cut``, with ALS fitted on what was bought before."""
        shop, settings = self.shop, self.settings
        n = len(shop.codes)
        known = histories(shop.purchases, cut, settings.half_life_days)
        factors = fit_als(known, n, settings)
        return Catalogue(
            ItemFactors(shop.codes, factors, settings.alpha, settings.regularization),
            item_table(shop.sales, n, cut),
            affinity.Affinity(
                affinity.together(known, n),
                affinity.codes(shop.codes),
                affinity.words(shop.names),
            ),
            settings.half_life_days,
            settings.sold_within_days,
        )

    def sample(self, cut: int) -> Sample:
        """What the window that starts at ``cut`` teaches."""
        if cut not in self.samples:
            shop = self.shop
            self.samples[cut] = window_sample(self.catalogue(cut), shop.purchases, self.settings)
        return self.samples[cut]

    def score(self, cut: int) -> dict[str, metrics.Scores]:
        """Our lists and the baselines in the window that starts at ``cut``."""
        shop, settings = self.shop, self.settings
        bought = shop.purchases.standing(cut, cut + settings.window_days).products()
        before = shop.purchases.standing(0, cut)
        warm = np.flatnonzero((bought.lengths > 0) & (np.diff(before.indptr) > 0))
        targets = Ragged.of([bought[customer] for customer in warm])
        some = shop.purchases.take(warm)
        known = histories(some, cut, settings.half_life_days)
        own = Ragged(known.indptr, known.items)
        new = metrics.only(targets, own, repeats=False)
        again = metrics.only(targets, own, repeats=True)
        table = item_table(shop.sales, len(shop.codes), cut)
        customers = int((np.diff(before.indptr) > 0).sum())

        def judge(lists: np.ndarray, wanted: Ragged) -> metrics.Scores:
            return metrics.score(lists, wanted, buyers=table.total, customers=customers)

        found = _baselines(shop, cut, known, table, own, targets, new, judge, settings)
        steps = range(1, settings.training_windows + 1)
        samples = [self.sample(cut - step * settings.window_days) for step in steps]
        rankers = train(samples, settings)
        if rankers is None:
            raise SystemExit("nothing to learn from before this window")
        lists = {name: np.full((len(warm), K), NOTHING) for name in LISTS}
        for part in rank(self.catalogue(cut), rankers, some, settings, K):
            lists[part.name][part.customers, part.ranks - 1] = part.items
        wanted = {"for_you": targets, "discover": new, "buy_again": again}
        return found | {name: judge(lists[name], wanted[name]) for name in LISTS}


def _baselines(shop, cut, known, table, own, targets, new, judge, settings):
    everyone = histories(shop.purchases, cut, settings.half_life_days)
    n = len(known)
    scores = {
        "popularity": baselines.popularity(table, n),
        "recent": baselines.recent_popularity(table, n),
        "own, then recent": baselines.own_then_recent(known, table),
        "item-kNN": baselines.by_weights(known, baselines.bm25_weights(everyone, len(table))),
        "EASE": baselines.by_weights(known, baselines.ease_weights(everyone, len(table))),
    }
    found = {}
    for name, values in scores.items():
        found[f"{name} | all"] = judge(baselines.lists(values, K), targets)
        found[f"{name} | new"] = judge(baselines.lists(values, K, own), new)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--end", type=date.fromisoformat, default=date(2011, 12, 10))
    parser.add_argument("--windows", type=int, default=6)
    options = parser.parse_args()
    settings = RecommendSettings()
    windows = Windows(Shop(options.warehouse), settings)
    end = (options.end - EPOCH).days
    means: dict[str, list[float]] = {}
    for step in range(1, options.windows + 1):
        cut, began = end - step * settings.window_days, time.monotonic()
        found = windows.score(cut)
        seconds = time.monotonic() - began
        print(f"{EPOCH + timedelta(days=cut)}: {found['for_you'].users} users, {seconds:.0f} s")
        for name, scores in found.items():
            means.setdefault(name, []).append(scores.mean("ndcg"))
            print(f"  {name:24}", *(f"{m} {scores.mean(m):.4f}" for m in metrics.PER_USER))
    print("mean NDCG@10")
    for name, values in means.items():
        print(f"  {name:24} {np.mean(values):.4f}")


if __name__ == "__main__":
    main()
