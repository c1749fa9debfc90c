"""The demo shop's clean sales, as numbers: one row a line."""

import numpy as np
import pandas as pd

from retail_lakehouse.landing.demo.assortment import Catalogue
from retail_lakehouse.landing.demo.customers import DAYS, invoices
from retail_lakehouse.landing.demo.habits import Habits

FIRST_DAY = pd.Timestamp("2009-12-01")
_FIRST_INVOICE = 489434
# A customer buys from the family of their taste so much more than others do.
_TASTE = 12.0
# What people type: a code in lower case, a blank after a name, no name at all.
LOWER, BLANK, NAMELESS = 1, 2, 4


def sales(
    rng: np.random.Generator,
    rows: int,
    catalogue: Catalogue,
    habits: Habits,
    customers: int | None,
) -> pd.DataFrame:
    """Columns as ``ledger`` says, in the order of the invoices."""
    sizes = np.minimum(1 + rng.geometric(1 / habits.basket, size=rows), len(catalogue) // 2)
    count = int(np.searchsorted(sizes.cumsum(), rows)) + 1
    sizes = sizes[:count]
    bought = invoices(rng, count, habits, catalogue.families, customers)
    minute = (bought["day"] * 1440 + (bought["hour"] * 60).round()).astype("int32").to_numpy()
    month = (FIRST_DAY + pd.to_timedelta(np.arange(DAYS + 1), unit="D")).month.to_numpy()
    season = (month % 12 // 3)[minute // 1440]
    taste = bought["taste"].to_numpy()
    item = np.concatenate(
        [
            basket(rng, catalogue, season[place], taste[place], size)
            for place, size in enumerate(sizes)
        ]
    )
    owner = np.repeat(np.arange(count, dtype="int32"), sizes)
    frame = pd.DataFrame(
        {
            "number": _FIRST_INVOICE + owner,
            "item": item.astype("int32"),
            "quantity": (1 + rng.poisson(bought["units"].to_numpy()[owner])).astype("int32"),
            "minute": minute[owner],
            "price": catalogue.prices[item],
            "customer": bought["customer"].to_numpy(dtype="int32")[owner],
            "country": bought["country"].to_numpy(dtype="int8")[owner],
            "typed": _typed(rng.random(len(owner))),
        }
    )
    # Cutting from the front keeps the end of the two years, which lists are made for.
    return frame.iloc[-rows:].reset_index(drop=True)


def _typed(untidy: np.ndarray) -> np.ndarray:
    flags = np.zeros(len(untidy), dtype="int8")
    flags[untidy < 0.02] |= LOWER
    flags[(untidy > 0.02) & (untidy < 0.05)] |= BLANK
    flags[untidy > 0.996] |= NAMELESS
    return flags


def basket(
    rng: np.random.Generator, catalogue: Catalogue, season: int, taste: int, size: int
) -> np.ndarray:
    """So many different products, by demand in the season, those of the taste's family favoured.

    The same draws as NumPy's ``choice`` without replacement makes of the products' chances, in the
    logarithm of the catalogue's size instead of in proportion to it.
    """
    demand = catalogue.demand[season]
    first, last = catalogue.starts[taste], catalogue.starts[taste + 1]
    low = demand[first - 1] if first else 0.0
    extra = (_TASTE - 1.0) * (demand[last - 1] - low)
    total = demand[-1] + extra
    found = np.empty(0, dtype=np.int64)
    starts = widths = np.empty(0)
    while len(found) < size:
        # What was found is taken out of the line on which the next ones are drawn.
        before = np.append(0.0, widths.cumsum())
        point = rng.random(size - len(found)) * (total - before[-1])
        point += before[np.searchsorted(starts - before[:-1], point, side="right")]
        inside = low + (point - low) / _TASTE
        at = np.where(
            point < low, point, np.where(inside < demand[last - 1], inside, point - extra)
        )
        # By rounding, a point at the very end could lie behind it.
        new = np.minimum(np.searchsorted(demand, at, side="right"), len(catalogue) - 1)
        every = np.append(found, new)
        _, once = np.unique(every, return_index=True)
        found = every[np.sort(once)]
        ordered = np.sort(found)
        ends = _favoured(demand[ordered], low, demand[last - 1])
        starts = _favoured(np.where(ordered > 0, demand[ordered - 1], 0.0), low, demand[last - 1])
        widths = ends - starts
    return found


def _favoured(demand: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where a place in the demand lies, once what is between ``low`` and ``high`` is stretched."""
    stretched: np.ndarray = demand + (_TASTE - 1.0) * (np.clip(demand, low, high) - low)
    return stretched
