"""How a home stands: what is loaded, how fresh it is, which models publish, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from retail_lakehouse import tables as t
from retail_lakehouse.assets import MODELS
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing.landed import landed_files
from retail_lakehouse.lookup.what_waits import Looked, WaitingStep, files_waiting, steps_waiting
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES, Table
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking import GATE_FAILURES


@dataclass(frozen=True)
class TableState:
    """A table as it was last written. newest: day of its last line, or the last as_of in it."""

    table: str
    rows: int
    newest: date | None
    version: int
    written_at: datetime | None


@dataclass(frozen=True)
class ModelState:
    """A version that counts. alias: champion (it publishes) or challenger (it may not)."""

    model: str
    alias: str
    version: int
    trained_at: datetime
    as_of: date | None
    failures: str


@dataclass(frozen=True)
class HomeState:
    """All of it. last_line_on: of sales and returns; as_of: what the segments are as of."""

    place: str
    shop: str
    source_kind: str
    last_line_on: date | None
    as_of: date | None
    tables: tuple[TableState, ...]
    models: tuple[ModelState, ...]
    files_waiting: tuple[str, ...]
    steps_waiting: tuple[WaitingStep, ...]


def look_up(context: Context) -> HomeState:
    """The state of what the settings point to; MissingTableError where there is nothing."""
    settings = context.settings
    if settings.catalog is None and _is_empty(settings):
        raise MissingTableError(
            f"There is nothing in {settings.home} yet: run 'retail-lakehouse run' first."
        )
    seen = Looked(**vars(context))
    lakehouse = seen.lakehouse
    there = [table for table in (*TABLES, *BACKTEST_TABLES) if lakehouse.exists(table)]
    tables = table_states(lakehouse, there)
    days = {state.table: state.newest for state in tables}
    lines = [days.get(table.full_name) for table in (t.SALES, t.RETURNS)]
    return HomeState(
        place=lakehouse.place,
        shop=seen.description.name,
        source_kind=seen.source_kind() if t.INVOICE_LINES in there else "",
        last_line_on=max((day for day in lines if day is not None), default=None),
        as_of=days.get(t.SEGMENT_PROFILES.full_name),
        tables=tables,
        models=_models(seen),
        files_waiting=files_waiting(seen),
        steps_waiting=steps_waiting(seen),
    )


def _is_empty(settings: Settings) -> bool:
    """Whether there is neither a table nor a landed file; asked before Spark begins."""
    tables = (settings.home / "warehouse").glob("*/*/_delta_log")
    return not any(tables) and not landed_files(settings.landing_dir)


def table_states(lakehouse: Lakehouse, there: Sequence[Table]) -> tuple[TableState, ...]:
    """Rows and days of all tables, and the commits that last changed them."""
    rows = lakehouse.counts(there)
    columns = {table: column for table in there if (column := _day(table))}
    days = lakehouse.newest_days(columns)
    states = []
    for table in there:
        last = lakehouse.last_write(table)
        states.append(
            TableState(table.full_name, rows[table], days.get(table), last.version, last.written_at)
        )
    return tuple(states)


def _day(table: Table) -> str | None:
    """The column that tells how fresh the table is."""
    if table in (t.SALES, t.RETURNS):
        return c.INVOICE_DATE
    return c.AS_OF if c.AS_OF in table.column_names else None


def _models(context: Context) -> tuple[ModelState, ...]:
    if not context.has_experiments:
        return ()
    return tuple(
        ModelState(
            model=kind.name,
            alias=one.alias,
            version=one.version,
            trained_at=one.trained_at,
            as_of=one.as_of,
            failures=one.tags.get(GATE_FAILURES, ""),
        )
        for kind in MODELS
        for one in context.tracking.standing(kind)
    )
