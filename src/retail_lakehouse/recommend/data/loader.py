"""What identified customers bought, as models take it: gold.purchases in the catalogue's numbers.

The only module of the room that reads Spark. Days are numbers, as in ``days``. Products are
numbered by the day of their first sale, then by code: the catalogue as of an earlier day is the
head of today's, and no number changes.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.recommend.data.item_stats import ItemSales
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.training_data import Products, TrainingData
from retail_lakehouse.tables import columns as c

_KNOWN = "stock_code STRING, known BOOLEAN"


def products(purchases: DataFrame, named: DataFrame, as_of: date) -> Products:
    """Every product that an identified customer bought before ``as_of``, standing or not.

    named: gold.products. Collected: a row per product of the catalogue.
    """
    rows = (
        purchases.where(F.col(c.SOLD_AT) < F.lit(as_of))
        .groupBy(c.STOCK_CODE)
        .agg(F.min(F.unix_date(F.to_date(c.SOLD_AT))).alias("first_day"))
        .join(
            named.select(c.STOCK_CODE, c.DESCRIPTION, c.FIRST_DESCRIPTION),
            on=c.STOCK_CODE,
            how="left",
        )
        .orderBy("first_day", c.STOCK_CODE)
        .collect()
    )
    return Products(
        codes=tuple(row[c.STOCK_CODE] for row in rows),
        names=tuple(row[c.DESCRIPTION] for row in rows),
        first_names=tuple(row[c.FIRST_DESCRIPTION] for row in rows),
        first_days=tuple(row["first_day"] for row in rows),
    )


def numbered(purchases: DataFrame, catalogue: Products, as_of: date) -> DataFrame:
    """gold.purchases before ``as_of`` in numbers: a row per customer, invoice and product.

    ``customer_id, item, day, reversed_day, invoice`` (a hash), ``quantity, unit_price, country``
    (empty where the source gives none) and ``first_time``.
    """
    numbers = purchases.sparkSession.createDataFrame(
        list(zip(catalogue.codes, range(len(catalogue.codes)), strict=True)),
        "stock_code STRING, item INT",
    )
    back = F.when(
        F.col(c.REVERSED_AT) < F.lit(as_of), F.unix_date(F.to_date(c.REVERSED_AT))
    ).otherwise(NEVER)
    return (
        purchases.where(F.col(c.SOLD_AT) < F.lit(as_of))
        .join(F.broadcast(numbers), on=c.STOCK_CODE)
        .select(
            c.CUSTOMER_ID,
            "item",
            F.unix_date(F.to_date(c.SOLD_AT)).alias("day"),
            back.alias("reversed_day"),
            F.xxhash64(c.INVOICE).alias(c.INVOICE),
            c.QUANTITY,
            c.UNIT_PRICE,
            F.coalesce(c.COUNTRY, F.lit("")).alias(c.COUNTRY),
            c.FIRST_TIME,
        )
    )


def unknown_share(
    purchases: DataFrame, known: Sequence[str], as_of: date, days: int
) -> float | None:
    """Share of the last days' purchases that are of none of these products; None without any."""
    recent = purchases.where(
        (F.col(c.SOLD_AT) < F.lit(as_of)) & (F.col(c.SOLD_AT) >= F.date_sub(F.lit(as_of), days))
    )
    codes = purchases.sparkSession.createDataFrame([(code, True) for code in known], _KNOWN)
    marked = recent.join(F.broadcast(codes), on=c.STOCK_CODE, how="left")
    row = marked.agg(F.avg(F.col("known").isNull().cast("INT")).alias("share")).collect()[0]
    share: float | None = row["share"]
    return share


def is_whole_number(name: str) -> Column:
    """Whether the text is how an INT is written, so that no two texts are one number."""
    number = F.col(name).try_cast("INT")
    return number.isNotNull() & (number.cast("STRING") == F.col(name)) & (number >= 0)


def number_of_customer() -> Column:
    """An INT for ``customer_id``: the whole number that it is, or else a hash."""
    own = F.col(c.CUSTOMER_ID).try_cast("INT")
    return F.when(is_whole_number(c.CUSTOMER_ID), own).otherwise(F.hash(c.CUSTOMER_ID))


def lines(bought: DataFrame) -> DataFrame:
    """The columns of ``numbered`` that ``Purchases.of_lines`` reads, as it wants them."""
    return bought.select(
        *(c.CUSTOMER_ID, "item", "day", c.INVOICE, "reversed_day", c.COUNTRY),
        F.col(c.UNIT_PRICE).cast("double").alias(c.PRICE),
    )


def item_sales(bought: DataFrame) -> ItemSales:
    """``numbered`` rows by product, day, reversal day and country, on the driver: see ItemSales."""
    rows = (
        bought.groupBy("item", "day", "reversed_day", c.COUNTRY)
        .agg(
            F.count("*").alias(c.INVOICES),
            F.count_if(c.FIRST_TIME).alias("newcomers"),
            # Decimals add up exactly, whatever the order of the rows.
            F.sum(c.UNIT_PRICE).cast("double").alias(c.PRICE),
        )
        .toPandas()
    )
    rows = rows.sort_values(["item", "day", "reversed_day", c.COUNTRY], kind="stable")
    countries, names = pd.factorize(rows[c.COUNTRY], sort=True)
    return ItemSales(
        country_names=tuple(names),
        items=rows["item"].to_numpy(),
        days=rows["day"].to_numpy(),
        reversed_days=rows["reversed_day"].to_numpy(),
        countries=countries,
        invoices=rows[c.INVOICES].to_numpy(),
        newcomers=rows["newcomers"].to_numpy(),
        price_sum=rows[c.PRICE].to_numpy(),
    )


def sampled(bought: DataFrame, customers: int, seed: int) -> DataFrame:
    """The rows of ``customers`` customers at most, the same ones on every run."""
    chosen = (
        bought.select(c.CUSTOMER_ID)
        .distinct()
        .orderBy(F.xxhash64(number_of_customer(), F.lit(seed)), c.CUSTOMER_ID)
        .limit(customers)
    )
    return bought.join(F.broadcast(chosen), on=c.CUSTOMER_ID, how="left_semi")


def training_data(
    bought: DataFrame, catalogue: Products, customers: int, seed: int
) -> TrainingData:
    """What training sees of the shop, on the driver: bounded by catalogue and ``customers``."""
    sample = lines(sampled(bought, customers, seed)).toPandas()
    ids, sample_purchases = Purchases.of_lines(sample)
    return TrainingData(catalogue, item_sales(bought), ids, sample_purchases)
