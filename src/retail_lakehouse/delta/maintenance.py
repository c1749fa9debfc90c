"""Upkeep of a table: few files, rows laid together as readers ask, old files gone; no row changes.

Every statement is one that the log tells from a write (``log.UPKEEP``), so the steps that read the
table do not take it for a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from retail_lakehouse.tables import Table

DELETED_FILES = "delta.deletedFileRetentionDuration"
OLD_VERSIONS = "delta.logRetentionDuration"
# A day's few rows make many small files: the platform joins them as they are written.
_SMALL_WRITES = {
    "delta.autoOptimize.optimizeWrite": "true",
    "delta.autoOptimize.autoCompact": "true",
}


@dataclass(frozen=True)
class Files:
    """The files that a table's newest version is made of."""

    count: int
    size: int


@dataclass(frozen=True)
class Tended:
    """A table's files before and after its upkeep."""

    table: Table
    before: Files
    after: Files


def tend(spark: SparkSession, table: Table, name: str, keep_days: int, *, local: bool) -> Tended:
    """Settle properties and clustering, join small files, and remove those no version needs.

    name: as SQL takes it. keep_days: for so long a version that is not the newest can be read.
    local: a plain folder, and not a catalog's table.
    """
    found = details(spark, name)
    for statement in settling(table, name, found, keep_days, local=local):
        spark.sql(statement)
    spark.sql(f"OPTIMIZE {name}").collect()
    if not local:
        spark.sql(f"ANALYZE TABLE {name} COMPUTE STATISTICS FOR ALL COLUMNS")
    # How old a file must be is the table's own property: what is less than a week would be refused
    # here, and on serverless compute nobody may turn that check off.
    spark.sql(f"VACUUM {name}").collect()
    return Tended(table, _files(found), _files(details(spark, name)))


def settling(
    table: Table, name: str, found: Mapping[str, Any], keep_days: int, *, local: bool
) -> list[str]:
    """Statements that give a table the properties and clustering that it has not yet.

    found: what DESCRIBE DETAIL says of it.
    """
    kept = f"interval {keep_days} days"
    wanted = {DELETED_FILES: kept, OLD_VERSIONS: kept} | ({} if local else _SMALL_WRITES)
    missing = {key: value for key, value in wanted.items() if found["properties"].get(key) != value}
    statements = []
    if missing:
        pairs = ", ".join(f"'{key}' = '{value}'" for key, value in missing.items())
        statements.append(f"ALTER TABLE {name} SET TBLPROPERTIES ({pairs})")
    if table.clustered_by and list(found["clusteringColumns"]) != list(table.clustered_by):
        columns = ", ".join(f"`{column}`" for column in table.clustered_by)
        statements.append(f"ALTER TABLE {name} CLUSTER BY ({columns})")
    return statements


def details(spark: SparkSession, name: str) -> Mapping[str, Any]:
    """What DESCRIBE DETAIL says of a table. name: as SQL takes it."""
    found: Mapping[str, Any] = spark.sql(f"DESCRIBE DETAIL {name}").collect()[0].asDict()
    return found


def _files(found: Mapping[str, Any]) -> Files:
    return Files(int(found["numFiles"]), int(found["sizeInBytes"]))
