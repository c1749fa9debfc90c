"""The segments: profiles, a map of some customers, and who moved."""

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from retail_lakehouse.report.customer_facts import Dot, Move, Segment
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

# Customers on the map.
DOTS = 1_500
_PRODUCTS = 5


def segments(profiles: DataFrame) -> tuple[Segment, ...]:
    """The segments, the largest revenue first."""
    rows = by_revenue(profiles)
    return tuple(of_row(Segment, row, products=_names(row[c.TOP_PRODUCTS])) for row in rows)


def by_revenue(profiles: DataFrame) -> list[Row]:
    """Rows of gold.segment_profiles, one a segment, the largest revenue first."""
    return profiles.orderBy(F.desc(c.REVENUE), c.SEGMENT).collect()


def _names(products: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(
        product[c.DESCRIPTION] or product[c.STOCK_CODE] for product in products[:_PRODUCTS]
    )


def dots(customers: DataFrame) -> tuple[Dot, ...]:
    """Some customers of gold.customer_segments, picked by a hash: the same ones in every run."""
    some = customers.orderBy(F.xxhash64(c.CUSTOMER_ID), c.CUSTOMER_ID).limit(DOTS)
    return tuple(of_row(Dot, row, monetary=float(row[c.MONETARY])) for row in some.collect())


def moves(migrations: DataFrame) -> tuple[Move, ...]:
    """Months x segments x segments: bounded by the shop's age."""
    rows = migrations.orderBy(c.MONTH_END, c.FROM_SEGMENT, c.TO_SEGMENT).collect()
    return tuple(of_row(Move, row) for row in rows)
