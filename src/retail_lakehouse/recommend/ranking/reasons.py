"""Why a product is in a list, from the terms of the model that put it there.

Own products are explained by the purchases themselves. For the others the ranker is asked with
the customer's taste taken out of the features, and with the shop's sales taken out: what lowers the
odds more is the reason. Taste is told by the product of the history that adds most to the ALS score
(Hu, Koren, Volinsky 2008, section 5). Where none adds to it, and for the shop's sales, the reason
is the first that is true: new, sold in the customer's country, popular.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Candidates
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.ranking.columns import COLUMN, DEMAND, TASTE, Feature
from retail_lakehouse.recommend.ranking.ranker import Ranker, predict

RHYTHM, OWN, BECAUSE, COUNTRY, POPULAR, NEW = range(6)
# A country's own sales are named as a reason from this many invoices in 30 days.
SUPPORT = 3
_NEW_DAYS = 30
# Nearer together, invoices are one order in parts: two on the same day are no "every day".
RHYTHM_DAYS = 7.0


@dataclass(frozen=True)
class Reasons:
    """An entry per row of a list.

    kind: RHYTHM to NEW. item: row of the product that explains it: the product itself if own, one
    of the history for BECAUSE, else -1. number: days between purchases for RHYTHM, invoices for
    OWN, else 0. country: of the customer.
    """

    kind: np.ndarray
    item: np.ndarray
    number: np.ndarray
    country: np.ndarray


def explain(
    catalogue: Catalogue,
    model: Ranker,
    histories: Histories,
    candidates: Candidates,
    features: np.ndarray,
) -> Reasons:
    """Reasons of the pairs of a finished list; ``model``: that ranked it."""
    n = len(candidates)
    kind, item, number = np.full(n, POPULAR), np.full(n, -1), np.zeros(n)
    mine = candidates.is_own
    kind[mine], number[mine] = _of_own(histories, candidates.own[mine])
    item[mine] = candidates.items[mine]

    other = np.flatnonzero(~mine)
    by_taste = _drop(model, features[other], TASTE) > _drop(model, features[other], DEMAND)
    because = _strongest(catalogue, histories, candidates.take(other[by_taste]))
    item[other[by_taste]] = because
    kind[other[by_taste]] = np.where(because >= 0, BECAUSE, POPULAR)
    rest = other[kind[other] == POPULAR]
    kind[rest] = _demand(catalogue, histories, candidates.take(rest))
    return Reasons(kind, item, number, histories.countries[candidates.rows])


def _of_own(histories: Histories, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kind and number of own pairs. An invoice alone has no interval, NaN, and no rhythm."""
    interval = histories.own_interval[own]
    rhythm = interval >= RHYTHM_DAYS
    return (
        np.where(rhythm, RHYTHM, OWN),
        np.where(rhythm, interval, histories.invoices[own]),
    )


def _drop(model: Ranker, features: np.ndarray, without: Sequence[Feature]) -> np.ndarray:
    """How much the log odds fall when these features say nothing for or against the product."""
    neutral = features.copy()
    for feature in without:
        neutral[:, COLUMN[feature]] = _NEUTRAL.get(feature, 0.0)
    fall: np.ndarray = _log_odds(predict(model, features)) - _log_odds(predict(model, neutral))
    return fall


def _log_odds(chance: np.ndarray) -> np.ndarray:
    """Finite for chances of 0 and 1 too.

    >>> _log_odds(np.array([0.5, 0.0])).round(1)
    array([  0. , -20.7])
    """
    clipped = np.clip(chance, 1e-9, 1 - 1e-9)
    odds: np.ndarray = np.log(clipped / (1 - clipped))
    return odds


# What says nothing: no affinity, unknown days, and the counts of an average product, whose log
# level is 0 and half of whose buyers are new.
_NEUTRAL = {Feature.AGE: np.nan, Feature.DAYS_SINCE_LAST_SALE: np.nan, Feature.NEW_SHARE: 0.5}


def _strongest(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> np.ndarray:
    """The product of each customer's history that adds most to the pair's ALS score, or -1."""
    strongest = np.full(len(candidates), -1)
    factors = catalogue.factors.factors
    for row in np.unique(candidates.rows):
        history = slice(histories.indptr[row], histories.indptr[row + 1])
        mine = np.flatnonzero(candidates.rows == row)
        if history.stop > history.start:
            items = histories.items[history]
            folded = catalogue.fold_in.solve(items, histories.decayed[history])
            parts = folded.contributions(factors[candidates.items[mine]])
            top = parts.argmax(axis=1)
            adds = parts[np.arange(len(mine)), top] > 0
            strongest[mine] = np.where(adds, items[top], -1)
    return strongest


def _demand(catalogue: Catalogue, histories: Histories, candidates: Candidates) -> np.ndarray:
    stats, items = catalogue.stats, candidates.items
    row_of = {name: row for row, name in enumerate(stats.country_names)}
    country = np.array(
        [row_of.get(name, -1) for name in histories.countries[candidates.rows]], dtype=np.int64
    )
    sold = np.zeros(len(candidates))
    known = country >= 0
    sold[known] = stats.by_country[country[known], items[known]]
    return np.select(
        [stats.age[items] <= _NEW_DAYS, sold >= SUPPORT], [NEW, COUNTRY], default=POPULAR
    )


def phrase(kind: int, name: str, number: float, country: str | None) -> str:
    """A reason in words; ``name``: of the product that explains it.

    >>> phrase(BECAUSE, "TEA CUP", 0.0, "France")
    'because you bought TEA CUP'
    """
    if kind == RHYTHM:
        return f"you buy this about {every(number)}"
    if kind == OWN:
        return "you bought this once" if number == 1 else f"you bought this {number:.0f} times"
    if kind == BECAUSE:
        return f"because you bought {name}"
    if kind == NEW:
        return "new this month"
    return f"popular in {country} this month" if kind == COUNTRY and country else "popular now"


def every(days: float) -> str:
    """An interval as people say it: days up to two weeks, weeks up to three months, months.

    ValueError for one that is no number of days.

    >>> every(7.0), every(42.0)
    ('every 7 days', 'every 6 weeks')
    """
    for unit, length, limit in (("day", 1.0, 14.0), ("week", 7.0, 91.0), ("month", 30.44, np.inf)):
        if days < limit:
            count = max(1, round(days / length))
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    raise ValueError(f"{days} is no interval")
