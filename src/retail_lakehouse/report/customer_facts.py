"""What the report is made from, of customers, segments and lists."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class SegmentProfile:
    """A row of gold.segment_profiles."""

    segment: str
    description: str
    recommended_action: str
    customers: int
    customer_share: float
    revenue: Decimal
    revenue_share: float
    recency_days_median: float
    frequency_median: float
    monetary_median: Decimal
    basket_products: float
    basket_value: Decimal
    probability_90_days: float | None
    expected_spend_12_months: Decimal | None
    worth_writing_to: int | None


@dataclass(frozen=True)
class Segment(SegmentProfile):
    """A segment with names of products that it buys more than others do."""

    products: tuple[str, ...]


@dataclass(frozen=True)
class Dot:
    """A customer on the map of the segments, nameless."""

    segment: str
    recency_days: int
    frequency: int
    monetary: float


@dataclass(frozen=True)
class Move:
    """A row of gold.segment_migrations."""

    month_end: date
    from_segment: str
    to_segment: str
    customers: int


@dataclass(frozen=True)
class Judged:
    """How good one ranking, or one model of value, was in one window."""

    window_start: date
    ranking: str
    scope: str
    metric: str
    value: float
    low: float | None
    high: float | None
    users: int


@dataclass(frozen=True)
class Reach:
    """Whom a list reaches, and how much of the catalogue."""

    list: str
    customers: int
    products: int


@dataclass(frozen=True)
class Listed:
    """A product that many customers have in a list."""

    list: str
    stock_code: str
    description: str | None
    customers: int


@dataclass(frozen=True)
class Popular:
    """A row of gold.popular_products."""

    rank: int
    stock_code: str
    description: str | None
    invoices: int


@dataclass(frozen=True)
class Recommendations:
    """How good the lists are, whom they reach and what they say most."""

    judged: tuple[Judged, ...]
    window_days: int
    reach: tuple[Reach, ...]
    most: tuple[Listed, ...]
    popular: tuple[Popular, ...]
    catalogue: int


@dataclass(frozen=True)
class Expected:
    """What is expected of one customer who deserves a word this week."""

    customer_id: str
    segment: str
    next_order_on: date
    probability_90_days: float
    churn_risk: float
    spend: Decimal
    expected_spend_90_days: Decimal
    expected_spend_12_months: Decimal
    reason: str


@dataclass(frozen=True)
class Value:
    """What all customers will do. due, at_risk: the first of them, by what is expected."""

    customers: int
    expected_spend_90_days: Decimal
    expected_spend_12_months: Decimal
    due_count: int
    due: tuple[Expected, ...]
    at_risk: tuple[Expected, ...]
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Suggestion:
    """A product of one of a customer's lists."""

    list: str
    rank: int
    stock_code: str
    description: str | None
    reason: str


@dataclass(frozen=True)
class Outlook:
    """What is expected of a customer of the sample."""

    due_this_week: bool
    next_order_on: date
    probability_90_days: float
    expected_spend_12_months: Decimal
    reason: str


@dataclass(frozen=True)
class Person:
    """A customer of the sample. path: segments at months' ends, where they changed."""

    customer_id: str
    segment: str
    recency_days: int
    frequency: int
    monetary: Decimal
    outlook: Outlook | None
    path: tuple[tuple[date, str], ...]
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Sample:
    """Customers who can be looked up, those to write to first. of: all that there are."""

    people: tuple[Person, ...]
    of: int
