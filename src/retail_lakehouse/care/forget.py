"""A customer leaves the lakehouse: every layer, older versions, and what comes in later.

Lines stay, as a shop's totals are made of them, and lose whose they were; rows about a customer
go. Whatever is cut short is done when the command runs again: each part can be done twice, and who
is to be forgotten is noted until all is done.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import MODELS
from retail_lakehouse.care import people
from retail_lakehouse.delta import erasing
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import keeping_out, landed, uci
from retail_lakehouse.landing.keeping_out import Anonymiser
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.medallion import texts
from retail_lakehouse.shops.forgotten import mark
from retail_lakehouse.steps.harness import documents
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.work_tables import drop_work_tables
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES, Table
from retail_lakehouse.tables import columns as c

ANONYMOUS, GONE = "lines made anonymous", "rows removed"
FILE_GONE, YOURS = "file removed: its lines have landed", "left: a file of yours, look yourself"
DOCUMENT_GONE = "file removed: the step 'report' makes it again"
_VIEW = "customers_to_forget"


@dataclass(frozen=True)
class Removed:
    """What was done in one place, a table or a file. count: lines or rows of it."""

    place: str
    what: str
    count: int


@dataclass(frozen=True)
class Saw:
    """A model's version that learnt from lines of a time when the customers were there."""

    model: str
    version: int
    aliases: tuple[str, ...]
    as_of: str
    step: str


@dataclass(frozen=True)
class Forgotten:
    """What came of it."""

    customers: tuple[str, ...]
    removed: tuple[Removed, ...]
    models: tuple[Saw, ...]


def forget(context: Context, customers: Sequence[str]) -> Forgotten:
    """Take the customers out; SettingsError, and nothing is done, where one is not there."""
    asked, landing = people.asked_for(customers), context.settings.landing_dir
    before = people.under_way(landing)
    new = [customer for customer in asked if before is None or customer not in before.secrets]
    _need_all(context, new)
    found = people.begin(landing, new, before, _first_day(context, new))
    keeping_out.keep_out(landing, found.secrets)
    anonymiser = Anonymiser(found.secrets, keeping_out.kept_columns(landing))
    removed = [*_from_landing(landing, anonymiser), *_from_tables(context, anonymiser)]
    removed += [
        Removed(path.name, DOCUMENT_GONE, 1) for path in documents.remove_all(context.settings)
    ]
    _from_reasons(context, found.secrets)
    _purge(context)
    models = tuple(_models(context, found.since))
    people.finish(landing)
    return Forgotten(tuple(found.secrets), tuple(removed), models)


def _need_all(context: Context, customers: Collection[str]) -> None:
    missing = set(customers)
    for path in landed.landed_files(context.settings.landing_dir) if missing else ():
        missing -= keeping_out.customers_in(path)
    if missing and context.lakehouse.exists(t.INVOICE_LINES):
        missing -= {customer for customer, _, _ in _written(context, t.INVOICE_LINES, missing)}
    if missing:
        raise SettingsError(
            f"No line in {context.lakehouse.place} is of customer {', '.join(sorted(missing))}: "
            "nothing was changed, so give ids as the lines have them, and leave out who was "
            "forgotten before."
        )


def _written(
    context: Context, table: Table, customers: Collection[str]
) -> set[tuple[str, str, str | None]]:
    """Each customer with how lines write it, and the products; a few for each of them."""
    lines = context.lakehouse.read(table).select(c.CUSTOMER_ID, c.STOCK_CODE)
    theirs = texts.with_codes(lines, who=c.CUSTOMER_ID).where(F.col("who").isin(list(customers)))
    rows = theirs.distinct().collect()
    return {(row["who"], row[c.CUSTOMER_ID], row[c.STOCK_CODE]) for row in rows}


def _first_day(context: Context, customers: Collection[str]) -> date | None:
    """The day of their first sale or cancellation, if silver has been made."""
    days = []
    for table in (t.SALES, t.RETURNS):
        if customers and context.lakehouse.exists(table):
            theirs = context.lakehouse.read(table).where(F.col(c.CUSTOMER_ID).isin(list(customers)))
            days.append(theirs.agg(F.min(c.INVOICE_DATE).alias("first")).collect()[0]["first"])
    return min((day.date() for day in days if day is not None), default=None)


def _from_landing(landing: Path, anonymiser: Anonymiser) -> Iterator[Removed]:
    files = landed.landed_files(landing)
    for path in files:
        if keeping_out.customers_in(path) & set(anonymiser.secrets):
            count = keeping_out.rewrite(path, anonymiser)
            yield Removed(f"landing/lines/{path.name}", ANONYMOUS, count)
    archive = uci.present(landing)
    if archive is not None and any(landed.shop_in(path) == "uci" for path in files):
        archive.unlink()
        yield Removed(f"landing/{archive.name}", FILE_GONE, 1)
    for path in keeping_out.source_files(landing):
        yield Removed(f"landing/{path.relative_to(landing)}", YOURS, 1)
    passed = [_unquoted(sheet, anonymiser.secrets) for sheet in landed.passed_over(landing)]
    landed.keep_passed_over(landing, passed)


def _unquoted(sheet: SheetRead, customers: Collection[str]) -> SheetRead:
    return replace(sheet, passed_over=keeping_out.unquoted(sheet.passed_over, customers))


def _with_customers(context: Context) -> list[Table]:
    return [
        table
        for table in (*TABLES, *BACKTEST_TABLES)
        if erasing.has_customers(table) and context.lakehouse.exists(table)
    ]


def _from_tables(context: Context, anonymiser: Anonymiser) -> Iterator[Removed]:
    spark = context.lakehouse.spark
    for table in _with_customers(context):
        rows, schema = _erased(context, table, anonymiser.secrets)
        if not rows:
            continue
        spark.createDataFrame(rows, schema).createOrReplaceTempView(_VIEW)
        name = context.lakehouse.name(table)
        answer = spark.sql(erasing.erasing(table, name, _VIEW, anonymiser.kept)).collect()
        what = GONE if table.layer == "gold" else ANONYMOUS
        yield Removed(table.full_name, what, int(answer[0]["num_affected_rows"]))
    spark.catalog.dropTempView(_VIEW)


def _erased(
    context: Context, table: Table, secrets: Mapping[str, str]
) -> tuple[list[tuple[str | None, ...]], str]:
    """Rows of the view that a table is held against, and their schema."""
    if not erasing.keeps_text(table):
        return [(customer,) for customer in secrets], erasing.NAMED
    found = _written(context, table, tuple(secrets))
    return [
        (written, product, mark(secrets[customer], written, product))
        for customer, written, product in found
    ], erasing.MARKED


def _from_reasons(context: Context, customers: Collection[str]) -> None:
    """Take them out of what ``bronze.batches`` says of sheets that were passed over."""
    lakehouse, place = context.lakehouse, t.BATCHES.column_names.index(c.SHEETS)
    changed = []
    # A few rows a source file.
    for row in lakehouse.read(t.BATCHES).collect() if lakehouse.exists(t.BATCHES) else ():
        sheets = [
            (name, lines, keeping_out.unquoted(why, customers), remarks)
            for name, lines, why, remarks in row[c.SHEETS]
        ]
        if sheets != [tuple(sheet) for sheet in row[c.SHEETS]]:
            changed.append((*row[:place], sheets, *row[place + 1 :]))
    if changed:
        lakehouse.merge(t.BATCHES, lakehouse.frame(t.BATCHES, changed))


def _purge(context: Context) -> None:
    """Leave no work table, and no older version of a table that has held what is of customers."""
    lakehouse = context.lakehouse
    # A home was cleared of what killed steps left, a catalog was not.
    drop_work_tables(lakehouse)
    held = [*_with_customers(context), *([t.BATCHES] if lakehouse.exists(t.BATCHES) else [])]
    for table in held:
        erasing.purge(lakehouse.spark, lakehouse.name(table))
    if context.settings.catalog is None:
        for table in held:
            erasing.forget_log(lakehouse.path(table))


def _models(context: Context, since: date | None) -> Iterator[Saw]:
    """Versions that saw lines of the day of the customers' first one, or of a later day."""
    for kind in MODELS if context.has_experiments else ():
        for version in context.tracking.versions(kind):
            as_of = version.tags.get(c.AS_OF, "")
            if since is None or not as_of or as_of > since.isoformat():
                aliases = tuple(sorted(version.aliases))
                yield Saw(kind.name, int(version.version), aliases, as_of, kind.step)
