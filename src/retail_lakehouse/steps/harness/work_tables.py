"""Work tables of running steps: known by name, so that those a killed process left can go."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame

from retail_lakehouse.delta.log import last_commit
from retail_lakehouse.delta.parquet_rows import read_parquet
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.tables import BACKTEST_TABLES, LAYERS, TABLES, Table

_STAGE = "_"
STAGES = ("suspects", "copies", "classified", "reversals", "touched", "changed")


def work_table(layer: str, name: str) -> Table:
    """The table of one of ``STAGES``; ValueError for another name."""
    if name not in STAGES:
        raise ValueError(f"{name} is none of the work tables {', '.join(STAGES)}")
    return Table(
        layer=layer,
        name=f"{_STAGE}{name}",
        grain="Work table of a running step",
        key=(),
        columns=(),
    )


@contextmanager
def staged(lakehouse: Lakehouse, layer: str, name: str, rows: DataFrame) -> Iterator[DataFrame]:
    """Rows computed once for several reads: written aside, and removed at the end.

    What ``cache`` would do, but it works on serverless and needs no memory. In a home the rows are
    files alone: nobody else looks at them, and a Delta table's log takes as long as a few rows do.
    A catalog's tables are Delta's.
    """
    stage = work_table(layer, name)
    aside = _put_aside(lakehouse, stage, rows)
    try:
        yield aside
    finally:
        lakehouse.drop(stage)


def _put_aside(lakehouse: Lakehouse, stage: Table, rows: DataFrame) -> DataFrame:
    if lakehouse.settings.catalog is None:
        folder = lakehouse.path(stage)
        rows.write.mode("overwrite").parquet(str(folder))
        return read_parquet(lakehouse.spark, [folder], rows.schema)
    # Read once or twice and whole: statistics to skip files by would be for nothing.
    rows.writeTo(lakehouse.name(stage)).using("delta").tableProperty(
        "delta.dataSkippingNumIndexedCols", "0"
    ).createOrReplace()
    return lakehouse.read(stage)


def drop_work_tables(lakehouse: Lakehouse) -> None:
    """Remove what killed steps left, which holds lines as they were; no step may be running.

    On a catalog: a home's are removed when it is opened.
    """
    for layer in LAYERS:
        for name in STAGES:
            table = work_table(layer, name)
            if lakehouse.exists(table):
                lakehouse.drop(table)


def clear_work_tables(home: Path) -> None:
    """Remove what a killed process left in a local home's warehouse; nobody else may be writing.

    Work tables of a step, and folders of tables that were never committed.
    """
    uncommitted = [
        home / "warehouse" / table.layer / table.name for table in (*TABLES, *BACKTEST_TABLES)
    ]
    staged = [home / "warehouse" / layer / f"{_STAGE}{name}" for layer in LAYERS for name in STAGES]
    # Other folders, and links to some, are people's own.
    for folder in (*uncommitted, *staged):
        left_over = folder in staged or last_commit(folder) is None
        if left_over and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
