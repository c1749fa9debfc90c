"""Delta tables by contract: create, read, append, replace, merge. The only place with table I/O.

Locally a table is a plain Delta folder ``home/warehouse/<layer>/<name>``; on Databricks it is
``catalog.<prefix><layer>.<name>``. The same statements serve both.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, DataFrameWriterV2, SparkSession
from pyspark.sql import functions as F

from retail_lakehouse.delta import contract
from retail_lakehouse.delta.changes import Changes
from retail_lakehouse.delta.contract import Existing
from retail_lakehouse.delta.log import last_commit
from retail_lakehouse.delta.rows import conform, to_merge
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.settings import Settings, check_identifier
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES, Table

if TYPE_CHECKING:
    import pandas as pd

_LOADER = "retail_lakehouse.load"


class Lakehouse(Changes):
    """The tables of one home or catalog, seen through one session; currency: for comments."""

    def __init__(
        self, spark: SparkSession, settings: Settings, currency: Callable[[], str] = lambda: "GBP"
    ) -> None:
        self.spark, self.settings, self._currency = spark, settings, currency
        # Looked at once in a process: each look is a query.
        self._readable: set[Table] = set()
        self._as_contract: set[Table] = set()

    def name(self, table: Table) -> str:
        """The table's name as SQL takes it: a path or a three-level name, quoted."""
        if self.settings.catalog is None:
            return f"delta.`{str(self.path(table)).replace('`', '``')}`"
        schema = self.settings.schema_prefix + table.layer
        return f"`{check_identifier('catalog', self.settings.catalog)}`.`{schema}`.`{table.name}`"

    def path(self, table: Table) -> Path:
        """Folder of a local table."""
        return self.settings.home.absolute() / "warehouse" / table.layer / table.name

    def folder(self, table: Table) -> Path | None:
        """Of a local table; None: it is in a catalog."""
        return self.path(table) if self.settings.catalog is None else None

    def exists(self, table: Table) -> bool:
        """Whether the table was created."""
        if self.settings.catalog is None:
            return last_commit(self.path(table)) is not None
        return bool(self.spark.catalog.tableExists(self.name(table)))

    def read(self, table: Table) -> DataFrame:
        """The table's rows; MissingTableError where no step has written it yet.

        OtherContractError where another version of this program wrote it, and a column is missing:
        so a step that adds to a table calls ``create`` first.
        """
        self.require(table)
        rows = self.spark.read.table(self.name(table))
        if table not in self._readable:
            existing = self._existing(table, rows, {})
            if reasons := existing.unreadable():
                raise existing.refused(reasons, rows_do=not existing.misfits())
            self._readable.add(table)
        return rows

    def require(self, table: Table) -> None:
        """MissingTableError where no step has written the table yet."""
        if not self.exists(table):
            raise MissingTableError(
                f"There is no table {table.full_name} in {self.place} yet: run the step "
                f"'{table.written_by}' before this one, or all of them with "
                "'retail-lakehouse run'."
            )

    def _existing(self, table: Table, rows: DataFrame, properties: dict[str, str]) -> Existing:
        name = self.name(table)
        thing = f"folder {self.path(table)}" if self.settings.catalog is None else f"table {name}"
        return Existing(table, name, self.place, thing, rows.schema, properties)

    @property
    def place(self) -> str:
        """Where the tables are, for messages."""
        return self.settings.catalog or str(self.settings.home)

    def create(self, table: Table, source_kind: str) -> bool:
        """Create the table from its contract, with comments and constraints; False: it was there.

        One that was there is brought to the contract, as by ``adapt``.
        """
        if self.adapt(table):
            return False
        self._define("CREATE TABLE IF NOT EXISTS", table, source_kind)
        return True

    def _define(self, verb: str, table: Table, source_kind: str) -> None:
        local, worded = self.settings.catalog is None, table.in_currency(self._currency())
        self.spark.sql(
            contract.definition(verb, self.name(table), worded, source_kind, whole=local)
        )
        if local:
            self._note(table)
        else:
            self.adapt(table)

    def _note(self, table: Table) -> None:
        self._as_contract.add(table)
        self._readable.add(table)

    def adapt(self, table: Table) -> bool:
        """Bring the table to its contract where that needs no other rows; False: there is none.

        OtherContractError where its rows do not do: another version of this program wrote them.
        """
        if not self.exists(table):
            return False
        if table not in self._as_contract:
            properties, worded = self.properties(table), table.in_currency(self._currency())
            if properties.get(contract.CONTRACT) != contract.fingerprint(worded):
                rows = self.spark.read.table(self.name(table))
                contract.mend(self.spark, self._existing(worded, rows, properties))
            self._note(table)
        return True

    def rebuild(
        self,
        table: Table,
        source_kind: str,
        rows: DataFrame,
        check_first: bool = False,
        made_from: str = "",
    ) -> None:
        """Make a table that does not meet its contract anew, with ``rows`` as its content.

        A failure leaves it as it was; only where the process is killed it stays empty, until the
        step that writes it runs again.
        """
        before = self.version(table)
        try:
            self._define("REPLACE TABLE", table, source_kind)
            self.append(table, rows, check_first, made_from)
        except Exception:
            self._as_contract.discard(table)
            self.spark.sql(f"RESTORE TABLE {self.name(table)} TO VERSION AS OF {before}")
            raise

    def source_kind(self, table: Table) -> str | None:
        """Kind of source of the table's lines (``uci``, ``demo``, ``files``), if it exists."""
        return self.properties(table).get(contract.SOURCE_KIND) if self.exists(table) else None

    def drop_all(self) -> None:
        """Remove every table of the contract (the demo shop making way for a real one).

        Bronze last: as long as it is there, it says whose the other tables are, so what a run that
        was killed meanwhile has left is found by the next one.
        """
        for table in reversed((*TABLES, *BACKTEST_TABLES)):
            if self.exists(table):
                self.drop(table)

    def frame(self, table: Table, rows: "pd.DataFrame | Sequence[tuple[object, ...]]") -> DataFrame:
        """Rows from the driver as the table wants them; a few, as all of them travel in a plan."""
        schema = ", ".join(f"`{column.name}` {column.type}" for column in table.columns)
        return self.spark.createDataFrame(rows, schema)

    def append(
        self, table: Table, rows: DataFrame, check_first: bool = False, made_from: str = ""
    ) -> None:
        """Add rows; a repeated key within them fails the write.

        ``check_first``: look for repeated keys in a pass of their own, not while writing: cheaper
        where rows are wide and quickly read, as the pass reads the key's columns only.
        ``made_from``: what the table can tell of itself by ``made_from`` afterwards.
        """
        self._writer(table, conform(table, rows, check_first), made_from).append()

    def append_after(self, table: Table, rows: DataFrame, version: int) -> None:
        """Add rows, unless the table has got a later version than this meanwhile.

        Who loads what is not there yet looks first and writes then: where two do so at once, the
        second writes nothing (Delta's idempotent writes), and has to look again.
        """
        checked = conform(table, rows, check_first=True)
        self._writer(table, checked, "").option("txnAppId", _LOADER).option(
            "txnVersion", str(version + 1)
        ).append()

    def replace(
        self, table: Table, rows: DataFrame, check_first: bool = False, made_from: str = ""
    ) -> None:
        """Make these rows the table's whole content in one commit; others as in ``append``."""
        self._writer(table, conform(table, rows, check_first), made_from).overwrite(F.lit(True))

    def replace_where(
        self, table: Table, rows: DataFrame, condition: SparkColumn, made_from: str = ""
    ) -> None:
        """Make ``rows`` all that meets ``condition`` in the table, in one commit."""
        self._writer(table, conform(table, rows), made_from).overwrite(condition)

    def _writer(self, table: Table, rows: DataFrame, made_from: str) -> DataFrameWriterV2:
        writer = rows.writeTo(self.name(table))
        return writer.option("userMetadata", made_from) if made_from else writer

    def merge(
        self,
        table: Table,
        rows: DataFrame,
        before: DataFrame | None = None,
        within: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Insert rows, updating those whose key is there already and whose values differ.

        before: rows of the table that these take the place of, all with keys of ``rows`` among
        them: those whose key does not come again go. A file is written anew for a row that is
        found in it, even if it is the same, so rows that have not changed are left out here.
        within: all values that a column has in any of these rows, so that files without them are
        not read.
        """
        # Of a home, which nobody else is writing to: there is nothing to merge with.
        if before is None and self.is_known_empty(table):
            self.append(table, rows)
            return
        view = f"merge_{table.layer}_{table.name}"
        to_merge(table, rows, before).createOrReplaceTempView(view)
        self.spark.sql(contract.merging(self.name(table), table, view, within or {}))
        self.spark.catalog.dropTempView(view)

    def drop(self, table: Table) -> None:
        """Remove the table, which must be there."""
        if self.settings.catalog is None:
            shutil.rmtree(self.path(table))
        else:
            self.spark.sql(f"DROP TABLE {self.name(table)}")
