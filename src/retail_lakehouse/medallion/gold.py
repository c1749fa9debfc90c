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

_QUINTILES = (0.2, 0.4, 0.6, 0.8)


def standing_sales(sales: DataFrame, as_of: date) -> DataFrame:
    """Sales before ``as_of`` that no cancellation before ``as_of`` has taken back."""
    day = F.lit(as_of)
    return sales.where(
        (F.col("invoice_date") < day)
        & (F.col("reversed_at").isNull() | (F.col("reversed_at") >= day))
    )


def products(standing: DataFrame, bought: DataFrame) -> DataFrame:
    """Rows of ``gold.products`` from ``standing_sales`` and the ``interactions`` they make.

    Of two names in the same minute the later in the alphabet is the latest.
    """
    customers = bought.groupBy("stock_code").agg(F.count("*").alias("customers"))
    # By name first: aggregates of numbers are hashed, those of texts have to sort every line.
    by_name = standing.groupBy("stock_code", "description").agg(
        F.min("invoice_date").alias("first"),
        F.max("invoice_date").alias("last"),
        F.sum("quantity").alias("units"),
        F.sum("amount").alias("revenue"),
    )
    # min_by and max_by ignore rows whose order is null: a nameless sale never wins.
    named = F.col("description").isNotNull()
    return (
        by_name.groupBy("stock_code")
        .agg(
            F.max_by("description", F.when(named, F.struct("last", "description"))).alias(
                "description"
            ),
            F.min_by("description", F.when(named, F.struct("first", "description"))).alias(
                "first_description"
            ),
            F.min("first").alias("first_sold_at"),
            F.max("last").alias("last_sold_at"),
            F.sum("units").cast(QUANTITY).alias("units"),
            F.sum("revenue").cast(MONEY).alias("revenue"),
        )
        .join(customers, on="stock_code", how="left")
        .withColumn("customers", F.coalesce("customers", F.lit(0).cast("BIGINT")))
        .select(*PRODUCTS.column_names)
    )


def customer_rfm(standing: DataFrame, as_of: date) -> DataFrame:
    """Rows of ``gold.customer_rfm`` from ``standing_sales``.

    Quintile scores as in Hughes, Strategic Database Marketing (1994), with one difference: equal
    values get equal scores, so a customer's score does not depend on the order of rows.
    """
    customers = (
        standing.where("customer_id IS NOT NULL")
        .groupBy("customer_id")
        .agg(
            *rfm_aggregates(),
            F.min("invoice_date").alias("first_purchase_at"),
            F.max_by("country", F.struct("invoice_date", "invoice", "line_number")).alias(
                "country"
            ),
        )
        .withColumn("recency_days", recency_days(F.lit(as_of)))
    )
    bounds = customers.agg(
        *(
            F.percentile(name, F.array(*map(F.lit, _QUINTILES))).alias(f"{name}_bounds")
            for name in ("recency_days", "frequency", "monetary")
        )
    )
    return (
        customers.crossJoin(F.broadcast(bounds))
        .withColumns(
            {
                "r_score": 6 - _quintile("recency_days"),
                "f_score": _quintile("frequency"),
                "m_score": _quintile("monetary"),
            }
        )
        .select(*CUSTOMER_RFM.column_names)
    )


def invoice_key() -> tuple[Column, Column]:
    """What tells invoices apart: some shops' numbers start again each year, or each morning."""
    return F.col("invoice"), F.to_date("invoice_date").alias("invoice_day")


def rfm_aggregates() -> tuple[Column, ...]:
    """Frequency, monetary and the last purchase of a customer's lines or invoices that stand."""
    return (
        F.countDistinct(*invoice_key()).alias("frequency"),
        F.sum("amount").cast(MONEY).alias("monetary"),
        F.max("invoice_date").alias("last_purchase_at"),
    )


def recency_days(as_of: Column) -> Column:
    """Days from the date of ``last_purchase_at`` to ``as_of``; 1: the day before."""
    return F.datediff(as_of, "last_purchase_at")


def _quintile(name: str) -> Column:
    """1 to 5: one more than the number of quintile bounds below the value."""
    below = F.filter(f"{name}_bounds", lambda bound: F.col(name) > bound)
    return F.size(below) + 1


def purchases(sales: DataFrame, as_of: date) -> DataFrame:
    """Rows of ``gold.purchases`` from the sales of identified customers, standing or not."""
    seen = F.col("customer_id").isNotNull() & (F.col("invoice_date") < F.lit(as_of))
    reversed_at = F.when(F.col("reversed_at") < F.lit(as_of), F.col("reversed_at"))
    customer = Window.partitionBy("customer_id")
    in_order = Window.partitionBy("customer_id", "stock_code").orderBy("sold_at", "invoice")
    return (
        sales.where(seen)
        # One shuffle serves the grouping and both windows.
        .repartition("customer_id")
        .groupBy("customer_id", *invoice_key(), "stock_code")
        .agg(
            F.min("invoice_date").alias("sold_at"),
            # The product was bought on the invoice if any line of it stands.
            F.when(F.count(reversed_at) == F.count("*"), F.max(reversed_at)).alias("reversed_at"),
            F.sum("quantity").cast(QUANTITY).alias("quantity"),
            # Decimals add up exactly, whatever the order of the rows.
            F.avg("unit_price").cast(UNIT_PRICE).alias("unit_price"),
            F.min("country").alias("invoice_country"),
        )
        .withColumns(
            {
                # The first: a later one would tell the future to who looks at an earlier day.
                "country": F.min_by("invoice_country", F.struct("sold_at", "invoice")).over(
                    customer
                ),
                "first_time": F.row_number().over(in_order) == 1,
            }
        )
        .select(*PURCHASES.column_names)
    )


def interactions(standing: DataFrame) -> DataFrame:
    """Rows of ``gold.interactions`` from ``standing_sales``."""
    return (
        standing.where("customer_id IS NOT NULL")
        .groupBy("customer_id", "stock_code")
        .agg(
            F.sum("quantity").cast(QUANTITY).alias("quantity"),
            F.countDistinct(*invoice_key()).alias("invoices"),
            F.max("invoice_date").alias("last_purchased_at"),
        )
        .select(*INTERACTIONS.column_names)
    )
