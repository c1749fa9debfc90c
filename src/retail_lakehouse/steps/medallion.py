"""Steps from the sources to bronze, and the check of the tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, SettingsError
from retail_lakehouse.landing.describing.said import said_of
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import (
    content_of,
    count_lines,
    landed_files,
    landed_sheets,
    passed_over,
    read_again,
    shop_in,
)
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.medallion import quality
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import columns as c

LOADED, PASSED_OVER = "loaded", "passed over"
_TIME, _BATCH, _LINES = map(t.BATCHES.column_names.index, (c.ARRIVED_AT, c.BATCH_ID, c.LINES))
# More than that in one condition take longer than reading the column.
_ASKED_FOR = 200
Row = tuple[Any, ...]


def land_sources(io: StepIO) -> StepResult:
    """Sources to Parquet in the landing folder."""
    if not io.sources:
        raise SettingsError("--source is missing: give uci, demo, or paths of your own files.")
    settings = io.settings
    landed = land(io.sources, io.landing(), io.watch, settings.shop, strict=settings.strict)
    files = len(landed.batches)
    note = f"{files} file{'s' if files > 1 else ''}"
    return StepResult(landed.lines, landed.lines, note, said_of(landed))


def load_bronze(io: StepIO) -> StepResult:
    """Landed files that are not in bronze yet, verbatim."""
    table, landing = t.INVOICE_LINES, io.landing()
    landed = landed_files(landing)
    if not landed:
        raise EmptyShopError(
            f"Nothing has landed in {landing} yet: run the step 'land' with a --source first."
        )
    stems = {path.stem for path in landed}
    begun = io.begun()
    if begun is None:
        return StepResult(sum(map(count_lines, landed)), io.count(table), _new(0, landed))
    kind = shop_in(landed[0])
    io.begin_shop(table, kind)
    ledger = _ledger(io)
    version, there = _loaded(io, stems, ledger)
    if read_again(there, stems):
        io.begin_anew(table, kind)
        ledger = []
        version, there = _loaded(io, stems, ledger)
    columns = [column for column in table.columns if column.name != c.INGESTED_AT]
    schema = ", ".join(f"`{column.name}` {column.type}" for column in columns)
    loaded = 0
    while paths := [path for path in landed if path.stem not in there and count_lines(path)]:
        lines = io.parquet(paths, schema)
        rows = lines.withColumn(c.INGESTED_AT, F.current_timestamp()).select(*table.column_names)
        io.append_after(table, rows, version)
        loaded = max(loaded, len(paths))
        # Where another run has added lines meanwhile, these have not come in.
        version, there = _loaded(io, stems, ledger)
    if io.settings.catalog is not None:
        # Another run may have written it meanwhile; a home has one writer.
        ledger = _ledger(io)
    lines_landed = _keep_batches(io, landed, ledger)
    begun.keep()
    return StepResult(lines_landed, io.count(table), _new(loaded, landed))


def _new(loaded: int, landed: Sequence[Path]) -> str:
    return f"{loaded} new of {len(landed)} files"


def _ledger(io: StepIO) -> list[Row]:
    """Rows of ``bronze.batches``: a few a source file."""
    if io.is_known_empty(t.BATCHES):
        return []
    return [tuple(row) for row in io.read(t.BATCHES).collect()]


def _loaded(io: StepIO, stems: set[str], ledger: Sequence[Row]) -> tuple[int, set[str]]:
    """The version of bronze's lines, and batches that are in it: those of the ledger, and others
    with the content of any of these.

    The ledger is written after the lines: where a run was killed in between, the lines know more.
    What they are asked for, Delta finds by the least and the greatest batch of each file.
    """
    # Before the lines are asked: what comes meanwhile is of a later one.
    version, known = io.version(t.INVOICE_LINES), {row[_BATCH] for row in ledger}
    contents = sorted({content_of(stem) for stem in stems - known})
    if not contents or io.is_known_empty(t.INVOICE_LINES):
        return version, known
    lines = io.read(t.INVOICE_LINES).select(c.BATCH_ID)
    if len(contents) <= _ASKED_FOR:
        lines = lines.where(reduce(or_, map(F.col(c.BATCH_ID).startswith, contents)))
    return version, known | {row[c.BATCH_ID] for row in lines.distinct().collect()}


def _keep_batches(io: StepIO, landed: Sequence[Path], before: Sequence[Row]) -> int:
    """Put new files, and those left out, into the ledger; lines of all that landed.

    before: the ledger as it was.
    """
    shop, now = io.description().name, datetime.now(timezone.utc).replace(tzinfo=None)
    known, said = {row[_BATCH] for row in before}, {_said(row) for row in before}
    rows = [_row(p.stem, _sheets(p), shop, now) for p in landed if p.stem not in known]
    rows += [_row("", [sheet], shop, now) for sheet in passed_over(io.landing())]
    new = [row for row in rows if _said(row) not in said]
    if new:
        io.merge(t.BATCHES, io.frame(t.BATCHES, new))
    here = {path.stem for path in landed}
    return sum(row[_LINES] for row in (*before, *new) if row[_BATCH] in here)


def _row(batch_id: str, sheets: Sequence[SheetRead], shop: str, now: datetime) -> Row:
    lines = sum(sheet.lines for sheet in sheets)
    read = any(not sheet.passed_over for sheet in sheets)
    listed = [(s.sheet, s.lines, s.passed_over, list(s.remarks)) for s in sheets]
    state = LOADED if read else PASSED_OVER
    return (batch_id, sheets[0].file, listed, lines, shop, now, state)


def _said(row: Row) -> str:
    """What a row says, but when."""
    known: Iterable[object] = (value for place, value in enumerate(row) if place != _TIME)
    return repr([list(map(tuple, one)) if isinstance(one, list) else one for one in known])


def _sheets(path: Path) -> Sequence[SheetRead]:
    """Sheets of a landed file's source; those with lines, if an earlier version landed it."""
    if told := landed_sheets(path):
        return told
    origins = pq.read_table(path.absolute(), columns=[c.SOURCE_FILE, c.SOURCE_SHEET]).to_pylist()
    counted = Counter((row[c.SOURCE_FILE], row[c.SOURCE_SHEET]) for row in origins)
    return [SheetRead(file, sheet, lines) for (file, sheet), lines in counted.items()] or [
        SheetRead(path.name)
    ]


def check_quality(io: StepIO) -> StepResult:
    """Counts and checks of the tables so far."""
    read, as_of = io.read, io.as_of()
    measured = quality.data_quality(
        read(t.INVOICE_LINES),
        read(t.SALES),
        read(t.RETURNS),
        read(t.REJECTED_LINES),
        read(t.CUSTOMER_RFM),
        read(t.INTERACTIONS),
        read(t.RESENT_INVOICES),
        as_of,
    )
    # A few rows a source file.
    measures = measured.collect()
    rows = io.local(measures, measured.schema)
    mine = (F.col(c.RUN_ID) == measures[0][c.RUN_ID]) & ~quality.is_expectation()
    io.replace_where(t.DATA_QUALITY, rows, mine)
    checks = (
        read(t.DATA_QUALITY).where(F.col(c.PASSED).isNotNull()).where(~quality.is_expectation())
    )
    failed = checks.where(~F.col(c.PASSED)).count()
    note = f"{failed} of {checks.count()} checks failed"
    return io.counted((t.INVOICE_LINES,), (t.DATA_QUALITY,), note)
