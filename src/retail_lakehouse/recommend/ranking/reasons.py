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

from retail_lakehouse.recommend.ranking import features as f
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Pairs
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.ranking.ranker import Ranker, predict

RHYTHM, OWN, BECAUSE, COUNTRY, POPULAR, NEW = range(6)
# A country's own sales are named as a reason from this many invoices in 30 days.
SUPPORT = 3
_NEW_DAYS = 30
# Nearer together, invoices are one order in parts: two on the same day are no "every day".
RHYTHM_DAYS = 7.0


@dataclass(frozen=True)
class Reasons:
    """One per row of a list.

    kind: RHYTHM to NEW. item: row of the product that explains it: the product itself if own, one
    of the history for BECAUSE, else -1. number: days between purchases for RHYTHM, invoices for
    OWN, else 0. country: of the customer.
    """

    kind: np.ndarray
    item: np.ndarray
    number: np.ndarray
    country: np.ndarray


def explain(
    catalogue: Catalogue, model: Ranker, histories: Histories, pairs: Pairs, seen: np.ndarray
) -> Reasons:
    """Reasons of the pairs of a finished list; ``model``: that ranked it, ``seen``: features."""
    n = len(pairs.rows)
    kind, item, number = np.full(n, POPULAR), np.full(n, -1), np.zeros(n)
    mine = pairs.own >= 0
    own = pairs.own[mine]
    interval = f.own_interval(histories)[own]
    # One invoice has no interval, NaN, and no rhythm.
    rhythm = interval >= RHYTHM_DAYS
    kind[mine] = np.where(rhythm, RHYTHM, OWN)
    item[mine] = pairs.items[mine]
    number[mine] = np.where(rhythm, interval, histories.invoices[own])

    other = np.flatnonzero(~mine)
    taste = _drop(model, seen[other], f.TASTE) > _drop(model, seen[other], f.DEMAND)
    because = _strongest(catalogue, histories, pairs, other[taste])
    item[other[taste]] = because
    kind[other[taste]] = np.where(because >= 0, BECAUSE, POPULAR)
    rest = other[kind[other] == POPULAR]
    kind[rest] = _demand(catalogue, histories, pairs, rest)
    return Reasons(kind, item, number, histories.countries[pairs.rows])


def _drop(model: Ranker, seen: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """How much the log odds fall when these features say nothing for or against the product."""
    without = seen.copy()
    for name in names:
        column = f.FOR_YOU.index(name)
        without[:, column] = np.nan if name in {"age", "idle"} else _NEUTRAL.get(name, 0.0)
    full, less = (np.clip(predict(model, x), 1e-9, 1 - 1e-9) for x in (seen, without))
    fall: np.ndarray = np.log(full / (1 - full)) - np.log(less / (1 - less))
    return fall


# What says nothing: no affinity, unknown days, and the counts of an average product, whose log
# level is 0 and half of whose buyers are new.
_NEUTRAL = {"new_share": 0.5}


def _strongest(
    catalogue: Catalogue, histories: Histories, pairs: Pairs, at: np.ndarray
) -> np.ndarray:
    """The product of each customer's history that adds most to the pair's ALS score, or -1."""
    found = np.full(len(at), -1)
    factors = catalogue.factors.factors
    for row in np.unique(pairs.rows[at]):
        start, end = histories.indptr[row], histories.indptr[row + 1]
        mine = np.flatnonzero(pairs.rows[at] == row)
        if end > start:
            items = histories.items[start:end]
            folded = catalogue.fold_in.solve(items, histories.decayed[start:end])
            parts = folded.contributions(factors[pairs.items[at[mine]]])
            top = parts.argmax(axis=1)
            adds = parts[np.arange(len(mine)), top] > 0
            found[mine] = np.where(adds, items[top], -1)
    return found


def _demand(catalogue: Catalogue, histories: Histories, pairs: Pairs, at: np.ndarray) -> np.ndarray:
    table = catalogue.table
    items = pairs.items[at]
    index = {name: row for row, name in enumerate(table.country_names)}
    country = np.array(
        [index.get(name, -1) for name in histories.countries[pairs.rows[at]]], dtype=np.int64
    )
    sold = np.zeros(len(at))
    known = country >= 0
    sold[known] = table.by_country[country[known], items[known]]
    return np.select(
        [table.age[items] <= _NEW_DAYS, sold >= SUPPORT], [NEW, COUNTRY], default=POPULAR
    )


def phrase(kind: int, name: str, number: float, country: str | None) -> str:
    """A reason in words; ``name``: of the product that explains it."""
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
    """An interval as people say it: days up to two weeks, weeks up to three months, months."""
    for unit, length, limit in (("day", 1.0, 14.0), ("week", 7.0, 91.0), ("month", 30.44, np.inf)):
        if days < limit:
            count = max(1, round(days / length))
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    raise ValueError(f"{days} is no interval")
