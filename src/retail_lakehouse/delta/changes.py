"""What changes in tables, how many rows they have, and the words that are kept with them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from retail_lakehouse.delta import contract, local_table
from retail_lakehouse.delta.log import LastWrite, newest_version, newest_write
from retail_lakehouse.delta.rows import aggregated
from retail_lakehouse.tables import Table


class Changes(ABC):
    """Of the tables that a session sees."""

    spark: SparkSession

    @abstractmethod
    def name(self, table: Table) -> str:
        """The table's name as SQL takes it."""

    @abstractmethod
    def exists(self, table: Table) -> bool:
        """Whether the table was created."""

    @abstractmethod
    def folder(self, table: Table) -> Path | None:
        """Of a local table; None: it is not one."""

    @abstractmethod
    def require(self, table: Table) -> None:
        """MissingTableError where no step has written the table yet."""

    def counts(self, tables: Sequence[Table]) -> dict[Table, int]:
        """Rows of each table, by its log, or else asked for in one query.

        MissingTableError where one is not there.
        """
        for table in tables:
            self.require(table)
        by_log = {table: self._count_by_log(table) for table in tables}
        asked = self._count_by_query([table for table, rows in by_log.items() if rows is None])
        return {table: asked.get(table, rows or 0) for table, rows in by_log.items()}

    def count(self, table: Table) -> int:
        """Rows of the table; MissingTableError where it is not there."""
        return self.counts((table,))[table]

    def is_known_empty(self, table: Table) -> bool:
        """Whether the table, which must be there, has no rows by its log; False where Spark would
        have to be asked.
        """
        return self._count_by_log(table) == 0

    def newest_days(self, columns: Mapping[Table, str]) -> dict[Table, date | None]:
        """The latest day (UTC) in a column of each table, by its log, or else asked for in one
        query; None: no row has one.
        """
        days: dict[Table, date | None] = {}
        for table, column in columns.items():
            folder = self.folder(table)
            by_log = local_table.newest_days(folder, column) if folder else None
            if by_log is not None:
                days[table] = max(by_log, default=None)
        return days | self._days_by_query(
            {table: column for table, column in columns.items() if table not in days}
        )

    def _days_by_query(self, columns: Mapping[Table, str]) -> dict[Table, date | None]:
        if not columns:
            return {}
        asked = [
            (self.spark.read.table(self.name(table)), [F.max(column).cast("DATE").alias("day")])
            for table, column in columns.items()
        ]
        return {table: row["day"] for table, row in zip(columns, aggregated(asked), strict=True)}

    def _count_by_log(self, table: Table) -> int | None:
        folder = self.folder(table)
        return local_table.count_rows(folder) if folder else None

    def _count_by_query(self, tables: Sequence[Table]) -> dict[Table, int]:
        if not tables:
            return {}
        count = [F.count("*").alias("rows")]
        found = aggregated([(self.spark.read.table(self.name(one)), count) for one in tables])
        return {table: int(row["rows"]) for table, row in zip(tables, found, strict=True)}

    def version(self, table: Table) -> int:
        """The table's current Delta version."""
        return newest_version(self.spark, self.name(table), self.folder(table))

    def last_write(self, table: Table) -> LastWrite:
        """The commit that made the table's rows what they are: upkeep changes none."""
        return newest_write(self.spark, self.name(table), self.folder(table))

    def changes(self, table: Table, after: int, upto: int) -> DataFrame:
        """Rows as they were and as they are, with Delta's ``_change_type``, of these versions."""
        name = self.name(table)
        if after >= upto:
            nothing = self.spark.read.table(name).where(F.lit(False))
            return nothing.withColumn("_change_type", F.lit(""))
        versions = {"startingVersion": str(after + 1), "endingVersion": str(upto)}
        feed = self.spark.read.options(readChangeFeed="true", **versions).table(name)
        return feed.drop("_commit_version", "_commit_timestamp")

    def note(self, table: Table, key: str, value: str) -> None:
        """Keep a word with the table, as a property; ``noted`` gives it back."""
        self.spark.sql(contract.noting(self.name(table), key, value))

    def noted(self, table: Table, key: str) -> str | None:
        """What ``note`` kept last; None where the table or the word is missing."""
        return self.properties(table).get(key) if self.exists(table) else None

    def properties(self, table: Table) -> dict[str, str]:
        """All that is kept with the table, its own properties too."""
        folder = self.folder(table)
        kept = local_table.properties(folder) if folder else None
        if kept is not None:
            return kept
        rows = self.spark.sql(f"SHOW TBLPROPERTIES {self.name(table)}").collect()
        return {row["key"]: row["value"] for row in rows}
