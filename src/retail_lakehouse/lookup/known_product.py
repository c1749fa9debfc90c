"""One product: what was sold of it, what goes with it, and in whose lists it stands."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.plain_text import name
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

# Customers who are named, of each list.
_NAMED = 5
_MEANT = 3


@dataclass(frozen=True)
class Sold:
    """A row of gold.products, and its place among them all."""

    stock_code: str
    description: str | None
    first_sold_at: datetime
    last_sold_at: datetime
    units: Decimal
    revenue: Decimal
    customers: int
    rank_by_revenue: int
    rank_by_customers: int
    products: int


@dataclass(frozen=True)
class Similar:
    """A product that goes with it. customers: of the sample, who bought both."""

    rank: int
    similar_stock_code: str
    similar_description: str | None
    score: float
    customers: int


@dataclass(frozen=True)
class Listing:
    """A list that has it. customers: in whose list it stands; first: those whom it suits best."""

    list: str
    customers: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class KnownProduct:
    """All of it."""

    source_kind: str
    currency: str
    product: Sold
    similar: tuple[Similar, ...]
    lists: tuple[Listing, ...]


def look_up(context: Context, code: str) -> KnownProduct:
    """All that is known of one product; SettingsError for one that was not sold."""
    read, wanted = context.lakehouse.read, code.strip().upper()
    products = read(t.PRODUCTS)
    found = _ranked(products).where(F.col(c.STOCK_CODE) == wanted).collect()  # one a product
    if not found:
        raise _unknown(products, code, context.lakehouse.place)
    is_it = F.col(c.STOCK_CODE) == wanted
    similar = read(t.SIMILAR_PRODUCTS).where(is_it).orderBy(c.RANK).collect()  # a few a product
    return KnownProduct(
        source_kind=context.source_kind(),
        currency=context.description.unit_of_money,
        product=of_row(Sold, found[0]),
        similar=tuple(of_row(Similar, row) for row in similar),
        lists=_lists(read(t.RECOMMENDATIONS).where(is_it)),
    )


def _ranked(products: DataFrame) -> DataFrame:
    """Each product with its place among all; few enough to be put in order on one core."""
    return products.withColumns(
        {
            "rank_by_revenue": F.rank().over(Window.orderBy(F.desc(c.REVENUE))),
            "rank_by_customers": F.rank().over(Window.orderBy(F.desc(c.CUSTOMERS))),
            "products": F.count("*").over(Window.partitionBy()),
        }
    )


def _unknown(products: DataFrame, code: str, place: str) -> SettingsError:
    """One sentence; it names products whose name or code has what was asked for."""
    asked = code.strip().upper()
    has_it = F.upper(c.DESCRIPTION).contains(asked) | F.col(c.STOCK_CODE).contains(asked)
    near = products.where(has_it).orderBy(F.desc(c.REVENUE), c.STOCK_CODE).limit(_MEANT)
    meant = [
        f"{name(row[c.STOCK_CODE])} ({name(row[c.DESCRIPTION] or 'no name')})"
        for row in (near.collect() if asked else ())
    ]
    remedy = f"did you mean {', '.join(meant)}?" if meant else "give a code of gold.products."
    return SettingsError(f"No product {code} was sold in {place}: {remedy}")


def _lists(recommendations: DataFrame) -> tuple[Listing, ...]:
    """In whose lists it stands, and the first of them: those with the best place and chance."""
    of_list = Window.partitionBy(c.LIST)
    order = of_list.orderBy(c.RANK, F.desc(c.SCORE), c.CUSTOMER_ID)
    placed = recommendations.withColumns(
        {c.CUSTOMERS: F.count("*").over(of_list), "place": F.row_number().over(order)}
    )
    first = placed.where(F.col("place") <= _NAMED).orderBy(c.LIST, "place")
    rows = first.select(c.LIST, c.CUSTOMERS, c.CUSTOMER_ID).collect()  # a few a list
    counts = {row[c.LIST]: row[c.CUSTOMERS] for row in rows}
    return tuple(
        Listing(one, count, tuple(row[c.CUSTOMER_ID] for row in rows if row[c.LIST] == one))
        for one, count in counts.items()
    )
