"""What a run came to: lines by outcome, segments, typical customers and their first list."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.lookup.known_customer import Member, Suggestion
from retail_lakehouse.lookup.known_segments import Profile, profiles
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import LIST_NAMES
from retail_lakehouse.tables.row_facts import of_row

_SAMPLE_SEGMENTS = ("Champions", "Loyal", "At Risk")


@dataclass(frozen=True)
class Rejected:
    """Rejected lines of one reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class Outcomes:
    """Lines by outcome. taken_back: of the sales, in full."""

    sales: int
    taken_back: int
    returns: int
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True)
class Typical:
    """The customer nearest to a segment's centre, and the list that a request gets first."""

    customer: Member
    list: tuple[Suggestion, ...]


@dataclass(frozen=True)
class StepDone:
    """A step of this run. note: what it says of itself; warnings: what is not as expected."""

    step: str
    rows_in: int
    rows_out: int
    seconds: float
    note: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOutcome:
    """All of it. steps, seconds: of this run; none where the tables were only looked at."""

    home: str
    source_kind: str
    currency: str
    lines: Outcomes
    segments: tuple[Profile, ...]
    typical: tuple[Typical, ...]
    steps: tuple[StepDone, ...] = ()
    seconds: float = 0.0


def look_up(context: Context) -> RunOutcome:
    """The outcome as the tables have it."""
    read = context.lakehouse.read
    return RunOutcome(
        home=str(context.settings.home),
        source_kind=context.source_kind(),
        currency=context.description.unit_of_money,
        lines=_outcomes(context.lakehouse),
        segments=profiles(read(t.SEGMENT_PROFILES)),
        typical=_typical(read(t.CUSTOMER_SEGMENTS), read(t.RECOMMENDATIONS)),
    )


def _outcomes(lakehouse: Lakehouse) -> Outcomes:
    lines = lakehouse.counts((t.SALES, t.RETURNS))
    taken_back = lakehouse.read(t.SALES).where(F.col(c.REVERSED_AT).isNotNull()).count()
    reasons = (
        lakehouse.read(t.REJECTED_LINES)
        .groupBy(c.REASON)
        .count()
        .orderBy(F.desc("count"), c.REASON)
    )
    rows = reasons.collect()  # one row per cleaning rule
    named = tuple(Rejected(row[c.REASON], row["count"]) for row in rows)
    return Outcomes(lines[t.SALES], taken_back, lines[t.RETURNS], named)


def _typical(segments: DataFrame, recommendations: DataFrame) -> tuple[Typical, ...]:
    members = _nearest(segments)
    ids = [one.customer_id for one in members]
    first = recommendations.where(F.col(c.CUSTOMER_ID).isin(ids) & (F.col(c.LIST) == LIST_NAMES[0]))
    rows = first.orderBy(c.CUSTOMER_ID, c.RANK).collect()  # one list of three customers
    return tuple(
        Typical(
            one,
            tuple(of_row(Suggestion, row) for row in rows if row[c.CUSTOMER_ID] == one.customer_id),
        )
        for one in members
    )


def _nearest(segments: DataFrame) -> list[Member]:
    """The most typical customer of three segments: the one nearest to its centre."""
    nearest = F.min_by(F.struct("*"), F.struct(c.DISTANCE, c.CUSTOMER_ID)).alias("who")
    rows = segments.groupBy(c.SEGMENT).agg(nearest).orderBy(c.SEGMENT).collect()  # one per segment
    found = {row[c.SEGMENT]: of_row(Member, row["who"]) for row in rows}
    chosen = [name for name in _SAMPLE_SEGMENTS if name in found] or list(found)
    return [found[name] for name in chosen]
