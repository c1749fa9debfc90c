"""The shop as numbers: what is drawn, in which order, and which sheet it stands in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo import dirt
from retail_lakehouse.landing.demo.assortment import Catalogue, catalogue, products_for
from retail_lakehouse.landing.demo.customers import NOBODY
from retail_lakehouse.landing.demo.dialects import DEFAULT, Dialect, dialect_named
from retail_lakehouse.landing.demo.sales import FIRST_DAY, sales

SEED = 42
MIN_ROWS = 500
MAX_ROWS = 1_000_000_000
# As many as a workbook holds: what is held at a time, some hundred megabytes as it is drawn.
BRANCH_ROWS = 1_500_000
# A branch's invoices have ten digits, so that a digit before one makes no other branch's number,
# and neither they nor its customers are ever as many as this.
BRANCH_INVOICES, _NUMBERS_OF_A_BRANCH = 1_000_000_000, 1_000_000
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


_PLAIN = Options()


@dataclass(frozen=True)
class Shop:
    """What is to be drawn: ``rows`` lines. A large shop is a chain of branches.

    Each branch has customers and invoices of its own, sells what the chain sells, and is drawn from
    a seed of its own: its lines are the same in whatever order, and in how many processes, branches
    are drawn, and no more than one is held at a time.
    """

    rows: int
    seed: int = SEED
    options: Options = _PLAIN
    branch_rows: int = BRANCH_ROWS

    def __post_init__(self) -> None:
        rows, customers = self.rows, self.options.customers
        if not MIN_ROWS <= rows <= MAX_ROWS:
            raise SettingsError(f"--rows {rows} is not between {MIN_ROWS} and {MAX_ROWS:,}.")
        products_for(rows, self.options.products)
        # Some five to thirteen lines are an invoice, and everyone has one.
        if self.branches > 1 and customers is not None:
            most = rows // 20
            if not self.branches <= customers <= most:
                raise SettingsError(
                    f"--customers {customers} is not between {self.branches} and {most:,}, which "
                    "is how many a chain of so many --rows can have."
                )

    @property
    def branches(self) -> int:
        """How many: one, as long as the shop is not large."""
        return -(-self.rows // self.branch_rows)

    def ledger(self, branch: int = 0) -> tuple[pd.DataFrame, Catalogue]:
        """A branch's lines as numbers, and what was on sale.

        number, series: of the invoice, and what stands before it. item: place in the catalogue.
        what: the product, or what stands in its place. minute: since the first day. customer: 0 for
        nobody. country: place in ``COUNTRIES``. typed: what people do to codes and names. sheet: 0
        or 1.
        """
        habits = self.options.spoken.habits
        rng = np.random.default_rng(self.seed)
        products = catalogue(rng, products_for(self.rows, self.options.products), habits)
        if self.branches > 1:
            rng = np.random.default_rng([self.seed, branch])
        rows = self._share(self.rows, branch)
        named = self.options.customers
        customers = None if named is None else self._share(named, branch)
        many = dirt.amounts(rows)
        clean = sales(rng, rows - sum(many.values()), products, habits, customers)
        if self.branches > 1:
            clean = _of_branch(clean, branch)
        return _in_two_sheets(dirt.with_dirt(rng, clean, many), rows), products

    def _share(self, whole: int, branch: int) -> int:
        """As much of it as any other branch has, or one more."""
        return whole // self.branches + (branch < whole % self.branches)


def _of_branch(clean: pd.DataFrame, branch: int) -> pd.DataFrame:
    """The sales, with numbers that no other branch's invoices and customers have."""
    first = np.int32(branch * _NUMBERS_OF_A_BRANCH)
    customer = clean["customer"]
    return clean.assign(
        number=clean["number"] + (np.int32(BRANCH_INVOICES) + first),
        customer=customer.where(customer == NOBODY, customer + first),
    )


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
