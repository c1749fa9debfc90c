"""Upkeep of every table: nothing of what steps, readers or models see is changed by it."""

from collections.abc import Iterator

from retail_lakehouse.delta.maintenance import Tended, tend
from retail_lakehouse.errors import MissingTableError, SettingsError
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES

# Where others may be writing meanwhile, a file younger than that may be one not yet committed.
LEAST_DAYS_SHARED = 7


def maintain(context: Context, keep_days: int) -> Iterator[Tended]:
    """Tend the tables one by one. keep_days: for so long older versions can be read."""
    settings, lakehouse = context.settings, context.lakehouse
    local = settings.catalog is None
    if not local and keep_days < LEAST_DAYS_SHARED:
        raise SettingsError(
            f"--keep-days {keep_days} is less than {LEAST_DAYS_SHARED}, and a job that writes to "
            f"the catalog {settings.catalog} meanwhile could lose files: give more days."
        )
    there = [table for table in (*TABLES, *BACKTEST_TABLES) if lakehouse.exists(table)]
    if not there:
        raise MissingTableError(
            f"There are no tables in {lakehouse.place} yet: run 'retail-lakehouse run' first."
        )
    for table in there:
        yield tend(lakehouse.spark, table, lakehouse.name(table), keep_days, local=local)
