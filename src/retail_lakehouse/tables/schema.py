"""What a table of the contract is made of, and the types that tables share."""

from dataclasses import dataclass, replace

QUANTITY = "DECIMAL(18,3)"
UNIT_PRICE = "DECIMAL(12,4)"
# A line's quantity, of ten digits before the point at most, times a price of eight always fits.
MONEY = "DECIMAL(22,4)"
# In comments, where the currency of the shop's description comes.
CURRENCY = "{currency}"

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Column:
    """One column: Spark SQL type, a comment that gives unit and meaning, and nullability."""

    name: str
    type: str
    comment: str
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: ``checks`` are constraints' names with the SQL condition every row meets.

    ``stats_columns``: those that queries skip files by; none: Delta's default, the first 32.
    ``clustered_by``: of them, those by which upkeep lays rows together, as readers ask for few.
    ``written_by``: the step, or else the command, that writes it. ``keeps_rows``: those of earlier
    runs stay; all other tables are written anew as a whole. ``followed``: Delta keeps what changes
    in it, for steps that follow it.
    """

    layer: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[tuple[str, str], ...] = ()
    stats_columns: tuple[str, ...] = ()
    written_by: str = ""
    keeps_rows: bool = False
    clustered_by: tuple[str, ...] = ()
    followed: bool = False

    @property
    def full_name(self) -> str:
        """``layer.name``, as people call the table."""
        return f"{self.layer}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the order of the contract."""
        return tuple(column.name for column in self.columns)

    def in_currency(self, currency: str) -> "Table":
        """The table with comments that name the shop's currency."""
        columns = tuple(
            replace(column, comment=column.comment.replace(CURRENCY, currency))
            for column in self.columns
        )
        return replace(self, columns=columns)
