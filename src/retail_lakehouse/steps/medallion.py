"""Steps from the sources to gold's features, and the check of their tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, SettingsError
from retail_lakehouse.landing.describing.said import said_of
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import (
    count_lines,
    landed_files,
    landed_lines,
    landed_sheets,
    passed_over,
    read_again,
    shop_in,
)
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.medallion import duplicates, gate, gold, quality, reversals, silver
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import columns as c

_NAMED = 3
LOADED, PASSED_OVER = "loaded", "passed over"
_TIME = t.BATCHES.column_names.index(c.ARRIVED_AT)
Row = tuple[object, ...]


def land_sources(io: StepIO) -> StepResult:
    """Sources to Parquet in the landing folder."""
    if not io.sources:
        raise SettingsError("--source is missing: give uci, demo, or paths of your own files.")
    landed = land(io.sources, io.landing(), io.progress, io.settings.shop)
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
    io.begin_shop(table, shop_in(landed[0]), lambda: bool(read_again(_loaded(io), stems)))
    columns = [column for column in table.columns if column.name != c.INGESTED_AT]
    schema = ", ".join(f"`{column.name}` {column.type}" for column in columns)
    loaded = 0
    while pending := _pending(io, landed):
        version, paths = pending
        lines = io.parquet(paths, schema)
        rows = lines.withColumn(c.INGESTED_AT, F.current_timestamp()).select(*table.column_names)
        io.append_after(table, rows, version)
        loaded = max(loaded, len(paths))
    _keep_batches(io, landed)
    note = f"{loaded} new of {len(landed)} files"
    return StepResult(landed_lines(landing), io.read(table).count(), note)


def _pending(io: StepIO, landed: list[Path]) -> tuple[int, list[Path]] | None:
    """Landed files whose batches are not in bronze as of the version given with them."""
    version, loaded = io.version(t.INVOICE_LINES), _loaded(io)
    paths = [path for path in landed if path.stem not in loaded and count_lines(path)]
    return (version, paths) if paths else None


def _loaded(io: StepIO) -> set[str]:
    rows = io.read(t.INVOICE_LINES).select(c.BATCH_ID).distinct().collect()
    return {row[c.BATCH_ID] for row in rows}


def _keep_batches(io: StepIO, landed: Sequence[Path]) -> None:
    """Put into ``bronze.batches`` what it does not say yet of landed files and those left out."""
    shop, now = io.description().name, datetime.now(timezone.utc).replace(tzinfo=None)
    rows = [_row(path.stem, _sheets(path), shop, now) for path in landed]
    rows += [_row("", [sheet], shop, now) for sheet in passed_over(io.landing())]
    # A few rows a source file.
    before = {_said(tuple(row)) for row in io.read(t.BATCHES).collect()}
    new = [row for row in rows if _said(row) not in before]
    if new:
        io.merge(t.BATCHES, io.frame(t.BATCHES, new))


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


def clean_silver(io: StepIO) -> StepResult:
    """Bronze lines to sales, returns and rejected lines, as the shop's description says."""
    shop = io.description()
    bronze = silver.visible(io.read(t.INVOICE_LINES), io.settings.as_of, shop)
    with ExitStack() as stages:

        def staged(name: str, rows: DataFrame) -> DataFrame:
            return stages.enter_context(io.staged("silver", name, rows))

        suspects = staged("suspects", duplicates.suspects(bronze))
        copies = staged("copies", duplicates.copies(bronze, suspects, shop))
        there_already = duplicates.there_already(copies, shop)
        lines = staged("classified", silver.classify(bronze, there_already, shop))
        reversed_sales = staged("reversals", reversals.reversals(lines))

        def write_the_rest() -> None:
            io.replace(t.RESENT_INVOICES, duplicates.resent_invoices(copies, shop))
            io.replace(t.RETURNS, silver.returns(lines, reversed_sales))
            io.replace(t.REJECTED_LINES, silver.rejected_lines(lines))

        sales = silver.sales(lines, reversed_sales)
        io.side_by_side(lambda: io.replace(t.SALES, sales, check_first=True), write_the_rest)
    outcomes = (t.SALES, t.RETURNS, t.REJECTED_LINES)
    return io.counted((t.INVOICE_LINES,), outcomes, _resent(io))


def _resent(io: StepIO) -> str:
    """A word on invoices that came again and were not the same; empty where there are none."""
    resent = io.read(t.RESENT_INVOICES)
    first = resent.orderBy(c.INVOICE, c.INVOICE_DAY).limit(_NAMED + 1).collect()
    if not first:
        return ""
    more = resent.count() - _NAMED
    names = [row[c.INVOICE] for row in first[:_NAMED]] + ([f"{more:,} more"] if more > 0 else [])
    replaced = " and replaced the first" if first[0][c.REPLACED] else ""
    return f"came again, not the same{replaced}: invoice {', '.join(names)}"


def build_gold(io: StepIO) -> StepResult:
    """Products, RFM and interactions from sales that stand, and purchases from all."""
    kept, rejected = io.counted((t.SALES, t.RETURNS), ()).rows_in, io.read(t.REJECTED_LINES)
    gate.need_most_lines(rejected, kept, io.description(), io.settings.max_reject_share)
    as_of = io.as_of()
    sales = io.read(t.SALES)
    standing = gold.standing_sales(sales, as_of)

    def build_interactions_and_products() -> None:
        io.replace(t.INTERACTIONS, gold.interactions(standing))
        bought = io.read(t.INTERACTIONS)
        io.replace(t.PRODUCTS, gold.products(standing, bought))

    def build_customers_and_purchases() -> None:
        io.replace(t.CUSTOMER_RFM, gold.customer_rfm(standing, as_of))
        io.replace(t.PURCHASES, gold.purchases(sales, as_of))

    io.side_by_side(build_customers_and_purchases, build_interactions_and_products)
    return io.counted(
        (t.SALES,),
        (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES),
        f"as of {as_of}",
    )


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
        io.description(),
    )
    # A few rows a source file.
    measures = measured.collect()
    rows = io.local(measures, measured.schema)
    io.replace_where(t.DATA_QUALITY, rows, F.col(c.RUN_ID) == measures[0][c.RUN_ID])
    checks = read(t.DATA_QUALITY).where(F.col(c.PASSED).isNotNull())
    failed = checks.where(~F.col(c.PASSED)).count()
    note = f"{failed} of {checks.count()} checks failed"
    return io.counted((t.INVOICE_LINES,), (t.DATA_QUALITY,), note)
