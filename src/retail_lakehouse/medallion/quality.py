"""Rows of gold.data_quality: lines in and out, and checks with their outcome."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion import silver
from retail_lakehouse.medallion.gold import standing_sales
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.tables import DATA_QUALITY, MONEY

ALL = "ALL"
_PARTS = ("source_file", "source_sheet")
_NAMED = 100


def data_quality(
    bronze: DataFrame,
    sales: DataFrame,
    returns: DataFrame,
    rejected: DataFrame,
    customer_rfm: DataFrame,
    interactions: DataFrame,
    resent_invoices: DataFrame,
    as_of: date,
    shop: ShopDescription,
) -> DataFrame:
    """One row per table, measure and part; ``run_id`` is as_of and a hash of bronze's batches.

    Checks, whose value is the difference: of each sheet's lines that cleaning sees, as many are in
    silver's three tables as in bronze (``lines_balance``); what identified customers bought agrees
    between silver and gold to the last digit (``money_balance``) and to the piece
    (``units_balance``). Invoices that came again and differ are named, a row each.
    """
    lines = (
        _by_sheet(silver.visible(bronze, as_of, shop), "bronze.invoice_lines", "lines_in")
        .unionByName(_by_sheet(sales, "silver.sales", "lines_out"))
        .unionByName(_by_sheet(returns, "silver.returns", "lines_out"))
        .unionByName(_by_sheet(rejected, "silver.rejected_lines", "lines_out"))
    )
    return (
        lines.unionByName(_lines_balance(lines))
        .unionByName(_by_reason(rejected))
        .unionByName(_summary(standing_sales(sales, as_of), customer_rfm, interactions))
        .unionByName(_resent(resent_invoices))
        .crossJoin(F.broadcast(_run(bronze, as_of)))
        .withColumns({"as_of": F.lit(as_of), "value": F.col("value").cast(MONEY)})
        .select(*DATA_QUALITY.column_names)
    )


def _lines_balance(lines: DataFrame) -> DataFrame:
    """Lines of each sheet that went in and did not come out: 0, or it is not passed."""
    signed = F.when(F.col("measure") == "lines_in", F.col("value")).otherwise(-F.col("value"))
    left = lines.groupBy("part").agg(F.sum(signed).alias("value"))
    return _by_part(left, "bronze.invoice_lines", "lines_balance", F.col("value") == 0)


def _by_reason(rejected: DataFrame) -> DataFrame:
    reasons = rejected.groupBy(F.col("reason").alias("part")).agg(F.count("*").alias("value"))
    return _by_part(reasons, "silver.rejected_lines", "lines_by_reason")


def _summary(standing: DataFrame, customer_rfm: DataFrame, interactions: DataFrame) -> DataFrame:
    """What identified customers bought, in silver and in gold."""
    known = standing.where("customer_id IS NOT NULL")
    sold = known.agg(_total("amount").alias("sold"), _total("quantity").alias("sold_units"))
    customers = customer_rfm.agg(_total("monetary").alias("spent"), F.count("*").alias("customers"))
    pairs = interactions.agg(_total("quantity").alias("units"), F.count("*").alias("pairs"))
    money = F.col("sold") - F.col("spent")
    units = F.col("sold_units") - F.col("units")
    return sold.crossJoin(customers.crossJoin(pairs)).select(
        F.inline(
            F.array(
                _measure("gold.customer_rfm", "customers", F.col("customers")),
                _measure("gold.customer_rfm", "monetary", F.col("spent")),
                _measure("gold.customer_rfm", "money_balance", money, money == 0),
                _measure("gold.interactions", "pairs", F.col("pairs")),
                _measure("gold.interactions", "units", F.col("units")),
                _measure("gold.interactions", "units_balance", units, units == 0),
            )
        )
    )


def _run(bronze: DataFrame, as_of: date) -> DataFrame:
    """One row with ``run_id``."""
    batches = F.concat_ws(",", F.array_sort(F.collect_set("batch_id")))
    short = F.substring(F.sha2(batches, 256), 1, 12)
    return bronze.agg(F.concat_ws("-", F.lit(as_of.isoformat()), short).alias("run_id"))


def _resent(invoices: DataFrame) -> DataFrame:
    """A row an invoice, the value its differing lines; the first ones only where there are many."""
    named = invoices.groupBy(F.col("invoice").alias("part"))
    lines = named.agg(F.sum("differing_lines").alias("value")).orderBy("part").limit(_NAMED)
    return _by_part(lines, "silver.resent_invoices", "differing_lines")


def _total(name: str) -> Column:
    """Sum of the column, 0 without rows."""
    return F.coalesce(F.sum(name), F.lit(0))


def _by_sheet(rows: DataFrame, table_name: str, measure: str) -> DataFrame:
    part = F.rtrim(F.concat_ws(" / ", *_PARTS), F.lit(" /"))
    lines = rows.groupBy(*_PARTS).agg(F.count("*").alias("value")).withColumn("part", part)
    return _by_part(lines, table_name, measure)


def _by_part(
    rows: DataFrame, table_name: str, measure: str, passed: Column | None = None
) -> DataFrame:
    """``rows`` with ``part`` and ``value`` as measures of the table."""
    return rows.select(*_row(table_name, measure, F.col("part"), F.col("value"), passed))


def _measure(table_name: str, measure: str, value: Column, passed: Column | None = None) -> Column:
    return F.struct(*_row(table_name, measure, F.lit(ALL), value.cast(MONEY), passed))


def _row(
    table_name: str, measure: str, part: Column, value: Column, passed: Column | None
) -> tuple[Column, ...]:
    """passed: None of a mere count, which cannot fail."""
    outcome = F.lit(None).cast("boolean") if passed is None else passed
    return (
        F.lit(table_name).alias("table_name"),
        F.lit(measure).alias("measure"),
        part.alias("part"),
        value.alias("value"),
        outcome.alias("passed"),
    )
