"""From which state a step's tables can be brought up to date, and what has changed since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.assets import AS_OF
from retail_lakehouse.steps.harness import inputs
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.progress import (
    FIRST,
    PROGRESS,
    Change,
    Progress,
    kept_progress,
    newest_changes,
    why_anew,
)
from retail_lakehouse.steps.harness.step import Step
from retail_lakehouse.tables import Table

_KEPT_NO_MORE = "the changes since then cannot be read any more"
_REMOVED = ("delete", "update_preimage")


@dataclass(frozen=True)
class Since:
    """What a step is told of the time since it last ran.

    anew: why its tables must be made anew; empty: they can be brought up to date. as_of: the day
    that they were made for. changes: of each table that it follows, its rows as they were
    and as they are; ``kinds`` counts them by Delta's kind of change.
    """

    anew: str
    as_of: date | None = None
    changes: Mapping[Table, DataFrame] = field(default_factory=dict)
    kinds: Mapping[Table, Mapping[str, int]] = field(default_factory=dict)

    def nothing(self, table: Table) -> bool:
        """Whether the table is as it was."""
        return not sum(self.kinds[table].values())

    def anew_if(
        self,
        table: Table,
        rows: Callable[[], int],
        share: float,
        *,
        adds_only: bool = False,
        as_of: date | None = None,
    ) -> str:
        """Why the tables must be made anew after all.

        rows: how many the table has now; asked for if it comes to that. adds_only: rows that were
        there before can be followed only while they stay. as_of: the day to make them for.
        """
        if self.anew:
            return self.anew
        kinds = self.kinds[table]
        if adds_only and any(kinds.get(kind) for kind in _REMOVED):
            return f"lines were removed from {table.full_name}"
        if sum(kinds.values()) > share * rows():
            return f"more than {share:.0%} of {table.full_name} is new"
        if as_of is not None and self.as_of is not None and self.as_of > as_of:
            return "as_of moved back"
        return ""


def said_anew(why: str) -> str:
    """A word on tables that were made anew; a first run needs none."""
    return "" if why == FIRST else f"all anew: {why}"


def since(step: Step, context: Context) -> Since:
    """What has changed since the step's tables were made, or why that cannot be followed."""
    lakehouse = context.lakehouse
    kept = kept_progress(lakehouse, step.tables)
    now = newest_changes(lakehouse, step.follows)
    own = newest_changes(lakehouse, step.tables)
    anew = why_anew(kept, inputs.parts(step, context), own, now)
    if anew or kept is None:
        return Since(anew)
    changes, kinds = {}, {}
    for table in step.follows:
        (before, _), (upto, _) = kept.follows[table.full_name], now[table.full_name]
        changes[table] = lakehouse.changes(table, before, upto)
        try:
            kinds[table] = _kinds(changes[table])
        except Exception as error:
            # Upkeep removes files that changes are read from; whatever else it is, reading the
            # table itself will say it.
            return Since(f"{_KEPT_NO_MORE} ({type(error).__name__})")
    as_of = date.fromisoformat(kept.as_of) if kept.as_of else None
    return Since("", as_of, changes, kinds)


def _kinds(changes: DataFrame) -> dict[str, int]:
    rows = changes.groupBy("_change_type").agg(F.count("*").alias("rows")).collect()
    return {row["_change_type"]: row["rows"] for row in rows}


@dataclass(frozen=True)
class Begun:
    """A step at work: what it will have been made from is what was there when it began."""

    step: Step
    context: Context
    source: str
    parts: Mapping[str, str]
    follows: Mapping[str, Change]

    @staticmethod
    def of(step: Step, context: Context, source: str) -> "Begun":
        """The step, whose inputs are all there, as it begins."""
        follows = newest_changes(context.lakehouse, step.follows)
        return Begun(step, context, source, inputs.parts(step, context), follows)

    def keep(self) -> None:
        """Note that the step has ended well."""
        lakehouse = self.context.lakehouse
        left_at = newest_changes(lakehouse, self.step.tables)
        said = Progress(self.source, self.parts, self.follows, left_at, self._as_of()).as_text()
        lakehouse.note(self.step.tables[0], PROGRESS, said)

    def _as_of(self) -> str:
        day = None
        if AS_OF in self.step.reads:
            day = self.context.as_of()
        elif AS_OF in self.step.writes:
            day = self.context.day_after_last_line()
        return day.isoformat() if day else ""
