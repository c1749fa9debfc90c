"""Bronze to silver: of what has changed, or of all lines."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.medallion import affected, duplicates, reversals, silver
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.steps.harness.following import Since, said_anew
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c

_NAMED = 3
# A longer list of batches takes longer to look through than the files that it leaves out.
_BATCHES_NAMED = 100
_OUTCOMES = (t.SALES, t.RETURNS, t.REJECTED_LINES)
_FORGOTTEN = "invoices with lines of forgotten customers are affected"


def clean_silver(io: StepIO) -> StepResult:
    """Bronze lines to sales, returns and rejected lines, as the shop's description says."""
    shop, bronze, since = io.description(), io.read(t.INVOICE_LINES), io.since()
    share = io.settings.rebuild_share
    anew = since.anew_if(t.INVOICE_LINES, lambda: io.count(t.INVOICE_LINES), share, adds_only=True)
    if not anew and since.nothing(t.INVOICE_LINES):
        did = "no new lines"
    elif anew := anew or _follow(io, bronze, since, shop):
        _all_anew(io, bronze, shop)
        did = said_anew(anew)
    else:
        did = f"followed {sum(since.kinds[t.INVOICE_LINES].values()):,} new lines"
    note = "; ".join(filter(None, (_resent(io), did)))
    return io.counted((t.INVOICE_LINES,), _OUTCOMES, note)


@contextmanager
def _staging(io: StepIO) -> Iterator[Callable[[str, DataFrame], DataFrame]]:
    """What puts rows aside by name until the end."""
    with ExitStack() as stages:
        yield lambda name, rows: stages.enter_context(io.staged("silver", name, rows))


def _all_anew(io: StepIO, bronze: DataFrame, shop: ShopDescription) -> None:
    with _staging(io) as staged:
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


def _follow(io: StepIO, bronze: DataFrame, since: Since, shop: ShopDescription) -> str:
    """Bring the tables up to date with the lines that were added; if it cannot be, say why."""
    new = since.changes[t.INVOICE_LINES].select(*t.INVOICE_LINES.column_names)
    invoices = _affected_invoices(bronze, new)
    sales, returns, resent = map(io.read, (t.SALES, t.RETURNS, t.RESENT_INVOICES))
    with _staging(io) as staged:
        touched = staged("touched", affected.lines_of(_files_with(bronze, invoices), invoices))
        if not affected.forgotten(touched, new).isEmpty():
            return _FORGOTTEN
        copies = duplicates.copies(touched, duplicates.suspects(touched), shop)
        there_already = duplicates.there_already(copies, shop)
        # Of all lines: one may be corrected by a line of another invoice.
        own = silver.classify(touched, there_already, shop, duplicates.corrected(bronze))
        # Written aside as a whole: it reads the tables that are changed below.
        lines = staged("classified", affected.with_deals(own, sales, returns))
        reversed_sales = reversals.reversals(lines)
        within = _batches_of(lines)

        def merge(table: Table, rows: DataFrame) -> None:
            before = _of_batches(io.read(table), within).join(
                lines, on=list(table.key), how="left_semi"
            )
            io.merge(table, rows, before, within)

        def merge_the_rest() -> None:
            now = duplicates.resent_invoices(copies, shop)
            io.merge(t.RESENT_INVOICES, now, affected.resent_before(resent, invoices))
            merge(t.RETURNS, silver.returns(lines, reversed_sales))
            merge(t.REJECTED_LINES, silver.rejected_lines(lines))

        now_sold = silver.sales(lines, reversed_sales)
        io.side_by_side(lambda: merge(t.SALES, now_sold), merge_the_rest)
    return ""


def _affected_invoices(bronze: DataFrame, new: DataFrame) -> DataFrame:
    """Those of new lines, of the lines that they correct, and of what was corrected before."""
    named = affected.lines_for(new)
    if named.isEmpty():
        return affected.invoices(new)
    return affected.invoices(new.unionByName(affected.corrected_with(bronze, named)))


def _files_with(bronze: DataFrame, invoices: DataFrame) -> DataFrame:
    """The lines of those batches that have any of the invoices: found by one column alone."""
    return _of_batches(bronze, _batches_of(affected.lines_of(bronze, invoices)))


def _of_batches(rows: DataFrame, batches: dict[str, list[str]]) -> DataFrame:
    """Of ``_batches_of``; all rows where these are too many to name."""
    return rows.where(F.col(c.BATCH_ID).isin(batches[c.BATCH_ID])) if batches else rows


def _batches_of(lines: DataFrame) -> dict[str, list[str]]:
    """All batches of the lines as values of their column; empty where there are too many."""
    found = lines.select(c.BATCH_ID).distinct().limit(_BATCHES_NAMED + 1).collect()
    if len(found) > _BATCHES_NAMED:
        return {}
    return {c.BATCH_ID: sorted(row[c.BATCH_ID] for row in found)}


def _resent(io: StepIO) -> str:
    """A word on invoices that came again and were not the same; empty where there are none."""
    if not (count := io.count(t.RESENT_INVOICES)):
        return ""
    resent = io.read(t.RESENT_INVOICES)
    first = resent.orderBy(c.INVOICE, c.INVOICE_DAY).limit(_NAMED + 1).collect()
    more = count - _NAMED
    names = [row[c.INVOICE] for row in first[:_NAMED]] + ([f"{more:,} more"] if more > 0 else [])
    replaced = " and replaced the first" if first[0][c.REPLACED] else ""
    return f"came again, not the same{replaced}: invoice {', '.join(names)}"
