"""Sales out of Spark as arrays, and forecasts of all customers into rows: the only Spark here.

Learning sees a sample of the customers on the driver, and of all others how many orders came a
day. Forecasts are made on the workers, a group of customers at a time: time is linear in
customers, and memory does not grow with them.
"""

from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.arrays.customer_groups import in_groups
from retail_lakehouse.arrays.days import NEVER, day_number
from retail_lakehouse.tables import CUSTOMER_VALUE, MODEL_ORIGIN
from retail_lakehouse.tables import columns as c
from retail_lakehouse.value.model import ValueModel
from retail_lakehouse.value.past.orders import COLUMNS, Daily, Sales
from retail_lakehouse.value.publishing.published import rows_of

# Customers whose orders a worker holds at a time.
_GROUP = 2_000


def orders(sales: DataFrame, as_of: date) -> DataFrame:
    """Rows of silver.sales of identified customers before ``as_of``, summed up: ``COLUMNS``.

    One per customer, invoice, day and day of reversal; a reversal from as_of on is none yet.
    """
    day = F.lit(as_of)
    back = F.when(F.col(c.REVERSED_AT) < day, F.unix_date(F.to_date(c.REVERSED_AT)))
    return (
        sales.where(F.col(c.CUSTOMER_ID).isNotNull() & (F.col(c.INVOICE_DATE) < day))
        .groupBy(
            c.CUSTOMER_ID,
            c.INVOICE,
            F.unix_date(F.to_date(c.INVOICE_DATE)).alias("day"),
            F.coalesce(back, F.lit(NEVER)).alias("reversed_day"),
        )
        .agg(F.sum(c.AMOUNT).alias(c.AMOUNT), F.count("*").alias("products"))
        .select(*COLUMNS)
    )


def sampled(bought: DataFrame, customers: int, seed: int) -> Sales:
    """``orders`` of so many customers at most, the same ones on every run."""
    chosen = (
        bought.select(c.CUSTOMER_ID)
        .distinct()
        .orderBy(F.xxhash64(c.CUSTOMER_ID, F.lit(seed)), c.CUSTOMER_ID)
        .limit(customers)
    )
    rows = bought.join(F.broadcast(chosen), on=c.CUSTOMER_ID, how="left_semi")
    return Sales.of(_plain(rows).toPandas())


def daily(bought: DataFrame) -> Daily:
    """How many of ``orders`` came each day, of all customers: one row per day and reversal."""
    counts = (
        bought.groupBy(c.CUSTOMER_ID, c.INVOICE, "day")
        .agg(F.max("reversed_day").alias("reversed_day"))
        .groupBy("day", "reversed_day")
        .agg(F.count("*").alias(c.ORDERS))
        .toPandas()
        .sort_values(["day", "reversed_day"])
    )
    return Daily(
        counts["day"].to_numpy(np.int64),
        counts["reversed_day"].to_numpy(np.int64),
        counts[c.ORDERS].to_numpy(np.float64),
    )


def customer_value(
    bought: DataFrame, model: ValueModel, ends: np.ndarray, model_version: int, as_of: date
) -> DataFrame:
    """Rows of gold.customer_value: every customer with an order that stands at ``as_of``.

    model: with the shop's clock of that day. ends: of the percentiles, see ``percentile_ends``.
    """
    standing = _plain(bought.where(F.col("reversed_day") == NEVER))
    cut = day_number(as_of)

    def of_group(rows: pd.DataFrame) -> pd.DataFrame:
        return rows_of(model, Sales.of(rows), cut, ends)

    of_workers = [column for column in CUSTOMER_VALUE.columns if column not in MODEL_ORIGIN]
    schema = ", ".join(f"{column.name} {column.type}" for column in of_workers)
    return (
        in_groups(standing, F.col(c.CUSTOMER_ID), _GROUP, of_group, schema)
        .withColumns({c.MODEL_VERSION: F.lit(model_version), c.AS_OF: F.lit(as_of)})
        .select(*CUSTOMER_VALUE.column_names)
    )


def _plain(bought: DataFrame) -> DataFrame:
    """``orders`` with amounts as doubles: a decimal is a Python object an entry."""
    return bought.withColumn(c.AMOUNT, F.col(c.AMOUNT).cast("double"))
