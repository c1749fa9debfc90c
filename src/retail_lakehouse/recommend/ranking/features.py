"""What the rankers see of a customer and a candidate, as of a cut; the only place it is computed.

Training, publication and serving call ``featured`` with the purchases of their customers, so a
feature cannot mean one thing to the model and another to the list.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.catalogue import Catalogue, Shelf
from retail_lakehouse.recommend.candidates.retrieve import (
    Candidates,
    ShelfScores,
    retrieve,
    shelf_scores,
)
from retail_lakehouse.recommend.data.customer_history import Histories, histories
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.rebuying import age_of
from retail_lakehouse.recommend.ranking.feature_columns import FOR_YOU, Feature
from retail_lakehouse.settings import CandidateSettings

Columns = dict[Feature, np.ndarray]

# The root of a sum of such powers is hardly more than the highest, and is a matrix product.
_POWER = 4


@dataclass(frozen=True)
class Featured:
    """Customers of a batch, their candidates, and a row of FOR_YOU for each of these."""

    histories: Histories
    candidates: Candidates
    features: np.ndarray


def featured(catalogue: Catalogue, purchases: Purchases, settings: CandidateSettings) -> Featured:
    """A batch of customers as of the catalogue's cut."""
    known = histories(purchases, catalogue.stats.cut, catalogue.half_life)
    scores = shelf_scores(catalogue, known)
    candidates = retrieve(scores, settings)
    return Featured(known, candidates, pair_features(catalogue, known, scores, candidates))


def pair_features(
    catalogue: Catalogue, histories: Histories, scores: ShelfScores, candidates: Candidates
) -> np.ndarray:
    """Candidates x FOR_YOU, float32; NaN where there is nothing to tell."""
    columns = {
        **_taste(scores, candidates),
        **_affinities(scores.shelf, histories, candidates),
        **_demand(catalogue, histories, candidates),
        **_price(catalogue, histories, candidates),
        **_customer(histories, candidates),
        **_own(catalogue, histories, candidates),
    }
    return np.stack([columns[feature] for feature in FOR_YOU], axis=1).astype(np.float32)


def _taste(scores: ShelfScores, candidates: Candidates) -> Columns:
    cells = (candidates.rows, scores.shelf.column[candidates.items])
    return {
        Feature.ALS_Z: scores.als_z[cells],
        Feature.ALS: scores.als[cells],
        Feature.CODES: scores.codes[cells],
        Feature.WORDS: scores.words[cells],
    }


def _affinities(shelf: Shelf, histories: Histories, candidates: Candidates) -> Columns:
    """What is bought together, and of late, for each candidate: the mean over the history, weighted
    by decayed invoices; hardly more than that of the nearest product of it; the mean over products
    of the last day.
    """
    columns = shelf.column[candidates.items]

    # Of the catalogue only what these customers bought: its powers are as large as it.
    bought, of_bought = np.unique(histories.items, return_inverse=True)
    near = shelf.near[bought]

    def summed(weights: np.ndarray, near: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        pairs = (weights, of_bought, histories.indptr)
        sums = (sparse.csr_matrix(pairs, shape=(len(histories), len(bought))) @ near).toarray()
        return sums[candidates.rows, columns], sums[candidates.rows, columns + len(shelf)]

    together, lately = summed(histories.share, near)
    nearest, nearest_lately = summed(np.ones(len(histories.items)), near.power(_POWER))
    last_day, last_day_lately = summed(of_last_day(histories), near)
    return {
        Feature.CO_PURCHASE: together,
        Feature.RECENT_CO_PURCHASE: lately,
        Feature.NEAREST: nearest ** (1 / _POWER),
        Feature.RECENT_NEAREST: nearest_lately ** (1 / _POWER),
        Feature.LAST_DAY: last_day,
        Feature.RECENT_LAST_DAY: last_day_lately,
    }


def of_last_day(histories: Histories) -> np.ndarray:
    """Each pair's part of the products that the customer bought on the last day of purchase."""
    on_it = histories.last == histories.recency[histories.rows]
    products = np.bincount(histories.rows, on_it, minlength=len(histories))
    part: np.ndarray = on_it / np.maximum(products, 1.0)[histories.rows]
    return part


def _demand(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> Columns:
    stats = catalogue.stats
    earlier = (stats.sales_90 - stats.sales_30) / 2
    of_items = {
        Feature.AGE: stats.age,
        Feature.DAYS_SINCE_LAST_SALE: stats.days_since_last_sale,
        Feature.SALES_7: level(stats.sales_7),
        Feature.SALES_30: level(stats.sales_30),
        Feature.SALES_90: level(stats.sales_90),
        Feature.NEWCOMERS: level(stats.newcomers),
        Feature.SEASON: level(stats.season),
        Feature.TOTAL: level(stats.total),
        Feature.TREND: np.log((stats.sales_30 + 1) / (earlier + 1)),
        Feature.NEW_SHARE: (stats.newcomers + 1) / (stats.sales_30 + 2),
    }
    return {
        **{feature: values[candidates.items] for feature, values in of_items.items()},
        Feature.COUNTRY: _in_country(catalogue, histories, candidates),
    }


def _in_country(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> np.ndarray:
    """A country nobody bought from yet buys as all do: the last row."""
    stats = catalogue.stats
    row_of = {name: row for row, name in enumerate(stats.country_names)}
    country = np.array([row_of.get(name, -1) for name in histories.countries], dtype=np.int64)
    levels = np.vstack([np.array([level(row) for row in stats.by_country]), level(stats.sales_30)])
    in_country: np.ndarray = levels[country[candidates.rows], candidates.items]
    return in_country


def level(counts: np.ndarray) -> np.ndarray:
    """Log of counts over their mean, so that December and July compare.

    >>> level(np.array([0.0, 2.0])).round(3)
    array([-0.693,  0.405])
    """
    logs: np.ndarray = np.log((counts + 1) / (counts.mean() + 1))
    return logs


def _price(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> Columns:
    price = np.log(catalogue.stats.price)[candidates.items]
    return {
        Feature.PRICE: price,
        Feature.RELATIVE_PRICE: price - histories.log_price[candidates.rows],
    }


def _customer(histories: Histories, candidates: Candidates) -> Columns:
    of_customers = {
        Feature.RECENCY: histories.recency,
        Feature.FREQUENCY: histories.frequency,
        Feature.BREADTH: histories.breadth,
        Feature.TENURE: histories.tenure,
        Feature.INTERVAL: histories.interval,
        Feature.BASKET: histories.basket,
        Feature.ACTIVITY: histories.activity,
        Feature.USUAL_PRICE: histories.log_price,
    }
    return {feature: values[candidates.rows] for feature, values in of_customers.items()}


def _own(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> Columns:
    bought = candidates.is_own
    own = candidates.own[bought]
    interval = histories.own_interval
    share = histories.invoices / histories.frequency[histories.rows]
    again = catalogue.rebuying[histories.items, age_of(histories.last)]
    # Of each own product, and what stands for one that was never bought.
    of_pairs = {
        Feature.OWN_INVOICES: (histories.invoices, 0.0),
        Feature.OWN_DECAYED: (histories.decayed, 0.0),
        Feature.OWN_LAST: (histories.last, np.nan),
        Feature.OWN_FIRST: (histories.first, np.nan),
        Feature.OWN_INTERVAL: (interval, np.nan),
        Feature.OWN_DUE: (histories.last / interval, np.nan),
        Feature.OWN_SHARE: (share, 0.0),
        Feature.OWN_SEASON: (histories.season, 0.0),
        Feature.OWN_OF_BEST: (histories.of_best, 0.0),
        Feature.OWN_OF_ALL: (histories.share, 0.0),
        Feature.OWN_REBUYING: (again, np.nan),
    }
    columns = {}
    for feature, (values, never) in of_pairs.items():
        columns[feature] = np.full(len(candidates), never)
        columns[feature][bought] = values[own]
    return columns
