"""Segments month by month: of months that are new or have changed, or of all."""

from collections import defaultdict
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import MIGRATION_FLOW
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.months import history
from retail_lakehouse.segments.months.migration_picture import migration_flow
from retail_lakehouse.serving.specs import SEGMENT_MODEL
from retail_lakehouse.steps.harness.following import Since, said_anew
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import columns as c

_TABLES = (t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS, t.FEATURE_DRIFT)


def publish_segment_history(io: StepIO) -> StepResult:
    """The champion's segments at every month's end, who moved, and how the features drift."""
    io.read_customers(t.CUSTOMER_RFM)
    as_of, champion = io.as_of(), io.champion(SEGMENT_MODEL)
    model, version = champion.model, champion.version.version
    sales, since = io.read(t.SALES), io.since()
    anew = since.anew_if(t.SALES, lambda: io.count(t.SALES), io.settings.rebuild_share, as_of=as_of)
    if anew:
        rows = history.rfm_by_month(sales, as_of)
        io.replace(t.SEGMENT_HISTORY, history.segment_history(rows, model, version))
        first, did = None, said_anew(anew)
    else:
        first = _follow(io, sales, since, model, version)
        did = f"followed from {first}" if first else "no month has changed"
    if anew or first:
        _write_moves(io, model, version, first)
        flows = _moves(io.read(t.SEGMENT_MIGRATIONS))
        if flows:
            io.add_picture(MIGRATION_FLOW, champion.version, migration_flow(flows))
    return io.counted((t.SALES,), _TABLES, "; ".join(filter(None, (f"model {version}", did))))


def _follow(
    io: StepIO, sales: DataFrame, since: Since, model: SegmentModel, version: int
) -> date | None:
    """Bring the history up to date; the earliest month's end that it writes, if any."""
    as_of, before = io.as_of(), since.as_of or io.as_of()
    moved = history.moved(since.changes[t.SALES], as_of)
    earliest = moved.agg(F.min(c.MONTH_END)).collect()[0][0]
    new = history.next_month_end(before, as_of)
    if earliest is None and new is None:
        return None
    customers = moved.select(c.CUSTOMER_ID).distinct()
    of_them = sales.join(customers, on=c.CUSTOMER_ID, how="left_semi")
    rows = history.rfm_by_month(of_them, as_of)
    if new is not None:
        others = sales.join(customers, on=c.CUSTOMER_ID, how="left_anti")
        rows = rows.unionByName(history.rfm_by_month(others, as_of, new))
    written = io.read(t.SEGMENT_HISTORY).join(customers, on=c.CUSTOMER_ID, how="left_semi")
    io.merge(t.SEGMENT_HISTORY, history.segment_history(rows, model, version), written)
    return min(day for day in (earliest, new) if day is not None)


def _write_moves(io: StepIO, model: SegmentModel, version: int, first: date | None) -> None:
    """Migrations and drift of the months from ``first`` on, or of all."""
    scored, as_of = io.read(t.SEGMENT_HISTORY), io.as_of()
    if first is None:
        io.replace(t.SEGMENT_MIGRATIONS, history.segment_migrations(scored, version, as_of))
        io.replace(t.FEATURE_DRIFT, history.feature_drift(scored, model, version))
        return
    # Each month is compared with the one before it.
    last_kept = scored.where(F.col(c.MONTH_END) < F.lit(first)).agg(F.max(c.MONTH_END))
    begin = last_kept.collect()[0][0] or first
    recent = scored.where(F.col(c.MONTH_END) >= F.lit(begin))
    from_first = F.col(c.MONTH_END) >= F.lit(first)
    moves = history.segment_migrations(recent, version, as_of).where(from_first)
    io.replace_where(t.SEGMENT_MIGRATIONS, moves, from_first)
    drift = history.feature_drift(recent, model, version).where(from_first)
    io.replace_where(t.FEATURE_DRIFT, drift, from_first)


def _moves(migrations: DataFrame) -> dict[date, dict[tuple[str, str], int]]:
    """Customers by month, and the segments that they left and came to."""
    flows: dict[date, dict[tuple[str, str], int]] = defaultdict(dict)
    # Months x segments x segments: bounded by the shop's age.
    for row in migrations.collect():
        flows[row[c.MONTH_END]][row[c.FROM_SEGMENT], row[c.TO_SEGMENT]] = row[c.CUSTOMERS]
    return flows
