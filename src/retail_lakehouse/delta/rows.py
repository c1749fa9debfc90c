"""Rows against their table's contract: columns, types, keys. And aggregates of many tables."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.delta.contract import GONE, differing
from retail_lakehouse.tables import Table


def unique_by(rows: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """The same rows, with a check inside the plan: a key seen twice fails whatever reads them.

    No second pass over the data, and no shuffle where the rows are already grouped by the key.
    """
    first = key[0]
    place = F.row_number().over(Window.partitionBy(*key).orderBy(F.lit(1)))
    message = F.concat(
        F.lit(f"Key ({', '.join(key)}) is not unique: "),
        F.concat_ws(", ", *(F.col(name).cast("string") for name in key)),
    )
    return (
        rows.withColumn("_place", place)
        .withColumn(
            first, F.when(F.col("_place") == 1, F.col(first)).otherwise(F.raise_error(message))
        )
        .drop("_place")
    )


def conform(table: Table, rows: DataFrame, check_first: bool = False) -> DataFrame:
    """The rows, if they are as the contract says; a repeated key fails them, now or when written.

    TypeError for other columns, ValueError for a repeated key. check_first: look for one in a pass
    of its own, which reads the key's columns only.
    """
    given, wanted = _columns_of(rows), _columns_by_contract(table)
    if given != wanted:
        raise TypeError(f"{table.full_name} wants {wanted}, got {given}")
    if not check_first:
        return unique_by(rows, table.key)
    repeated = rows.groupBy(*table.key).count().where("count > 1").head()
    if repeated is not None:
        raise ValueError(f"Key of {table.full_name} is not unique: {repeated.asDict()}")
    return rows


def to_merge(table: Table, rows: DataFrame, before: DataFrame | None) -> DataFrame:
    """Rows of the contract, and the keys of those that are to go, told apart by ``GONE``.

    before: as in ``Lakehouse.merge``; what is the same in both is left out.
    """
    new = conform(table, rows)
    if before is None:
        return new.withColumn(GONE, F.lit(False))
    both = new.alias("s").join(before.alias("t"), on=list(table.key), how="full_outer")
    is_gone, is_new = (F.col(f"{side}.{table.key[0]}").isNull() for side in "st")
    values = (F.col(f"s.{name}") for name in table.column_names if name not in table.key)
    return both.where(is_gone | is_new | F.expr(differing(table))).select(
        *table.key, *values, is_gone.alias(GONE)
    )


def _columns_of(rows: DataFrame) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in rows.schema.fields]


def _columns_by_contract(table: Table) -> list[tuple[str, str]]:
    return [(column.name, column.type.lower()) for column in table.columns]


def aggregated(tables: Sequence[tuple[DataFrame, Sequence[Column]]]) -> list[Row]:
    """A row of each table's aggregates, in the order given, all in one query.

    The aggregates of all tables have the same names and types.
    """
    each = [
        rows.agg(*measures).select(F.lit(place).alias("_place"), "*")
        for place, (rows, measures) in enumerate(tables)
    ]
    found = reduce(DataFrame.unionAll, each).collect()  # one a table
    return sorted(found, key=lambda row: int(row["_place"]))
