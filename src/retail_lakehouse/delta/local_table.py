"""A table that is a folder, by its log alone: in milliseconds, where Spark takes a query.

A catalog's tables are asked through Spark, and so is a folder that deltalake would not find: it
takes what the names of folders hold for parts of an address.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltalake import DeltaTable


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
    table = _opened(folder)
    if table is None or "deletionVectors" in (table.protocol().reader_features or ()):
        return None
    counts = table.get_add_actions(flatten=True).column("num_records").to_pylist()
    return None if None in counts else sum(counts)


def _opened(folder: Path) -> "DeltaTable | None":
    from deltalake import DeltaTable

    path = str(folder)
    # "a%20b" and "a\b" would be another folder, "a b" and "a/b", and a tab no path at all.
    plain = path.isprintable() and not set("%\\") & set(path)
    return DeltaTable(path) if plain else None
