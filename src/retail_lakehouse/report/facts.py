"""What the report is made from: plain values, few of them, whatever the size of the shop.

Fields that are a table's columns have their names, so that a row becomes a fact by ``of_row``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from retail_lakehouse.policies.expectations import WARN
from retail_lakehouse.report.customer_facts import (
    Dot,
    Move,
    Recommendations,
    Sample,
    Segment,
    Value,
)

DEMO = "demo"


@dataclass(frozen=True)
class Shop:
    """Whose report it is. currency: as people read it behind an amount."""

    name: str
    currency: str
    source_kind: str
    as_of: date
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Month:
    """What stands of one month's sales. new_customers: who bought for the first time."""

    start: date
    revenue: Decimal
    orders: int
    customers: int
    new_customers: int


@dataclass(frozen=True)
class Counted:
    """Lines of one reason, or of one kind."""

    name: str
    lines: int


@dataclass(frozen=True)
class Source:
    """What became of the lines of one file or sheet."""

    name: str
    sold: int
    returned: int
    rejected: int


@dataclass(frozen=True)
class Check:
    """One check of the tables. level: what it does where it is not passed, warn or fail; None: of
    gold itself. parts: how many were checked; of several, all passed, ``part`` is the first and
    ``value`` the largest.
    """

    table_name: str
    measure: str
    part: str
    value: Decimal
    passed: bool
    level: str | None = None
    parts: int = 1

    @property
    def outcome(self) -> str:
        """In a word."""
        if self.passed:
            return "passed"
        return "warning" if self.level == WARN else "FAILED"


@dataclass(frozen=True)
class Lines:
    """Lines from source to outcome.

    there_already: reasons of lines whose content is in silver all the same. taken_back: of the
    lines sold, by a later cancellation; anonymous: of those that stand. checks: the first of them,
    failed ones before others, those passed of many parts as one; checked, failed, warned: how many
    there are.
    """

    sources: tuple[Source, ...]
    reasons: tuple[Counted, ...]
    there_already: tuple[str, ...]
    taken_back: int
    anonymous: int
    checks: tuple[Check, ...]
    checked: int
    failed: int
    warned: int = 0


@dataclass(frozen=True)
class ModelUsed:
    """A model that publishes. page: its run in MLflow while ``ui`` runs; empty: not known."""

    name: str
    description: str
    version: int
    run_id: str
    page: str
    failures: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class TableUsed:
    """A table at the version that the report was made from."""

    name: str
    grain: str
    version: int


@dataclass(frozen=True)
class Origin:
    """How it was made. description: the lines of the shop's description."""

    program: str
    description: tuple[str, ...]
    tables: tuple[TableUsed, ...]
    models: tuple[ModelUsed, ...]


@dataclass(frozen=True)
class Facts:
    """All of it. value: None where nothing was forecast."""

    shop: Shop
    months: tuple[Month, ...]
    lines: Lines
    segments: tuple[Segment, ...]
    dots: tuple[Dot, ...]
    moves: tuple[Move, ...]
    recommendations: Recommendations
    value: Value | None
    sample: Sample
    origin: Origin
