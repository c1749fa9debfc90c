"""The segments: how many customers each has, what they bring, and what to do with them."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame

from retail_lakehouse import tables as t
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.report.customer_facts import SegmentProfile
from retail_lakehouse.report.reading.segment_facts import by_revenue
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row


@dataclass(frozen=True)
class TopProduct:
    """A product that a segment buys more than others do. lift: how many times as much."""

    stock_code: str
    description: str | None
    lift: float
    customers: int


@dataclass(frozen=True)
class Profile(SegmentProfile):
    """A segment with products and the model that it comes from."""

    top_products: tuple[TopProduct, ...]
    model_version: int
    as_of: date


@dataclass(frozen=True)
class KnownSegments:
    """The segments, the largest revenue first."""

    source_kind: str
    currency: str
    segments: tuple[Profile, ...]


def look_up(context: Context) -> KnownSegments:
    """The segments as published; MissingTableError where there are none."""
    found = profiles(context.lakehouse.read(t.SEGMENT_PROFILES))
    if not found:
        raise MissingTableError(
            f"There are no segments in {context.lakehouse.place} yet: run the step "
            "'publish-segments', or all of them with 'retail-lakehouse run'."
        )
    return KnownSegments(context.source_kind(), context.description.unit_of_money, found)


def profiles(table: DataFrame) -> tuple[Profile, ...]:
    """Rows of gold.segment_profiles, the largest revenue first."""
    return tuple(
        of_row(
            Profile,
            row,
            top_products=tuple(of_row(TopProduct, one) for one in row[c.TOP_PRODUCTS] or ()),
        )
        for row in by_revenue(table)
    )
