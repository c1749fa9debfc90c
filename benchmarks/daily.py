"""Daily files against one run of all: python daily.py WORKBOOK FOLDER [--ways WAY…] [--last].

The first sheet is one file, the second a file a day, by the day of its lines. Each way brings the
daily files to a home of its own, and the steps up to gold run after every few of them; a hash of
each table's rows, without what names file and load, tells whether all ways end alike. --last takes
the time of the last day's run, up to the published lists and without training, of a run with
nothing new, and of a rebuild of the same.
"""

import argparse
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pyspark.sql import functions as F
from rich.console import Console

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import landed_files
from retail_lakehouse.medallion.rules import THERE_ALREADY
from retail_lakehouse.policies.cadence import Cadence
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

TO_GOLD = ("land", "bronze", "silver", "gold")
TO_LISTS = (*TO_GOLD, "expectations", "publish-recommendations")
TABLES = (
    *(t.SALES, t.RETURNS, t.REJECTED_LINES),
    *(t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES),
)
OF_FILES = ("source_file", "source_sheet", "line_number", "batch_id", "ingested_at")
COLUMNS = {
    "invoice": "Invoice", "stock_code": "StockCode", "description": "Description",
    "quantity": "Quantity", "invoice_date": "InvoiceDate", "price": "Price",
    "customer_id": "Customer ID", "country": "Country",
}  # fmt: skip
ALL_MIXED = "shuffled, twice and split"
# Of ten files, which one comes again.
TWICE = {"tenths twice": 0, ALL_MIXED: 5}
WAYS = ("at once", "in order", "shuffled", "tenths twice", "tenths split", ALL_MIXED)
SEED = 42
console = Console(width=120)


def daily_files(workbook: Path, folder: Path) -> tuple[Path, list[Path]]:
    """The first sheet as a file, and the second as a file a day."""
    land([str(workbook)], folder / "landing")
    lines = pa.concat_tables(map(pq.read_table, landed_files(folder / "landing")))
    sheets = sorted(pc.unique(lines["source_sheet"]).to_pylist())
    first = _written(lines.filter(pc.equal(lines["source_sheet"], sheets[0])), folder / "first.csv")
    second = lines.filter(pc.equal(lines["source_sheet"], sheets[-1]))
    days = pc.utf8_slice_codeunits(second["invoice_date"], 0, 10)
    return first, [
        _written(second.filter(pc.equal(days, day)), folder / f"{day}.csv")
        for day in sorted(pc.unique(days).to_pylist())
    ]


def _written(lines: pa.Table, path: Path) -> Path:
    table = lines.select(list(COLUMNS)).rename_columns(list(COLUMNS.values()))
    pa_csv.write_csv(table, path)
    return path


def arrivals(way: str, days: Sequence[Path], folder: Path) -> Iterator[Path]:
    """The daily files of a way, in the order in which they come."""
    ordered = list(days)
    if way in ("shuffled", ALL_MIXED):
        random.Random(SEED).shuffle(ordered)
    for place, day in enumerate(ordered):
        if way in ("tenths split", ALL_MIXED) and place % 10 == 0:
            yield from _halves(day, folder)
            continue
        yield day
        if place % 10 == TWICE.get(way):
            yield Path(shutil.copy(day, folder / f"{day.stem} again.csv"))


def _halves(day: Path, folder: Path) -> Iterator[Path]:
    header, *lines = day.read_text().splitlines(keepends=True)
    middle = len(lines) // 2
    for name, part in (("b", lines[middle:]), ("a", lines[:middle])):
        half = folder / f"{day.stem} {name}.csv"
        half.write_text(header + "".join(part))
        yield half


def hashes(context: Context) -> dict[str, tuple[int, str]]:
    """Rows of each table and a hash of them, whatever their order."""
    found = {}
    for table in TABLES:
        rows = context.lakehouse.read(table).drop(*OF_FILES)
        if table == t.REJECTED_LINES:
            # Which of the two it is goes by the file, and maps are not hashed.
            there = F.when(F.col("reason").isin(*THERE_ALREADY), "there").otherwise(F.col("reason"))
            rows = rows.withColumn("reason", there).drop("other_columns")
        content = F.sum(F.xxhash64(*rows.columns).cast("DECIMAL(20,0)")).cast("STRING")
        row = rows.agg(F.count("*").alias("rows"), content.alias("content")).collect()[0]
        found[table.full_name] = (row["rows"], row["content"])
    return found


def follow(way: str, first: Path, days: Sequence[Path], folder: Path, days_a_run: int) -> Context:
    """A home to which the files have come this way."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    shutil.copy(first, exports)
    context = Context(Settings(home=folder / "home"), (str(exports),))
    coming = list(arrivals(way, days, folder))
    step = len(coming) if way == "at once" else days_a_run
    if way != "at once":
        run(context, TO_GOLD)
    for begin in range(0, len(coming), step):
        for file in coming[begin : begin + step]:
            shutil.copy(file, exports)
        run(context, TO_GOLD)
    return context


def run(context: Context, names: Sequence[str]) -> dict[str, str]:
    """Notes of the steps."""
    return {name: pipeline.STEPS_BY_NAME[name].run(context).note for name in names}


def last_day(first: Path, days: Sequence[Path], folder: Path) -> None:
    """Print what the last day's file costs against a rebuild."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    for file in (first, *days[:-1]):
        shutil.copy(file, exports)
    cadence = Cadence(10_000, float("inf"))
    context = Context(Settings(home=folder / "home", cadence=cadence), (str(exports),))
    every = [step.name for step in pipeline.STEPS]
    run(context, every)
    shutil.copy(days[-1], exports)
    seconds = {"one more day": _timed(context, every), "nothing new": _timed(context, every)}
    for layer in ("silver", "gold"):
        shutil.rmtree(folder / "home" / "warehouse" / layer)
    seconds["rebuild"] = _timed(context, every)
    for name, taken in seconds.items():
        for words, steps in (("to the lists", TO_LISTS), ("in all", every)):
            all_of_them, anew = (
                sum(each[step] for step in steps) for each in (taken, seconds["rebuild"])
            )
            console.print(f"{name} {words}: {all_of_them:.1f} s, {all_of_them / anew:.2f}")


def _timed(context: Context, names: Sequence[str]) -> dict[str, float]:
    """Seconds of each step."""
    seconds = {}
    for name in names:
        began = perf_counter()
        note = run(context, [name])[name]
        seconds[name] = perf_counter() - began
        console.print(f"  {name:<24} {seconds[name]:6.1f} s  {note}", style="dim", markup=False)
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workbook", type=Path)
    parser.add_argument("folder", type=Path, help="an empty one")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--days", type=int, help="so many daily files only")
    parser.add_argument("--days-a-run", type=int, default=1)
    parser.add_argument("--last", action="store_true")
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    first, days = daily_files(given.workbook, given.folder)
    days = days[: given.days]
    found = {}
    for way in given.ways:
        began = perf_counter()
        context = follow(way, first, days, given.folder / way, given.days_a_run)
        found[way] = hashes(context)
        same = found[way] == found[given.ways[0]]
        words = "the same tables" if same else "OTHER TABLES"
        console.print(f"{way}: {len(days)} files, {perf_counter() - began:.0f} s, {words}")
        if not same:
            console.print(found[way], found[given.ways[0]])
    if given.last:
        last_day(first, days, given.folder / "last")


if __name__ == "__main__":
    main()
