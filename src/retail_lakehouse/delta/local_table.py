"""A table that is a folder, by its log alone: in milliseconds, where Spark takes a query.

A catalog's tables are asked through Spark, and so is a folder that deltalake would not find: it
takes what the names of folders hold for parts of an address.
"""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deltalake import DeltaTable

_ROWS = "num_records"


def properties(folder: Path) -> dict[str, str] | None:
    """What is kept with the table, which must be there; None where Spark has to be asked."""
    table = _opened(folder)
    kept: dict[str, str] | None = table.metadata().configuration if table else None
    return kept


def count_rows(folder: Path) -> int | None:
    """Rows of the table, which must be there; None where Spark has to be asked.

    Files that another program wrote may have no statistics, or rows that were deleted in a file
    beside them.
    """
    files = _statistics(folder, _ROWS)
    counts = None if files is None else files[_ROWS]
    return None if counts is None or None in counts else sum(counts)


def newest_days(folder: Path, column: str) -> tuple[date, ...] | None:
    """The latest day (UTC) that a column of dates or times has in each of the table's files.

    Files without rows, or with nothing in the column, have none. None where Spark has to be asked.
    """
    latest, nulls = f"max.{column}", f"null_count.{column}"
    files = _statistics(folder, _ROWS, latest, nulls)
    if files is None or not {latest, nulls} <= set(files):
        return () if files and not files[_ROWS] else None
    found = []
    for day, rows, without in zip(files[latest], files[_ROWS], files[nulls], strict=True):
        if day is not None:
            found.append(day.date() if isinstance(day, datetime) else day)
        elif rows is None or rows != without:
            return None
    return tuple(found)


def _statistics(folder: Path, *names: str) -> dict[str, list[Any]] | None:
    """Those that the table has of the names, with a value for each file; None where its files do
    not tell of its rows.
    """
    table = _opened(folder)
    if table is None or "deletionVectors" in (table.protocol().reader_features or ()):
        return None
    files = table.get_add_actions(flatten=True)
    there = [name for name in names if name in files.schema.names]
    return {name: list(files.column(name).to_pylist()) for name in there}


def _opened(folder: Path) -> "DeltaTable | None":
    from deltalake import DeltaTable

    path = str(folder)
    # "a%20b" and "a\b" would be another folder, "a b" and "a/b", and a tab no path at all.
    plain = path.isprintable() and not set("%\\") & set(path)
    return DeltaTable(path) if plain else None
