"""One customer: segment, history, what to expect, latest purchases and lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.medallion.gold import standing_sales
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

_RECENT_LINES = 10


@dataclass(frozen=True)
class Member:
    """A row of gold.customer_segments."""

    customer_id: str
    segment: str
    recency_days: int
    frequency: int
    monetary: Decimal
    distance: float
    next_segment: str | None
    next_distance: float | None
    model_version: int
    as_of: date


@dataclass(frozen=True)
class Stay:
    """The segment at the end of a month."""

    month_end: date
    segment: str


@dataclass(frozen=True)
class Expected:
    """A row of gold.customer_value: what to expect, the ends of its intervals, and why."""

    probability_30_days: float
    probability_90_days: float
    churn_risk: float
    churn_band: str
    expected_orders_90_days: float
    expected_orders_90_days_low: float
    expected_orders_90_days_high: float
    expected_spend_90_days: Decimal
    expected_spend_90_days_low: Decimal
    expected_spend_90_days_high: Decimal
    expected_orders_12_months: float
    expected_orders_12_months_low: float
    expected_orders_12_months_high: float
    expected_spend_12_months: Decimal
    expected_spend_12_months_low: Decimal
    expected_spend_12_months_high: Decimal
    percentile: int
    next_order_on: date
    due_this_week: bool
    reason: str


@dataclass(frozen=True)
class Purchase:
    """A line that stands in silver.sales."""

    invoice_date: datetime
    invoice: str
    stock_code: str
    description: str | None
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Suggestion:
    """A product of one of the customer's lists."""

    list: str
    rank: int
    stock_code: str
    description: str | None
    score: float
    reason: str


@dataclass(frozen=True)
class KnownCustomer:
    """All of it. expected: None where nothing was forecast."""

    source_kind: str
    currency: str
    customer: Member
    months: tuple[Stay, ...]
    expected: Expected | None
    purchases: tuple[Purchase, ...]
    lists: tuple[Suggestion, ...]


def look_up(context: Context, customer_id: str) -> KnownCustomer:
    """All that is known of one customer; SettingsError for one nobody knows."""
    read = context.lakehouse.read
    is_theirs = F.col(c.CUSTOMER_ID) == customer_id
    members = read(t.CUSTOMER_SEGMENTS).where(is_theirs).collect()  # one a customer
    if not members:
        raise SettingsError(
            f"Customer {customer_id} bought nothing in {context.lakehouse.place}: give the id "
            "of a customer of gold.customer_segments."
        )
    history = read(t.SEGMENT_HISTORY).where(is_theirs).orderBy(c.MONTH_END)
    expected = read(t.CUSTOMER_VALUE).where(is_theirs).collect()  # one a customer
    # Silver holds all lines, whatever the day that the customer is shown as of.
    standing = standing_sales(read(t.SALES).where(is_theirs), members[0][c.AS_OF])
    return KnownCustomer(
        source_kind=context.source_kind(),
        currency=context.description.unit_of_money,
        customer=of_row(Member, members[0]),
        months=tuple(of_row(Stay, row) for row in history.collect()),  # one a month
        expected=of_row(Expected, expected[0]) if expected else None,
        purchases=_latest(standing),
        lists=suggestions(read(t.RECOMMENDATIONS).where(is_theirs)),
    )


def _latest(sales: DataFrame) -> tuple[Purchase, ...]:
    ordered = sales.orderBy(F.desc(c.INVOICE_DATE), c.INVOICE, c.LINE_NUMBER)
    return tuple(of_row(Purchase, row) for row in ordered.limit(_RECENT_LINES).collect())


def suggestions(recommendations: DataFrame) -> tuple[Suggestion, ...]:
    """Products of the lists of one customer, in their order."""
    rows = recommendations.orderBy(c.LIST, c.RANK).collect()
    return tuple(of_row(Suggestion, row) for row in rows)


def in_list(suggested: Iterable[Suggestion], name: str) -> list[Suggestion]:
    """Those of one list."""
    return [one for one in suggested if one.list == name]
