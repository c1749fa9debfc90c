"""Rows of gold.customer_segments and gold.segment_profiles."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.gold import invoice_key
from retail_lakehouse.segments.kmeans import assign
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.naming import KINDS
from retail_lakehouse.segments.worth import action, by_segment
from retail_lakehouse.tables import CUSTOMER_SEGMENTS, MONEY, SEGMENT_PROFILES
from retail_lakehouse.tables import columns as c

TOP_PRODUCTS = 5
# Support: fewer buyers than this make a lift that means nothing.
_MIN_BUYERS, _MIN_BUYER_SHARE = 3, 0.03
# Of which value, and the share of the customers below.
_QUARTILES: dict[str, tuple[str, float]] = {
    c.RECENCY_DAYS_Q1: (c.RECENCY_DAYS, 0.25),
    c.RECENCY_DAYS_MEDIAN: (c.RECENCY_DAYS, 0.5),
    c.RECENCY_DAYS_Q3: (c.RECENCY_DAYS, 0.75),
    c.FREQUENCY_Q1: (c.FREQUENCY, 0.25),
    c.FREQUENCY_MEDIAN: (c.FREQUENCY, 0.5),
    c.FREQUENCY_Q3: (c.FREQUENCY, 0.75),
    c.MONETARY_Q1: (c.MONETARY, 0.25),
    c.MONETARY_MEDIAN: (c.MONETARY, 0.5),
    c.MONETARY_Q3: (c.MONETARY, 0.75),
}


def customer_segments(
    customer_rfm: DataFrame, model: SegmentModel, model_version: int, as_of: date
) -> DataFrame:
    """Each customer of ``customer_rfm`` with segment, distances and the next nearest segment."""
    return (
        assign(customer_rfm, model)
        .withColumns(origin(model_version, as_of))
        .select(*CUSTOMER_SEGMENTS.column_names)
    )


def origin(model_version: int, as_of: date) -> dict[str, Column]:
    """The columns that say which model and which day the rows are of."""
    return {c.MODEL_VERSION: F.lit(model_version), c.AS_OF: F.lit(as_of)}


def segment_profiles(
    segments: DataFrame,
    standing: DataFrame,
    interactions: DataFrame,
    products: DataFrame,
    value: DataFrame,
    model_version: int,
    as_of: date,
    unit: str = "GBP",
) -> DataFrame:
    """What the customers of each segment have in common.

    ``segments``: rows of gold.customer_segments. ``standing``: sales that stand at ``as_of``.
    ``value``: rows of gold.customer_value. ``unit``: of money, in words.
    """
    member = segments.select(c.CUSTOMER_ID, c.SEGMENT)
    baskets = _typical_baskets(standing.join(member, on=c.CUSTOMER_ID))
    sizes = segments.groupBy(c.SEGMENT).agg(
        F.count("*").alias(c.CUSTOMERS),
        F.sum(c.MONETARY).cast(MONEY).alias(c.REVENUE),
        *map(_quartile, _QUARTILES),
    )
    total = segments.agg(
        F.count("*").alias("all_customers"), F.sum(c.MONETARY).alias("all_revenue")
    )
    return (
        sizes.crossJoin(F.broadcast(total))
        .join(baskets, on=c.SEGMENT)
        .join(by_segment(member, value), on=c.SEGMENT)
        .join(top_products(member, interactions, products), on=c.SEGMENT, how="left")
        .withColumns(
            {
                c.CUSTOMER_SHARE: F.col(c.CUSTOMERS) / F.col("all_customers"),
                c.REVENUE_SHARE: (F.col(c.REVENUE) / F.col("all_revenue")).cast("double"),
                c.TOP_PRODUCTS: F.coalesce(
                    c.TOP_PRODUCTS, F.array().cast(_type_of(c.TOP_PRODUCTS))
                ),
                c.RECOMMENDED_ACTION: action(_in_words("action")),
                **origin(model_version, as_of),
            }
        )
        .withColumn(c.DESCRIPTION, _sentence(unit))
        .select(*SEGMENT_PROFILES.column_names)
    )


def _typical_baskets(sales: DataFrame) -> DataFrame:
    """Products and value of the median invoice of each segment."""
    return (
        sales.groupBy(c.SEGMENT, c.CUSTOMER_ID, *invoice_key())
        .agg(F.countDistinct(c.STOCK_CODE).alias("products"), F.sum(c.AMOUNT).alias(c.VALUE))
        .groupBy(c.SEGMENT)
        .agg(
            F.median("products").alias(c.BASKET_PRODUCTS),
            F.median(c.VALUE).cast(MONEY).alias(c.BASKET_VALUE),
        )
    )


def top_products(member: DataFrame, interactions: DataFrame, products: DataFrame) -> DataFrame:
    """``segment`` with its ``top_products`` by lift against the shop.

    Lift (Brin et al. 1997) over pairs of customer and product: the product's share of the
    segment's pairs, over its share of all pairs. Pairs and not customers are the base, or every
    product would be lifted in a segment whose customers buy much. Products with few buyers in the
    segment do not count.
    """
    sizes = member.groupBy(c.SEGMENT).agg(F.count("*").alias("size"))
    bought = interactions.join(member, on=c.CUSTOMER_ID).select(c.SEGMENT, c.STOCK_CODE)
    in_segment = bought.groupBy(c.SEGMENT, c.STOCK_CODE).agg(F.count("*").alias(c.CUSTOMERS))
    segment, product = Window.partitionBy(c.SEGMENT), Window.partitionBy(c.STOCK_CODE)
    # One row per segment and product: few enough for a window without partitions.
    everything = Window.partitionBy(F.lit(1))
    best = segment.orderBy(F.desc("lift"), F.desc(c.CUSTOMERS), c.STOCK_CODE)
    buyers = F.col(c.CUSTOMERS)
    share = buyers / F.sum(buyers).over(segment)
    shop_share = F.sum(buyers).over(product) / F.sum(buyers).over(everything)
    enough = F.greatest(F.lit(_MIN_BUYERS), F.col("size") * F.lit(_MIN_BUYER_SHARE))
    return (
        in_segment.withColumn("lift", share / shop_share)
        .join(F.broadcast(sizes), on=c.SEGMENT)
        .where(buyers >= enough)
        .withColumn("place", F.row_number().over(best))
        .where(F.col("place") <= TOP_PRODUCTS)
        .join(products.select(c.STOCK_CODE, c.DESCRIPTION), on=c.STOCK_CODE, how="left")
        .groupBy(c.SEGMENT)
        .agg(
            F.sort_array(
                F.collect_list(F.struct("place", c.STOCK_CODE, c.DESCRIPTION, "lift", c.CUSTOMERS))
            ).alias("placed")
        )
        .select(
            c.SEGMENT,
            F.transform("placed", lambda p: p.dropFields("place"))
            .cast(_type_of(c.TOP_PRODUCTS))
            .alias(c.TOP_PRODUCTS),
        )
    )


def _quartile(name: str) -> Column:
    value, share = _QUARTILES[name]
    return F.percentile(value, F.lit(share)).cast(_type_of(name)).alias(name)


def _type_of(name: str) -> str:
    return next(column.type for column in SEGMENT_PROFILES.columns if column.name == name)


def _in_words(part: str) -> Column:
    """The archetype's ``meaning`` or ``action`` of each row's segment."""
    words = [F.lit(text) for kind in KINDS for text in (kind.name, getattr(kind, part))]
    return F.element_at(F.create_map(*words), F.col(c.SEGMENT))


def _sentence(unit: str) -> Column:
    """Who they are and what they are worth, as one sentence."""
    return F.format_string(
        "They %s: %,d customers (%.1f %%) with %.1f %% of revenue; typically %,.0f %s and "
        "%,.0f %s, the last %,.0f days ago.",
        _in_words("meaning"),
        F.col(c.CUSTOMERS),
        F.col(c.CUSTOMER_SHARE) * 100,
        F.col(c.REVENUE_SHARE) * 100,
        F.col(c.FREQUENCY_MEDIAN),
        F.when(F.col(c.FREQUENCY_MEDIAN) == 1, c.INVOICE).otherwise(c.INVOICES),
        F.col(c.MONETARY_MEDIAN).cast("double"),
        F.lit(unit),
        F.col(c.RECENCY_DAYS_MEDIAN),
    )
