"""Features: products, RFM and interactions from sales that stand, and purchases from all.

Each sees only sales before ``as_of``. A sale reversed before ``as_of`` was no purchase; one
reversed later still stood on that day. Purchases keep both apart, for who looks at an earlier day.
"""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.tables import (
    CUSTOMER_RFM,
    INTERACTIONS,
    MONEY,
    PRODUCTS,
    PURCHASES,
    QUANTITY,
    UNIT_PRICE,
)
from retail_lakehouse.tables import columns as c

_QUINTILES = (0.2, 0.4, 0.6, 0.8)


def standing_sales(sales: DataFrame, as_of: date) -> DataFrame:
    """Sales before ``as_of`` that no cancellation before ``as_of`` has taken back."""
    day = F.lit(as_of)
    return sales.where(
        (F.col(c.INVOICE_DATE) < day)
        & (F.col(c.REVERSED_AT).isNull() | (F.col(c.REVERSED_AT) >= day))
    )


def seen_between(sales: DataFrame, before: date, as_of: date) -> DataFrame:
    """Sales that stand on one of the two days and not on the other, as both go by time."""
    first, last = F.lit(before), F.lit(as_of)
    return sales.where(
        F.col(c.INVOICE_DATE).between(first, last) | F.col(c.REVERSED_AT).between(first, last)
    )


def products(standing: DataFrame, bought: DataFrame) -> DataFrame:
    """Rows of ``gold.products`` from ``standing_sales`` and the ``interactions`` they make.

    Of two names in the same minute the later in the alphabet is the latest.
    """
    customers = bought.groupBy(c.STOCK_CODE).agg(F.count("*").alias(c.CUSTOMERS))
    # By name first: aggregates of numbers are hashed, those of texts have to sort every line.
    by_name = standing.groupBy(c.STOCK_CODE, c.DESCRIPTION).agg(
        F.min(c.INVOICE_DATE).alias("first"),
        F.max(c.INVOICE_DATE).alias("last"),
        F.sum(c.QUANTITY).alias(c.UNITS),
        F.sum(c.AMOUNT).alias(c.REVENUE),
    )
    # min_by and max_by ignore rows whose order is null: a nameless sale never wins.
    named = F.col(c.DESCRIPTION).isNotNull()
    return (
        by_name.groupBy(c.STOCK_CODE)
        .agg(
            F.max_by(c.DESCRIPTION, F.when(named, F.struct("last", c.DESCRIPTION))).alias(
                c.DESCRIPTION
            ),
            F.min_by(c.DESCRIPTION, F.when(named, F.struct("first", c.DESCRIPTION))).alias(
                c.FIRST_DESCRIPTION
            ),
            F.min("first").alias(c.FIRST_SOLD_AT),
            F.max("last").alias(c.LAST_SOLD_AT),
            F.sum(c.UNITS).cast(QUANTITY).alias(c.UNITS),
            F.sum(c.REVENUE).cast(MONEY).alias(c.REVENUE),
        )
        .join(customers, on=c.STOCK_CODE, how="left")
        .withColumn(c.CUSTOMERS, F.coalesce(c.CUSTOMERS, F.lit(0).cast("BIGINT")))
        .select(*PRODUCTS.column_names)
    )


def customer_rfm(standing: DataFrame, as_of: date) -> DataFrame:
    """Rows of ``gold.customer_rfm`` from ``standing_sales``."""
    return scored(customer_totals(standing), as_of)


def customer_totals(standing: DataFrame) -> DataFrame:
    """What a customer's ``standing_sales`` add up to, whatever the day: a row a customer."""
    return (
        standing.where(F.col(c.CUSTOMER_ID).isNotNull())
        .groupBy(c.CUSTOMER_ID)
        .agg(
            *rfm_aggregates(),
            F.min(c.INVOICE_DATE).alias(c.FIRST_PURCHASE_AT),
            # Not by the place of the line, which is another in another file.
            F.max_by(c.COUNTRY, F.struct(c.INVOICE_DATE, c.INVOICE, c.COUNTRY)).alias(c.COUNTRY),
        )
    )


def scored(totals: DataFrame, as_of: date) -> DataFrame:
    """Rows of ``gold.customer_rfm`` from ``customer_totals`` of all customers.

    Quintile scores as in Hughes, Strategic Database Marketing (1994), with one difference: equal
    values get equal scores, so a customer's score does not depend on the order of rows.
    """
    customers = totals.withColumn(c.RECENCY_DAYS, recency_days(F.lit(as_of)))
    bounds = customers.agg(
        *(
            F.percentile(name, F.array(*map(F.lit, _QUINTILES))).alias(f"{name}_bounds")
            for name in (c.RECENCY_DAYS, c.FREQUENCY, c.MONETARY)
        )
    )
    return (
        customers.crossJoin(F.broadcast(bounds))
        .withColumns(
            {
                c.R_SCORE: 6 - _quintile(c.RECENCY_DAYS),
                c.F_SCORE: _quintile(c.FREQUENCY),
                c.M_SCORE: _quintile(c.MONETARY),
            }
        )
        .select(*CUSTOMER_RFM.column_names)
    )


def invoice_key() -> tuple[Column, Column]:
    """What tells invoices apart: some shops' numbers start again each year, or each morning."""
    return F.col(c.INVOICE), F.to_date(c.INVOICE_DATE).alias(c.INVOICE_DAY)


def rfm_aggregates() -> tuple[Column, ...]:
    """Frequency, monetary and the last purchase of a customer's lines or invoices that stand."""
    return (
        F.countDistinct(*invoice_key()).alias(c.FREQUENCY),
        F.sum(c.AMOUNT).cast(MONEY).alias(c.MONETARY),
        F.max(c.INVOICE_DATE).alias(c.LAST_PURCHASE_AT),
    )


def recency_days(as_of: Column) -> Column:
    """Days from the date of ``last_purchase_at`` to ``as_of``; 1: the day before."""
    return F.datediff(as_of, c.LAST_PURCHASE_AT)


def _quintile(name: str) -> Column:
    """1 to 5: one more than the number of quintile bounds below the value."""
    below = F.filter(f"{name}_bounds", lambda bound: F.col(name) > bound)
    return F.size(below) + 1


def purchases(sales: DataFrame, as_of: date) -> DataFrame:
    """Rows of ``gold.purchases`` from the sales of identified customers, standing or not."""
    seen = F.col(c.CUSTOMER_ID).isNotNull() & (F.col(c.INVOICE_DATE) < F.lit(as_of))
    reversed_at = F.when(F.col(c.REVERSED_AT) < F.lit(as_of), F.col(c.REVERSED_AT))
    customer = Window.partitionBy(c.CUSTOMER_ID)
    in_order = Window.partitionBy(c.CUSTOMER_ID, c.STOCK_CODE).orderBy(c.SOLD_AT, c.INVOICE)
    return (
        sales.where(seen)
        # One shuffle serves the grouping and both windows.
        .repartition(c.CUSTOMER_ID)
        .groupBy(c.CUSTOMER_ID, *invoice_key(), c.STOCK_CODE)
        .agg(
            F.min(c.INVOICE_DATE).alias(c.SOLD_AT),
            # The product was bought on the invoice if any line of it stands.
            F.when(F.count(reversed_at) == F.count("*"), F.max(reversed_at)).alias(c.REVERSED_AT),
            F.sum(c.QUANTITY).cast(QUANTITY).alias(c.QUANTITY),
            # Decimals add up exactly, whatever the order of the rows.
            F.avg(c.UNIT_PRICE).cast(UNIT_PRICE).alias(c.UNIT_PRICE),
            F.min(c.COUNTRY).alias("invoice_country"),
        )
        .withColumns(
            {
                # The first: a later one would tell the future to who looks at an earlier day.
                c.COUNTRY: F.min_by("invoice_country", F.struct(c.SOLD_AT, c.INVOICE)).over(
                    customer
                ),
                c.FIRST_TIME: F.row_number().over(in_order) == 1,
            }
        )
        .select(*PURCHASES.column_names)
    )


def interactions(standing: DataFrame) -> DataFrame:
    """Rows of ``gold.interactions`` from ``standing_sales``."""
    return (
        standing.where(F.col(c.CUSTOMER_ID).isNotNull())
        .groupBy(c.CUSTOMER_ID, c.STOCK_CODE)
        .agg(
            F.sum(c.QUANTITY).cast(QUANTITY).alias(c.QUANTITY),
            F.countDistinct(*invoice_key()).alias(c.INVOICES),
            F.max(c.INVOICE_DATE).alias(c.LAST_PURCHASED_AT),
        )
        .select(*INTERACTIONS.column_names)
    )
