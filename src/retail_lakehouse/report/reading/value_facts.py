"""What customers are expected to do, and how true such forecasts were."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.report.customer_facts import Expected, Judged, Value
from retail_lakehouse.report.reading.list_facts import either, latest_windows
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

METRICS = (
    *("auc_90", "brier_90", "gini_spend", "bias_orders", "bias_spend", "within_spend"),
    *("chance_90", "bought_90"),
)
# Customers in a list of those to write to.
NAMED = 20
_KEY = (c.WINDOW_START, c.MODEL, c.METRIC, c.TENTH)


def value(
    expected: DataFrame, members: DataFrame, quality: DataFrame, backtested: DataFrame
) -> Value | None:
    """expected: gold.customer_value, members: each customer's segment; None without forecasts."""
    (total,) = expected.agg(
        F.count("*").alias("all"),
        F.sum(c.EXPECTED_SPEND_90_DAYS).alias("quarter"),
        F.sum(c.EXPECTED_SPEND_12_MONTHS).alias("year"),
        F.count_if(c.DUE_THIS_WEEK).alias("due"),
    ).collect()
    if not total["all"]:
        return None
    named = expected.join(members.select(c.CUSTOMER_ID, c.SEGMENT), on=c.CUSTOMER_ID)
    # Who is sure to come needs no letter, and in the lower half it does not pay.
    at_risk = (F.col(c.CHURN_BAND) != "low") & (F.col(c.PERCENTILE) >= 50)
    return Value(
        customers=total["all"],
        expected_spend_90_days=total["quarter"],
        expected_spend_12_months=total["year"],
        due_count=total["due"],
        due=_first(named, F.col(c.DUE_THIS_WEEK), c.EXPECTED_SPEND_90_DAYS),
        at_risk=_first(named, at_risk, c.EXPECTED_SPEND_12_MONTHS),
        judged=_judged(quality, backtested),
    )


def _first(named: DataFrame, which: Column, by: str) -> tuple[Expected, ...]:
    rows = named.where(which).orderBy(F.desc(by), c.CUSTOMER_ID).limit(NAMED).collect()
    return tuple(of_row(Expected, row) for row in rows)


def _judged(quality: DataFrame, backtested: DataFrame) -> tuple[Judged, ...]:
    told = either(quality, backtested, _KEY).where(F.col(c.METRIC).isin(*METRICS))
    # Windows x models x metrics x tenths.
    rows = latest_windows(told).orderBy(*_KEY).collect()
    return tuple(
        of_row(Judged, row, ranking=row[c.MODEL], scope=str(row[c.TENTH]), users=row[c.CUSTOMERS])
        for row in rows
    )
