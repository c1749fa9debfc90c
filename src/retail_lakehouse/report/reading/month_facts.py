"""What was sold, month by month."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion.gold import invoice_key
from retail_lakehouse.report.facts import Month
from retail_lakehouse.tables import columns as c

_MONTH, _FIRST, _LAST = "month", "first", "last"


def months(standing: DataFrame, rfm: DataFrame) -> tuple[tuple[Month, ...], date, date]:
    """The months with a sale in their order, and the days of the first and the last sale.

    standing: ``gold.standing_sales``. Months: bounded by the shop's age.
    """
    new = {row[_MONTH]: row["count"] for row in _arrivals(rfm).collect()}
    rows = _sold(standing).collect()
    found = tuple(
        Month(row[_MONTH], row[c.REVENUE], row[c.ORDERS], row[c.CUSTOMERS], new.get(row[_MONTH], 0))
        for row in rows
    )
    return found, min(row[_FIRST] for row in rows).date(), max(row[_LAST] for row in rows).date()


def _sold(standing: DataFrame) -> DataFrame:
    month = _month(c.INVOICE_DATE)
    # By invoice first: counts of what differs, over all lines, sort each of them twice.
    by_invoice = standing.groupBy(month, *invoice_key(), c.CUSTOMER_ID).agg(
        F.sum(c.AMOUNT).alias(c.REVENUE),
        F.min(c.INVOICE_DATE).alias(_FIRST),
        F.max(c.INVOICE_DATE).alias(_LAST),
    )
    return (
        by_invoice.groupBy(_MONTH)
        .agg(
            F.sum(c.REVENUE).alias(c.REVENUE),
            F.countDistinct(c.INVOICE, c.INVOICE_DAY).alias(c.ORDERS),
            F.countDistinct(c.CUSTOMER_ID).alias(c.CUSTOMERS),
            F.min(_FIRST).alias(_FIRST),
            F.max(_LAST).alias(_LAST),
        )
        .orderBy(_MONTH)
    )


def _arrivals(rfm: DataFrame) -> DataFrame:
    return rfm.groupBy(_month(c.FIRST_PURCHASE_AT)).count()


def _month(moment: str) -> Column:
    """The first day of the moment's month."""
    return F.trunc(F.to_date(moment), "month").alias(_MONTH)
