"""Customers taken out of tables, and out of all that a table keeps of its older versions.

No statement names a customer: who they are comes from a view, as Delta writes conditions into a
table's log, where they would stay.
"""

import re
from collections.abc import Collection
from pathlib import Path

from pyspark.sql import SparkSession

from retail_lakehouse.delta.maintenance import DELETED_FILES, details
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c

# Of bronze lines: as they are written, the product with them, and what they become.
MARKED = "customer_id STRING, stock_code STRING, mark STRING"
# Of customers, as cleaning reads them.
NAMED = "customer_id STRING"
_VERSION = re.compile(r"\.?([0-9]{20})\.")
_AT_ONCE = "delta.checkpointInterval"
_NO_TIME, _DEFAULT = "interval 0 days", "interval 7 days"


def has_customers(table: Table) -> bool:
    """Whether the table's rows are lines of customers, or rows about them."""
    return c.CUSTOMER_ID in table.column_names


def keeps_text(table: Table) -> bool:
    """Whether its customers are verbatim, as the source has them."""
    return has_customers(table) and c.OTHER_COLUMNS in table.column_names


def erasing(table: Table, name: str, view: str, kept: Collection[str]) -> str:
    """The statement that takes a view's customers out of a table.

    Lines stay, without whose they were; rows about customers go. kept: of a verbatim line's other
    columns, those that stay.
    """
    if keeps_text(table):
        names = ", ".join(f"'{_escaped(one)}'" for one in sorted(kept)) or "''"
        others = f"map_filter(t.other_columns, (name, value) -> name IN ({names}))"
        on = "t.customer_id = s.customer_id AND t.stock_code <=> s.stock_code"
        does = (
            f"UPDATE SET customer_id = s.mark, "
            f"other_columns = CASE WHEN size({others}) > 0 THEN {others} END"
        )
    else:
        on = "t.customer_id = s.customer_id"
        does = "DELETE" if table.layer == "gold" else "UPDATE SET customer_id = NULL"
    return f"MERGE INTO {name} t USING {view} s ON {on} WHEN MATCHED THEN {does}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def purge(spark: SparkSession, name: str) -> None:
    """Remove the files of every older version of a table; nobody else may be writing.

    What its log says of them is for ``forget_log``.
    """
    before = details(spark, name)["properties"].get(DELETED_FILES, "")
    kept = before if before != _NO_TIME else ""
    alter = f"ALTER TABLE {name}"
    # By properties, as nobody may turn the check of an argument off on serverless compute.
    spark.sql(f"{alter} SET TBLPROPERTIES ('{DELETED_FILES}' = '{_NO_TIME}', '{_AT_ONCE}' = '1')")
    spark.sql(f"VACUUM {name}").collect()
    # This commit's checkpoint holds all that the table is.
    spark.sql(f"{alter} SET TBLPROPERTIES ('{DELETED_FILES}' = '{kept or _DEFAULT}')")
    gone = [f"'{_AT_ONCE}'", *([] if kept else [f"'{DELETED_FILES}'"])]
    spark.sql(f"{alter} UNSET TBLPROPERTIES IF EXISTS ({', '.join(gone)})")


def forget_log(folder: Path) -> None:
    """Remove all of a local table's log that is older than its newest checkpoint.

    Its entries hold the smallest and largest values of files that are gone. In a catalog Delta
    itself removes them, after the time that the table's properties say.
    """
    log = folder / "_delta_log"
    newest = max(map(_version, log.glob("*.checkpoint*.parquet")), default=0)
    for path in log.iterdir():
        if path.is_file() and 0 <= _version(path) < newest:
            path.unlink()


def _version(path: Path) -> int:
    found = _VERSION.match(path.name)
    return int(found[1]) if found else -1
