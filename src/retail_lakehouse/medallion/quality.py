"""Rows of gold.data_quality: lines in and out, and checks with their outcome."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion.gold import standing_sales
from retail_lakehouse.tables import DATA_QUALITY, MONEY
from retail_lakehouse.tables import columns as c

ALL = "ALL"
_PARTS = (c.SOURCE_FILE, c.SOURCE_SHEET)
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
) -> DataFrame:
    """One row per table, measure and part; ``run_id`` is as_of and a hash of bronze's batches.

    Checks, whose value is the difference: of each sheet's lines, as many are in silver's three
    tables as in bronze (``lines_balance``); what identified customers bought agrees between silver
    and gold to the last digit (``money_balance``) and to the piece
    (``units_balance``). Invoices that came again and differ are named, a row each.
    """
    lines = (
        _by_sheet(bronze, "bronze.invoice_lines", "lines_in")
        .unionByName(_by_sheet(sales, "silver.sales", "lines_out"))
        .unionByName(_by_sheet(returns, "silver.returns", "lines_out"))
        .unionByName(_by_sheet(rejected, "silver.rejected_lines", "lines_out"))
    )
    return (
        lines.unionByName(_lines_balance(lines))
        .unionByName(_by_reason(rejected))
        .unionByName(_summary(standing_sales(sales, as_of), customer_rfm, interactions))
        .unionByName(_resent(resent_invoices))
        .crossJoin(F.broadcast(run(bronze, as_of)))
        .withColumns(
            {
                c.AS_OF: F.lit(as_of),
                c.VALUE: F.col(c.VALUE).cast(MONEY),
                c.LEVEL: F.lit(None).cast("STRING"),
                c.BOUND: F.lit(None).cast(MONEY),
            }
        )
        .select(*DATA_QUALITY.column_names)
    )


def _lines_balance(lines: DataFrame) -> DataFrame:
    """Lines of each sheet that went in and did not come out: 0, or it is not passed."""
    signed = F.when(F.col(c.MEASURE) == "lines_in", F.col(c.VALUE)).otherwise(-F.col(c.VALUE))
    left = lines.groupBy(c.PART).agg(F.sum(signed).alias(c.VALUE))
    return _by_part(left, "bronze.invoice_lines", "lines_balance", F.col(c.VALUE) == 0)


def _by_reason(rejected: DataFrame) -> DataFrame:
    reasons = rejected.groupBy(F.col(c.REASON).alias(c.PART)).agg(F.count("*").alias(c.VALUE))
    return _by_part(reasons, "silver.rejected_lines", "lines_by_reason")


def _summary(standing: DataFrame, customer_rfm: DataFrame, interactions: DataFrame) -> DataFrame:
    """What identified customers bought, in silver and in gold."""
    known = standing.where(F.col(c.CUSTOMER_ID).isNotNull())
    sold = known.agg(_total(c.AMOUNT).alias("sold"), _total(c.QUANTITY).alias("sold_units"))
    customers = customer_rfm.agg(_total(c.MONETARY).alias("spent"), F.count("*").alias(c.CUSTOMERS))
    pairs = interactions.agg(_total(c.QUANTITY).alias(c.UNITS), F.count("*").alias("pairs"))
    money = F.col("sold") - F.col("spent")
    units = F.col("sold_units") - F.col(c.UNITS)
    return sold.crossJoin(customers.crossJoin(pairs)).select(
        F.inline(
            F.array(
                _measure("gold.customer_rfm", "customers", F.col(c.CUSTOMERS)),
                _measure("gold.customer_rfm", "monetary", F.col("spent")),
                _measure("gold.customer_rfm", "money_balance", money, money == 0),
                _measure("gold.interactions", "pairs", F.col("pairs")),
                _measure("gold.interactions", "units", F.col(c.UNITS)),
                _measure("gold.interactions", "units_balance", units, units == 0),
            )
        )
    )


def is_expectation() -> Column:
    """Of rows of gold.data_quality: those of the checks before gold, which another step writes."""
    return F.col(c.LEVEL).isNotNull()


def money(value: float) -> Decimal:
    """The value as a row of gold.data_quality has it."""
    return Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def run(bronze: DataFrame, as_of: date) -> DataFrame:
    """One row with ``run_id``."""
    batches = F.concat_ws(",", F.array_sort(F.collect_set(c.BATCH_ID)))
    short = F.substring(F.sha2(batches, 256), 1, 12)
    return bronze.agg(F.concat_ws("-", F.lit(as_of.isoformat()), short).alias(c.RUN_ID))


def _resent(invoices: DataFrame) -> DataFrame:
    """A row an invoice, the value its differing lines; the first ones only where there are many."""
    named = invoices.groupBy(F.col(c.INVOICE).alias(c.PART))
    lines = named.agg(F.sum(c.DIFFERING_LINES).alias(c.VALUE)).orderBy(c.PART).limit(_NAMED)
    return _by_part(lines, "silver.resent_invoices", "differing_lines")


def _total(name: str) -> Column:
    """Sum of the column, 0 without rows."""
    return F.coalesce(F.sum(name), F.lit(0))


def _by_sheet(rows: DataFrame, table_name: str, measure: str) -> DataFrame:
    part = F.rtrim(F.concat_ws(" / ", *_PARTS), F.lit(" /"))
    lines = rows.groupBy(*_PARTS).agg(F.count("*").alias(c.VALUE)).withColumn(c.PART, part)
    return _by_part(lines, table_name, measure)


def _by_part(
    rows: DataFrame, table_name: str, measure: str, passed: Column | None = None
) -> DataFrame:
    """``rows`` with ``part`` and ``value`` as measures of the table."""
    return rows.select(*_row(table_name, measure, F.col(c.PART), F.col(c.VALUE), passed))


def _measure(table_name: str, measure: str, value: Column, passed: Column | None = None) -> Column:
    return F.struct(*_row(table_name, measure, F.lit(ALL), value.cast(MONEY), passed))


def _row(
    table_name: str, measure: str, part: Column, value: Column, passed: Column | None
) -> tuple[Column, ...]:
    """passed: None of a mere count, which cannot fail."""
    outcome = F.lit(None).cast("boolean") if passed is None else passed
    return (
        F.lit(table_name).alias(c.TABLE_NAME),
        F.lit(measure).alias(c.MEASURE),
        part.alias(c.PART),
        value.alias(c.VALUE),
        outcome.alias(c.PASSED),
    )
