"""Tables that exist against their contract: what differs, and the statements that mend it.

Mended in place is what needs no other rows: a new column that may be null, a column that may be
null by now, comments, constraints, statistics. Anything else is for the step that writes the table.
A property of the table holds a hash of the contract that it meets. It is set last, so that a table
whose making was cut short is mended by the next who writes to it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from retail_lakehouse.errors import OtherContractError
from retail_lakehouse.tables import Column, Table

DEMO_BANNER = "DEMO SHOP, synthetic data. "
SOURCE_KIND = "retail_lakehouse.shop"
CONTRACT = "retail_lakehouse.contract"
# In rows to be merged: whether the key leaves the table.
GONE = "_gone"
_CONSTRAINT = "delta.constraints."
_FEED = "delta.enableChangeDataFeed"
_STATISTICS = "delta.dataSkippingStatsColumns"
_ROWS_BREAK_A_CHECK = "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"


@dataclass(frozen=True)
class Existing:
    """A table as it is. name: for SQL. place, thing: for people, where it is and what to remove."""

    table: Table
    name: str
    place: str
    thing: str
    schema: StructType
    properties: Mapping[str, str]

    @property
    def columns(self) -> dict[str, Column]:
        """By name, in the contract's terms."""
        return {
            field.name: Column(
                field.name,
                field.dataType.simpleString(),
                field.metadata.get("comment", ""),
                field.nullable,
            )
            for field in self.schema.fields
        }

    def unreadable(self) -> list[str]:
        """Why readers would not find what they expect, in words."""
        there = self.columns
        missing = [f"no column {name}" for name in self.table.column_names if name not in there]
        return missing + self._retyped(there)

    def misfits(self) -> list[str]:
        """What cannot be mended in place, in words."""
        there = self.columns
        strict = [column.name for column in self.table.columns if not column.nullable]
        return [
            *(f"no column {name}" for name in strict if name not in there),
            *self._retyped(there),
            *(f"{name} may be null" for name in strict if name in there and there[name].nullable),
            *(f"a column {name}" for name in there if name not in self.table.column_names),
        ]

    def _retyped(self, there: Mapping[str, Column]) -> list[str]:
        return [
            f"{column.name} is {there[column.name].type.upper()}, not {column.type}"
            for column in self.table.columns
            if column.name in there and there[column.name].type != column.type.lower()
        ]

    def refused(self, reasons: Sequence[str], *, rows_do: bool = False) -> OtherContractError:
        """The error that names the remedy. rows_do: those in the table may stay."""
        table, remove, does = self.table, "", "writes it anew"
        if table.keeps_rows and rows_do:
            does = "adds what is missing"
        elif table.keeps_rows:
            remove = f"remove the {self.thing}, which loses the rows of earlier runs, and "
        return OtherContractError(
            f"{table.full_name} in {self.place} was made by another version of this program "
            f"({', '.join(reasons)}): {remove}run the step '{table.written_by}', which {does}."
        )


def fingerprint(table: Table) -> str:
    """Hash of all that the contract says of the table itself."""
    content = (table.grain, table.key, table.columns, table.checks, table.stats_columns)
    followed = (table.followed,) if table.followed else ()
    return hashlib.sha256(repr((*content, *followed)).encode()).hexdigest()[:16]


def comment(table: Table, source_kind: str) -> str:
    """What people read of the table: grain, key, and whether its rows are made up."""
    banner = DEMO_BANNER if source_kind == "demo" else ""
    return f"{banner}{table.grain}. Key: {', '.join(table.key)}."


def definition(verb: str, name: str, table: Table, source_kind: str, *, whole: bool) -> str:
    """The statement that makes the table, empty, from its contract.

    verb: such as ``CREATE TABLE``. whole: with constraints and hash, all in one commit, as a table
    that is a folder takes them.
    """
    properties = {SOURCE_KIND: source_kind}
    if table.stats_columns:
        properties[_STATISTICS] = ",".join(table.stats_columns)
    if table.followed:
        properties[_FEED] = "true"
    if whole:
        properties |= {_CONSTRAINT + check: condition for check, condition in table.checks}
        properties[CONTRACT] = fingerprint(table)
    columns = ", ".join(map(_column, table.columns))
    return (
        f"{verb} {name} ({columns}) USING DELTA COMMENT {_literal(comment(table, source_kind))} "
        f"TBLPROPERTIES ({_assigned(properties)})"
    )


def merging(
    name: str, table: Table, view: str, within: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The statement that puts a view's rows in, over those of the same keys that differ.

    Rows with ``GONE`` are keys that leave the table. within: values of text columns, one of which
    every row has.
    """
    on = [f"t.`{key}` = s.`{key}`" for key in table.key]
    on += [
        f"t.`{column}` IN ({', '.join(map(_literal, values))})"
        for column, values in (within or {}).items()
    ]
    return (
        f"MERGE INTO {name} t USING {view} s ON {' AND '.join(on)} "
        f"WHEN MATCHED AND s.`{GONE}` THEN DELETE "
        f"WHEN MATCHED AND ({differing(table)}) THEN UPDATE SET * "
        f"WHEN NOT MATCHED AND NOT s.`{GONE}` THEN INSERT *"
    )


def differing(table: Table) -> str:
    """Whether the values of rows ``t`` and ``s``, which have the same key, differ."""
    return " OR ".join(map(_differs, (c for c in table.columns if c.name not in table.key)))


def _differs(column: Column) -> str:
    # Spark does not compare maps.
    one = "map_entries({}.`{}`)" if column.type.startswith("MAP<") else "{}.`{}`"
    return f"NOT ({one.format('t', column.name)} <=> {one.format('s', column.name)})"


def noting(name: str, key: str, value: str) -> str:
    """The statement that keeps a word with a table."""
    return f"ALTER TABLE {name} SET TBLPROPERTIES ({_assigned({key: value})})"


def mend(spark: SparkSession, existing: Existing) -> None:
    """Bring a table to its contract in place; OtherContractError where its rows do not do."""
    if reasons := existing.misfits():
        raise existing.refused(reasons)
    for statement in changes(existing):
        try:
            spark.sql(statement)
        except AnalysisException as error:
            if error.getCondition() != _ROWS_BREAK_A_CHECK:
                raise
            raise existing.refused(["rows that break a check"]) from error


def changes(existing: Existing) -> Iterator[str]:
    """The statements that mend a table in place; it must have no ``misfits``."""
    table, properties = existing.table, existing.properties
    alter = f"ALTER TABLE {existing.name}"
    dropped, added = _constraints(table, properties)
    for check in dropped:
        yield f"{alter} DROP CONSTRAINT `{check}`"
    yield from _columns(alter, table, existing.columns)
    for check, condition in added.items():
        yield f"{alter} ADD CONSTRAINT `{check}` CHECK ({condition})"
    words = comment(table, properties.get(SOURCE_KIND, ""))
    yield f"COMMENT ON TABLE {existing.name} IS {_literal(words)}"
    statistics = ",".join(table.stats_columns)
    if not statistics and _STATISTICS in properties:
        yield f"{alter} UNSET TBLPROPERTIES ({_literal(_STATISTICS)})"
    wanted = {_STATISTICS: statistics} if statistics else {}
    wanted |= {_FEED: "true"} if table.followed else {}
    yield f"{alter} SET TBLPROPERTIES ({_assigned(wanted | {CONTRACT: fingerprint(table)})})"


def _columns(alter: str, table: Table, there: Mapping[str, Column]) -> Iterator[str]:
    place = "FIRST"
    for column in table.columns:
        if column.name not in there:
            yield f"{alter} ADD COLUMNS ({_column(column)} {place})"
        else:
            change = f"{alter} ALTER COLUMN `{column.name}`"
            if there[column.name].comment != column.comment:
                yield f"{change} COMMENT {_literal(column.comment)}"
            if column.nullable and not there[column.name].nullable:
                yield f"{change} DROP NOT NULL"
        place = f"AFTER `{column.name}`"


def _constraints(table: Table, properties: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Names that the table must lose, and those that it must get, each with its condition."""
    there = {
        key.removeprefix(_CONSTRAINT).lower(): condition
        for key, condition in properties.items()
        if key.startswith(_CONSTRAINT)
    }
    # Delta keeps names in lower case, and puts its own blanks between the words of a condition.
    wanted = {name.lower(): condition for name, condition in table.checks}
    same = {n for n in wanted.keys() & there.keys() if _words(wanted[n]) == _words(there[n])}
    return (
        [name for name in there if name not in same],
        {name: condition for name, condition in wanted.items() if name not in same},
    )


def _words(condition: str) -> str:
    return "".join(condition.split())


def _column(column: Column) -> str:
    null = "" if column.nullable else " NOT NULL"
    return f"`{column.name}` {column.type}{null} COMMENT {_literal(column.comment)}"


def _assigned(properties: Mapping[str, str]) -> str:
    return ", ".join(f"{_literal(key)} = {_literal(value)}" for key, value in properties.items())


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
