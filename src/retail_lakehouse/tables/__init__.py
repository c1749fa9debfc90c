"""The contract: every table's grain, key, columns, types, units and checks.

Money is exact decimal in the currency of the shop's description. Timestamps are the shop's local
time as the source writes it, kept under a UTC session time zone so that no conversion happens.

schema.py says what a table is; bronze.py, silver.py and gold.py hold the layers' tables,
segments.py, recommend.py and value.py the rest of gold.
"""

# ruff: noqa: F403, F405
from retail_lakehouse.tables import bronze, gold, recommend, segments, silver, value
from retail_lakehouse.tables.bronze import *
from retail_lakehouse.tables.gold import *
from retail_lakehouse.tables.recommend import *
from retail_lakehouse.tables.schema import *
from retail_lakehouse.tables.segments import *
from retail_lakehouse.tables.silver import *
from retail_lakehouse.tables.value import *

_ALL = dict.fromkeys(
    thing
    for module in (bronze, silver, gold, segments, recommend, value)
    for thing in vars(module).values()
    if isinstance(thing, Table)
)


def written_by(step: str) -> tuple[Table, ...]:
    """The tables that the step or command of this name writes, in the order of the contract."""
    return tuple(table for table in _ALL if table.written_by == step)


# Bronze first: the demo shop makes way in the other direction.
TABLES = tuple(table for table in _ALL if table.written_by != "backtest")
# A backtest alone writes their rows, and no others: it may run beside the steps.
BACKTEST_TABLES = written_by("backtest")
