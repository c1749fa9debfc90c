"""The whole shop as numbers: what is drawn, in which order, and which sheet it stands in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo import dirt
from retail_lakehouse.landing.demo.assortment import Catalogue, catalogue, products_for
from retail_lakehouse.landing.demo.dialects import DEFAULT, Dialect, dialect_named
from retail_lakehouse.landing.demo.sales import FIRST_DAY, sales

SEED = 42
MIN_ROWS = 500
MAX_ROWS = 5_000_000
# The second year's first days, which stand in both sheets.
_OVERLAP = tuple(
    (pd.Timestamp(day) - FIRST_DAY) // pd.Timedelta(minutes=1)
    for day in ("2010-12-01", "2010-12-10")
)


@dataclass(frozen=True)
class Options:
    """What else may be asked of a demo shop; None: as many as suit the number of lines."""

    products: int | None = None
    customers: int | None = None
    dialect: str = DEFAULT

    @property
    def spoken(self) -> Dialect:
        """The dialect itself; SettingsError for a name that is none."""
        return dialect_named(self.dialect)


def ledger(rows: int, seed: int, options: Options) -> tuple[pd.DataFrame, Catalogue]:
    """``rows`` lines as numbers, and what was on sale.

    number, series: of the invoice, and what stands before it. item: place in the catalogue. what:
    the product, or what stands in its place. minute: since the first day. customer: 0 for nobody.
    country: place in ``COUNTRIES``. typed: what people do to codes and names. sheet: 0 or 1.
    """
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise SettingsError(f"--rows {rows} is not between {MIN_ROWS} and {MAX_ROWS:,}.")
    habits = options.spoken.habits
    rng = np.random.default_rng(seed)
    many = dirt.amounts(rows)
    products = catalogue(rng, products_for(rows, options.products), habits)
    clean = sales(rng, rows - sum(many.values()), products, habits, options.customers)
    return _in_two_sheets(dirt.with_dirt(rng, clean, many), rows), products


def _in_two_sheets(shop: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Second year's first days stand in both sheets; other lines of the first give way for them."""
    late = shop["minute"] >= _OVERLAP[0]
    # The smallest shops sell nothing on those days: then, their next invoice.
    end = max(_OVERLAP[1], shop.loc[late, "minute"].min() + 1)
    both = shop[late & (shop["minute"] < end)].assign(sheet=np.int8(0))
    first = shop[~late].assign(sheet=np.int8(0))
    second = shop[late].assign(sheet=np.int8(1))
    # Spread over the year, and no dirt, of which a small shop has few lines.
    clean = np.flatnonzero(~first["dirty"])
    places = np.linspace(0, len(clean) - 1, min(len(both), len(clean))).astype(int)
    first = first.drop(index=first.index[clean[places]])
    whole = pd.concat([first, both, second], ignore_index=True).drop(columns="dirty")
    return whole.iloc[-rows:].reset_index(drop=True)
