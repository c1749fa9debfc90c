"""Rejected lines as people work on them: counted, shown, and written out to be corrected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse import tables as t
from retail_lakehouse.care.corrected_files import SUFFIXES, Rejects, Sheet, write
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import landed
from retail_lakehouse.machine.whole_files import check_name
from retail_lakehouse.medallion import duplicates, gate
from retail_lakehouse.medallion.rules import THERE_ALREADY
from retail_lakehouse.shops.corrections import REASON, REFERENCE, Line, reference
from retail_lakehouse.shops.inference.names import SHOWN
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c

_LINE = (c.BATCH_ID, c.SOURCE_SHEET, c.LINE_NUMBER)
_MEANT = tuple(f"meant_{name}" for name in _LINE)


@dataclass(frozen=True)
class Wanted:
    """Which of the rejected lines; empty: all but those that are in silver already."""

    reason: str = ""
    file: str = ""

    def condition(self) -> Column:
        """The same for a query."""
        by_reason = F.col(c.REASON) == self.reason
        lost = by_reason if self.reason else ~F.col(c.REASON).isin(*THERE_ALREADY)
        return lost & (F.col(c.SOURCE_FILE) == self.file) if self.file else lost


@dataclass(frozen=True)
class Reason:
    """Rejected lines of one reason. corrected: those for which a corrected line stands in silver.

    remedy: the line of the shop's description that would mend them all, if one would.
    """

    name: str
    lines: int
    corrected: int
    remedy: str
    samples: tuple[Row, ...]


def reasons(context: Context, wanted: Wanted, samples: int) -> list[Reason]:
    """The reasons, the most frequent first; SettingsError where no line is meant."""
    rejected = _marked(context)
    if wanted.reason or wanted.file:
        rejected = rejected.where(wanted.condition())
    counted = rejected.groupBy(c.REASON).agg(
        F.count("*").alias(c.LINES), F.sum(F.col("is_corrected").cast("BIGINT")).alias("corrected")
    )
    # A row a cleaning rule, and a few lines of each.
    rows = counted.orderBy(F.desc(c.LINES), c.REASON).collect()
    if not rows and (wanted.reason or wanted.file):
        raise _nothing(context, wanted)
    shown = _samples(rejected, samples)
    shop = context.description
    return [
        Reason(
            row[c.REASON],
            row[c.LINES],
            row["corrected"],
            "" if row[c.REASON] in THERE_ALREADY else gate.remedy(row[c.REASON], shop),
            tuple(line for line in shown if line[c.REASON] == row[c.REASON]),
        )
        for row in rows
    ]


def _nothing(context: Context, wanted: Wanted) -> SettingsError:
    said = [f"--reason {wanted.reason}"] if wanted.reason else []
    said += [f"--file {wanted.file}"] if wanted.file else []
    meant = " and ".join(said) or "--write alone, which leaves out what is in silver already"
    return SettingsError(
        f"No rejected line in {context.lakehouse.place} that waits to be corrected is meant by "
        f"{meant}: 'retail-lakehouse rejects' alone shows what there is."
    )


def _samples(rejected: DataFrame, count: int) -> list[Row]:
    place = Window.partitionBy(c.REASON).orderBy(c.SOURCE_FILE, c.SOURCE_SHEET, c.LINE_NUMBER)
    first = rejected.withColumn("place", F.row_number().over(place)).where(F.col("place") <= count)
    return first.orderBy(c.REASON, "place").collect()


def _marked(context: Context) -> DataFrame:
    """The rejected lines, with whether a corrected line has taken their place."""
    read = context.lakehouse.read
    rejected = read(t.REJECTED_LINES).withColumns(_meant())
    lines = read(t.INVOICE_LINES).select(*_LINE, c.OTHER_COLUMNS).withColumns(_meant())
    corrections = lines.where(F.col("meant_batch_id") != F.col(c.BATCH_ID))
    stands = corrections.join(rejected.select(*_LINE), on=list(_LINE), how="left_anti")
    done = stands.select(*_MEANT).distinct().withColumn("is_corrected", F.lit(True))
    marked = rejected.join(F.broadcast(done), on=list(_MEANT), how="left")
    return marked.withColumn("is_corrected", F.coalesce("is_corrected", F.lit(False)))


def _meant() -> dict[str, Column]:
    """The line that a corrected line is for; of any other, itself."""
    there = duplicates.for_line()
    return {f"meant_{name}": F.coalesce(there[name], F.col(name)) for name in _LINE}


def write_out(context: Context, wanted: Wanted, out: Path) -> list[tuple[Path, int]]:
    """Write the lines that are not corrected yet, in the source's own columns, one file a header.

    Of a line that came back and was rejected again, as it came back. The files, and how many lines
    are in each.
    """
    check_name(out, SUFFIXES, "--write")
    came_back = duplicates.corrected(context.lakehouse.read(t.INVOICE_LINES)).drop("is_corrected")
    waiting = _marked(context).where(wanted.condition() & ~F.col("is_corrected"))
    rows = waiting.withColumn("origin", duplicates.origin()).join(
        F.broadcast(came_back), on=["origin", c.LINE_NUMBER], how="left_anti"
    )
    if rows.isEmpty():
        raise _nothing(context, wanted)
    sheets = _sheets(context, rows)
    ordered = rows.orderBy(c.SOURCE_FILE, c.SOURCE_SHEET, c.BATCH_ID, c.LINE_NUMBER)
    return write(out, sheets, _cells(ordered, sheets, context), context.description)


def _sheets(context: Context, rows: DataFrame) -> Rejects:
    """For each batch, the sheet that its lines are written to: one for all of the same header."""
    others = rows.select(c.BATCH_ID, F.explode_outer(F.map_keys(c.OTHER_COLUMNS)).alias("name"))
    named: dict[str, set[str]] = {}
    # Names of columns, of each source file.
    for row in others.distinct().collect():
        named.setdefault(row[c.BATCH_ID], set()).update({row["name"]} - {None})
    headers: dict[tuple[tuple[str, str], ...], set[str]] = {}
    of_batch: dict[str, tuple[tuple[str, str], ...]] = {}
    for batch, names in named.items():
        ours = tuple(_columns(context.settings.landing_dir, batch).items())
        of_batch[batch] = ours
        headers.setdefault(ours, set()).update(names - {REFERENCE, REASON})
    sheets = {ours: Sheet(dict(ours), tuple(sorted(names))) for ours, names in headers.items()}
    return {batch: sheets[ours] for batch, ours in of_batch.items()}


def _columns(landing: Path, batch: str) -> Mapping[str, str]:
    """Our columns by theirs, in the order of ours; our own where an earlier version landed it."""
    said = landed.told(landed.lines_folder(landing) / f"{batch}.parquet")
    columns = said.columns if said is not None and said.columns else SHOWN
    return {ours: theirs for ours in SHOWN if (theirs := columns.get(ours))}


def _cells(
    rows: DataFrame, sheets: Rejects, context: Context
) -> Iterator[tuple[Sheet, Sequence[str]]]:
    """Each line's cells, in the order of its sheet's header."""
    for row in rows.toLocalIterator():
        sheet, others = sheets[row[c.BATCH_ID]], row[c.OTHER_COLUMNS] or {}
        line = Line(row[c.BATCH_ID], row[c.LINE_NUMBER], row[c.SOURCE_SHEET], row[c.SOURCE_FILE])
        # Date and time of day are one text in bronze, under the date.
        ours = [row[name] if name != "invoice_time" else None for name in sheet.columns]
        cells = [*ours, *(others.get(name) for name in sheet.others), row[c.REASON]]
        # A line that was corrected and rejected again is still for the first one.
        yield sheet, [*(cell or "" for cell in cells), others.get(REFERENCE) or reference(line)]
