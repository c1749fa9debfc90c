"""What checks look at, asked of the tables: a row a day, a row a reason, and totals."""

from datetime import date, timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion.checks.usual import WEEKS
from retail_lakehouse.medallion.rules import THERE_ALREADY
from retail_lakehouse.tables import MONEY
from retail_lakehouse.tables import columns as c

_MONTH = 30


def days(sales: DataFrame, as_of: date) -> DataFrame:
    """``day, lines, revenue, anonymous`` of the weeks before ``as_of``: a row a day at most."""
    first = as_of - timedelta(weeks=WEEKS, days=1)
    recent = sales.where(F.col(c.INVOICE_DATE) >= F.lit(first))
    return (
        recent.where(F.col(c.INVOICE_DATE) < F.lit(as_of))
        .groupBy(F.to_date(c.INVOICE_DATE).alias("day"))
        .agg(
            F.count("*").alias(c.LINES),
            F.sum(c.AMOUNT).cast("DOUBLE").alias(c.REVENUE),
            F.count_if(F.col(c.CUSTOMER_ID).isNull()).alias("anonymous"),
        )
    )


def rejects(
    sales: DataFrame, returns: DataFrame, rejected: DataFrame, batches: DataFrame
) -> DataFrame:
    """``reason, new, usual``: lines of the files that came on the last day, and of all others.

    reason "": lines of whatever outcome but those that are there already. A row a reason.
    """
    arrived = batches.where("batch_id <> ''").withColumn("day", F.to_date(c.ARRIVED_AT))
    last = arrived.agg(F.max("day").alias("last"))
    newest = arrived.join(F.broadcast(last), F.col("day") == F.col("last"), "left_semi")
    marked = newest.select(c.BATCH_ID, F.lit(True).alias("is_new")).distinct()
    lines = (
        sales.select(c.BATCH_ID, F.lit("").alias(c.REASON))
        .unionByName(returns.select(c.BATCH_ID, F.lit("").alias(c.REASON)))
        .unionByName(rejected.select(c.BATCH_ID, c.REASON))
        .where(~F.col(c.REASON).isin(*THERE_ALREADY))
        .groupBy(c.BATCH_ID, c.REASON)
        .agg(F.count("*").alias(c.LINES))
        .join(F.broadcast(marked), on=c.BATCH_ID, how="left")
        .withColumn("is_new", F.coalesce("is_new", F.lit(False)))
    )
    new = F.when(F.col("is_new"), F.col(c.LINES)).otherwise(0)
    # Of each line its own reason, and that it is one.
    parts = F.array_distinct(F.array(c.REASON, F.lit("")))
    return (
        lines.withColumns({c.REASON: F.explode(parts), "new": new})
        .groupBy(c.REASON)
        .agg(F.sum("new").alias("new"), F.sum(F.col(c.LINES) - F.col("new")).alias("usual"))
    )


def unnamed_products(sales: DataFrame, as_of: date) -> DataFrame:
    """One row with ``share``: of the products sold in the last month, those without any name."""
    first = as_of - timedelta(days=_MONTH)
    recent = sales.where(F.col(c.INVOICE_DATE).between(F.lit(first), F.lit(as_of)))
    names = recent.groupBy(c.STOCK_CODE).agg(F.max(c.DESCRIPTION).alias("name"))
    return names.agg(F.avg(F.col("name").isNull().cast("INT")).alias("share"))


def twice(tables: list[DataFrame]) -> DataFrame:
    """One row with ``lines`` in silver's tables, and how many are ``distinct``."""
    key = (
        F.xxhash64(c.BATCH_ID, c.SOURCE_SHEET, c.LINE_NUMBER).alias("a"),
        F.hash(c.LINE_NUMBER, c.BATCH_ID).alias("b"),
    )
    every = reduce(DataFrame.unionByName, (table.select(*key) for table in tables))
    return every.agg(
        F.count("*").alias(c.LINES), F.count_distinct("a", "b").alias("distinct_lines")
    )


def wrong_money(sales: DataFrame) -> DataFrame:
    """One row with ``money``: how far amounts are from quantity times price, all taken together."""
    product = (F.col(c.QUANTITY) * F.col(c.UNIT_PRICE)).cast(MONEY)
    far = F.sum(F.abs(F.col(c.AMOUNT) - product))
    return sales.agg(F.coalesce(far, F.lit(0)).cast("DOUBLE").alias("money"))
