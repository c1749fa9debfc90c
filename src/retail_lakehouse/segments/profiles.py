"""Rows of gold.customer_segments and gold.segment_profiles."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.gold import invoice_key
from retail_lakehouse.segments.kmeans import assign
from retail_lakehouse.segments.model import FEATURES, SegmentModel
from retail_lakehouse.segments.naming import KINDS
from retail_lakehouse.segments.worth import action, by_segment
from retail_lakehouse.tables import CUSTOMER_SEGMENTS, MONEY, SEGMENT_PROFILES

TOP_PRODUCTS = 5
# Support: fewer buyers than this make a lift that means nothing.
_MIN_BUYERS, _MIN_BUYER_SHARE = 3, 0.03
_QUARTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75}


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
    return {"model_version": F.lit(model_version), "as_of": F.lit(as_of)}


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
    member = segments.select("customer_id", "segment")
    baskets = _typical_baskets(standing.join(member, on="customer_id"))
    sizes = segments.groupBy("segment").agg(
        F.count("*").alias("customers"),
        F.sum("monetary").cast(MONEY).alias("revenue"),
        *(_quartile(name, part) for name in FEATURES for part in _QUARTILES),
    )
    total = segments.agg(
        F.count("*").alias("all_customers"), F.sum("monetary").alias("all_revenue")
    )
    return (
        sizes.crossJoin(F.broadcast(total))
        .join(baskets, on="segment")
        .join(by_segment(member, value), on="segment")
        .join(top_products(member, interactions, products), on="segment", how="left")
        .withColumns(
            {
                "customer_share": F.col("customers") / F.col("all_customers"),
                "revenue_share": (F.col("revenue") / F.col("all_revenue")).cast("double"),
                "top_products": F.coalesce(
                    "top_products", F.array().cast(_type_of("top_products"))
                ),
                "recommended_action": action(_in_words("action")),
                **origin(model_version, as_of),
            }
        )
        .withColumn("description", _sentence(unit))
        .select(*SEGMENT_PROFILES.column_names)
    )


def _typical_baskets(sales: DataFrame) -> DataFrame:
    """Products and value of the median invoice of each segment."""
    return (
        sales.groupBy("segment", "customer_id", *invoice_key())
        .agg(F.countDistinct("stock_code").alias("products"), F.sum("amount").alias("value"))
        .groupBy("segment")
        .agg(
            F.median("products").alias("basket_products"),
            F.median("value").cast(MONEY).alias("basket_value"),
        )
    )


def top_products(member: DataFrame, interactions: DataFrame, products: DataFrame) -> DataFrame:
    """``segment`` with its ``top_products`` by lift against the shop.

    Lift (Brin et al. 1997) over pairs of customer and product: the product's share of the
    segment's pairs, over its share of all pairs. Pairs and not customers are the base, or every
    product would be lifted in a segment whose customers buy much. Products with few buyers in the
    segment do not count.
    """
    sizes = member.groupBy("segment").agg(F.count("*").alias("size"))
    bought = interactions.join(member, on="customer_id").select("segment", "stock_code")
    in_segment = bought.groupBy("segment", "stock_code").agg(F.count("*").alias("customers"))
    segment, product = Window.partitionBy("segment"), Window.partitionBy("stock_code")
    # One row per segment and product: few enough for a window without partitions.
    everything = Window.partitionBy(F.lit(1))
    best = segment.orderBy(F.desc("lift"), F.desc("customers"), "stock_code")
    buyers = F.col("customers")
    share = buyers / F.sum(buyers).over(segment)
    shop_share = F.sum(buyers).over(product) / F.sum(buyers).over(everything)
    enough = F.greatest(F.lit(_MIN_BUYERS), F.col("size") * F.lit(_MIN_BUYER_SHARE))
    return (
        in_segment.withColumn("lift", share / shop_share)
        .join(F.broadcast(sizes), on="segment")
        .where(buyers >= enough)
        .withColumn("place", F.row_number().over(best))
        .where(F.col("place") <= TOP_PRODUCTS)
        .join(products.select("stock_code", "description"), on="stock_code", how="left")
        .groupBy("segment")
        .agg(
            F.sort_array(
                F.collect_list(F.struct("place", "stock_code", "description", "lift", "customers"))
            ).alias("placed")
        )
        .select(
            "segment",
            F.transform("placed", lambda p: p.dropFields("place"))
            .cast(_type_of("top_products"))
            .alias("top_products"),
        )
    )


def _quartile(name: str, part: str) -> Column:
    value = F.percentile(name, F.lit(_QUARTILES[part]))
    return value.cast(_type_of(f"{name}_{part}")).alias(f"{name}_{part}")


def _type_of(name: str) -> str:
    return next(column.type for column in SEGMENT_PROFILES.columns if column.name == name)


def _in_words(part: str) -> Column:
    """The archetype's ``meaning`` or ``action`` of each row's segment."""
    words = [F.lit(text) for kind in KINDS for text in (kind.name, getattr(kind, part))]
    return F.element_at(F.create_map(*words), F.col("segment"))


def _sentence(unit: str) -> Column:
    """Who they are and what they are worth, as one sentence."""
    return F.format_string(
        "They %s: %,d customers (%.1f %%) with %.1f %% of revenue; typically %,.0f %s and "
        "%,.0f %s, the last %,.0f days ago.",
        _in_words("meaning"),
        F.col("customers"),
        F.col("customer_share") * 100,
        F.col("revenue_share") * 100,
        F.col("frequency_median"),
        F.when(F.col("frequency_median") == 1, "invoice").otherwise("invoices"),
        F.col("monetary_median").cast("double"),
        F.lit(unit),
        F.col("recency_days_median"),
    )
