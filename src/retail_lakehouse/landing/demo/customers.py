"""Who buys from the demo shop, and when."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo.habits import Habits

DAYS = 739  # from 2009-12-01 to 2011-12-09, as in the real data
NOBODY = 0
COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE", "Netherlands", "Spain")
_COUNTRY_SHARES = (0.88, 0.035, 0.035, 0.02, 0.015, 0.015)
_FIRST_CUSTOMER = 12346
_COLUMNS = ("day", "hour", "customer", "country", "taste", "units")


def invoices(
    rng: np.random.Generator, count: int, habits: Habits, families: int, customers: int | None
) -> pd.DataFrame:
    """One row per invoice: day, hour, customer (or nobody), country, taste (a family), units.

    customers: how many are named on them; None: as many as the shop's habits give.
    """
    if customers is None and habits.invoices is not None:
        customers = max(count // habits.invoices, 1)
    if customers is None:
        found = _as_they_come(rng, count, habits, families)
    else:
        found = _of_so_many(rng, count, habits, families, customers)
    return found.sort_values(["day", "hour"], ignore_index=True)


def _as_they_come(
    rng: np.random.Generator, count: int, habits: Habits, families: int
) -> pd.DataFrame:
    shares = [kind.share for kind in habits.kinds]
    # One number after the other: what an earlier customer draws moves all that come later.
    found: list[tuple[float, float, int, int, int, float]] = []
    customer = _FIRST_CUSTOMER
    while len(found) < count:
        kind = habits.kinds[rng.choice(len(habits.kinds), p=shares)]
        start = rng.uniform(*kind.start) * DAYS
        length = rng.uniform(*kind.length) * DAYS
        many = 1 + rng.poisson(kind.invoices * length / 365)
        days = start + rng.uniform(0, max(length, 1.0), many)
        country = int(rng.choice(len(COUNTRIES), p=_COUNTRY_SHARES))
        taste = int(rng.integers(families))
        hours = rng.uniform(8, 18, many)
        known = rng.random() > kind.anonymous
        named = customer if known else NOBODY
        found += [
            (float(np.floor(day)), float(hour), named, country, taste, kind.units)
            for day, hour in zip(days, hours, strict=True)
            if day < DAYS  # what comes after the shop's last day is not in its export
        ]
        customer += 1
    return pd.DataFrame(found[:count], columns=list(_COLUMNS))


def _of_so_many(
    rng: np.random.Generator, count: int, habits: Habits, families: int, customers: int
) -> pd.DataFrame:
    """Each customer has one invoice at least, and is named on it; the others go by their kinds."""
    if not 1 <= customers <= count:
        raise SettingsError(
            f"--customers {customers} is not between 1 and {count:,}, which is how many invoices "
            "so many --rows make."
        )
    kind = rng.choice(len(habits.kinds), customers, p=[kind.share for kind in habits.kinds])
    start = _between(rng, [one.start for one in habits.kinds], kind) * DAYS
    length = _between(rng, [one.length for one in habits.kinds], kind) * DAYS
    length = np.minimum(length, DAYS - start)
    # A little for everyone, so that a shop of one-off customers has somebody to place the others.
    weight = np.array([one.invoices for one in habits.kinds])[kind] * length + 1e-6
    many = 1 + rng.multinomial(count - customers, weight / weight.sum())
    owner = np.repeat(np.arange(customers), many)
    within = rng.random(count) * np.maximum(length, 1.0)[owner]
    known = rng.random(count) >= np.array([one.anonymous for one in habits.kinds])[kind][owner]
    known[many.cumsum() - many] = True
    country = rng.choice(len(COUNTRIES), customers, p=_COUNTRY_SHARES)
    taste = rng.integers(families, size=customers)
    columns = (
        np.floor(np.minimum(start[owner] + within, DAYS - 1)),
        rng.uniform(8, 18, count),
        np.where(known, _FIRST_CUSTOMER + owner, NOBODY),
        country[owner],
        taste[owner],
        np.array([one.units for one in habits.kinds])[kind][owner],
    )
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))


def _between(
    rng: np.random.Generator, ranges: Sequence[tuple[float, float]], which: np.ndarray
) -> np.ndarray:
    low, high = np.array(ranges)[which].T
    found: np.ndarray = rng.uniform(low, high)
    return found
