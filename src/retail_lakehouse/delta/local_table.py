"""A table that is a folder, by its log alone: in milliseconds, where Spark takes a query.

A catalog's tables are asked through Spark.
"""

from pathlib import Path


def properties(folder: Path) -> dict[str, str]:
    """What is kept with the table, its constraints too; it must be there."""
    from deltalake import DeltaTable

    kept: dict[str, str] = DeltaTable(folder).metadata().configuration
    return kept


def count_rows(folder: Path) -> int | None:
    """Rows of the table, which must be there; None where its log does not say it.

    Files that another program wrote may have no statistics, or rows that were deleted in a file
    beside them.
    """
    from deltalake import DeltaTable

    table = DeltaTable(folder)
    if "deletionVectors" in (table.protocol().reader_features or ()):
        return None
    counts = table.get_add_actions(flatten=True).column("num_records").to_pylist()
    return None if None in counts else sum(counts)
