"""What a step is given: the tables, models and facts that it declares, and no others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pyspark.sql import Column, DataFrame

from retail_lakehouse.assets import (
    DESCRIPTION,
    LANDING,
    SOURCE_KIND,
    Document,
)
from retail_lakehouse.delta.parquet_rows import read_parquet
from retail_lakehouse.errors import EmptyShopError, OtherContractError
from retail_lakehouse.steps.harness import documents
from retail_lakehouse.steps.harness.following import Begun, Since, since
from retail_lakehouse.steps.harness.inputs import are_made_from, made_from
from retail_lakehouse.steps.harness.model_io import ModelIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.steps.harness.work_tables import staged
from retail_lakehouse.tables import Table

if TYPE_CHECKING:
    import pandas as pd

First = TypeVar("First")
Second = TypeVar("Second")


class StepIO(ModelIO):
    """The inputs and outputs of one step."""

    def read(self, table: Table) -> DataFrame:
        """The table's rows."""
        self._needs(table)
        return self._context.lakehouse.read(table)

    def read_customers(self, table: Table) -> DataFrame:
        """The table's rows; EmptyShopError where there are none to learn from."""
        rows = self.read(table)
        if not self.count(table):
            raise EmptyShopError(
                f"{table.full_name} is empty: no identified customer bought anything before "
                f"{self.as_of()}, so there is nothing to learn from."
            )
        return rows

    def count(self, table: Table) -> int:
        """Number of the table's rows."""
        self._needs(table)
        return self._context.lakehouse.count(table)

    def is_known_empty(self, table: Table) -> bool:
        """``Lakehouse.is_known_empty``."""
        self._needs(table)
        return self._context.lakehouse.is_known_empty(table)

    def version(self, table: Table) -> int:
        """The table's current Delta version."""
        self._needs(table)
        return self._context.lakehouse.version(table)

    def replace(self, table: Table, rows: DataFrame, check_first: bool = False) -> None:
        """Create the table if need be, and make ``rows`` its content.

        check_first: as in ``Lakehouse.append``.
        """
        self._changes(table)
        lakehouse = self._context.lakehouse
        try:
            created = self._create(table)
        except OtherContractError:
            # All its rows come anew: so may its columns.
            kind = self.source_kind()
            lakehouse.rebuild(table, kind, rows, check_first, self._made_from)
            return
        # Overwriting looks for files to remove, which takes as long again as a small write.
        write = lakehouse.append if created else lakehouse.replace
        write(table, rows, check_first, self._made_from)

    def replace_where(self, table: Table, rows: DataFrame, condition: Column) -> None:
        """Create the table if need be, and make ``rows`` all that meets ``condition`` in it."""
        self._changes(table)
        lakehouse = self._context.lakehouse
        if self._create(table):
            lakehouse.append(table, rows, made_from=self._made_from)
        else:
            lakehouse.replace_where(table, rows, condition, self._made_from)

    def merge(
        self,
        table: Table,
        rows: DataFrame,
        before: DataFrame | None = None,
        within: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Create the table if need be, and put ``rows`` in, over those of the same keys.

        before, within: as in ``Lakehouse.merge``.
        """
        self._changes(table)
        lakehouse = self._context.lakehouse
        if self._create(table):
            lakehouse.append(table, rows)
        else:
            lakehouse.merge(table, rows, before, within)

    def since(self) -> Since:
        """What has changed in the tables that the step follows since it last ended well."""
        for table in self._step.follows:
            self._needs(table)
        return since(self._step, self._context)

    def begun(self) -> Begun | None:
        """The step at work, by what it reads now; None where it has done all of that before."""
        step, context, source = self._step, self._context, self.source()
        is_done = are_made_from(context, step, source)
        return None if is_done else Begun.of(step, context, source)

    def append_after(self, table: Table, rows: DataFrame, version: int) -> None:
        """Add rows, unless the table has got a later version than this meanwhile."""
        self._changes(table)
        self._context.lakehouse.append_after(table, rows, version)

    def begin_shop(self, table: Table, kind: str) -> None:
        """Create bronze's tables for this kind of source; another kind's tables and models go."""
        self._changes_shop(table)
        context, lakehouse = self._context, self._context.lakehouse
        # Only the demo shop makes way like this; landing refuses to mix other kinds.
        other = lakehouse.source_kind(table) != kind
        if other and context.has_experiments:
            context.tracking.forget_other_shops(kind)
        if other:
            lakehouse.drop_all()
        # Tables of an earlier version get what is missing before they are read.
        for own in self._step.tables:
            lakehouse.create(own, kind)

    def begin_anew(self, table: Table, kind: str) -> None:
        """``begin_shop`` without any table: lines of ``table`` are read otherwise now."""
        self._changes_shop(table)
        self._context.lakehouse.drop_all()
        self.begin_shop(table, kind)

    def _changes_shop(self, table: Table) -> None:
        for asset in (table, SOURCE_KIND, DESCRIPTION):
            self._changes(asset)

    def complete(self) -> None:
        """Create those of the step's tables, empty, that it had nothing to write to."""
        for table in (*self._step.tables, *self._step.prepares):
            self._create(table)

    def _create(self, table: Table) -> bool:
        """See to it that the table is there and as its contract says; True: it is new."""
        # Which kind of source it is takes a query, and only a new table has to know: any may be.
        self._needs(SOURCE_KIND)
        lakehouse = self._context.lakehouse
        return not lakehouse.adapt(table) and lakehouse.create(table, self.source_kind())

    def frame(self, table: Table, rows: "pd.DataFrame | list[tuple[object, ...]]") -> DataFrame:
        """Rows from the driver as the table wants them; a few, as all of them travel in a plan."""
        return self._context.lakehouse.frame(table, rows)

    def source(self) -> str:
        """Hash of all that the step reads, as it is now."""
        return made_from(self._step, self._context)

    def said(self, table: Table, key: str) -> str | None:
        """What ``say`` kept with the table."""
        self._needs(table)
        return self._context.lakehouse.noted(table, key)

    def say(self, table: Table, key: str, value: str) -> None:
        """Keep a word with the table."""
        self._changes(table)
        self._context.lakehouse.note(table, key, value)

    def local(self, rows: Iterable[Any], schema: Any) -> DataFrame:
        """A few rows from the driver, of any schema."""
        return self._context.lakehouse.spark.createDataFrame(rows, schema)

    def parquet(self, paths: Iterable[Path], schema: str) -> DataFrame:
        """Rows of landed files; null for a column that files of earlier versions lack."""
        self._needs(LANDING)
        return read_parquet(self._context.lakehouse.spark, paths, schema)

    def staged(self, layer: str, name: str, rows: DataFrame) -> AbstractContextManager[DataFrame]:
        """Rows computed once for several reads, in a work table that goes at the end."""
        return staged(self._context.lakehouse, layer, name, rows)

    def side_by_side(
        self, first: Callable[[], First], second: Callable[[], Second]
    ) -> tuple[First, Second]:
        """Results of both, run at the same time: each waits on the driver while it computes."""
        return self._context.side_by_side(first, second)

    def counted(
        self, reads: tuple[Table, ...], writes: tuple[Table, ...], note: str = ""
    ) -> StepResult:
        """Rows of the tables that were read and written, asked for in one query."""
        for table in (*reads, *writes):
            self._needs(table)
        return self._context.counted(reads, writes, note)

    def write(self, document: Document, make: Callable[[str], str]) -> Path:
        """Write the document; ``make`` is given what it is made from, and puts it into its head."""
        self._changes(document)
        return documents.write(self.settings, document, make(self._made_from))
