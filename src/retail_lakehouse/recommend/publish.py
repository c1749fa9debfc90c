"""Rows of gold.recommendations: every customer's lists, made on the workers."""

import math
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.recommend.history import NEVER, Purchases
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.recommend.purchases import lines
from retail_lakehouse.tables import RECOMMENDATIONS

# Customers whose histories a worker holds at a time; about as many as are scored at once.
GROUP = 200


def recommendations(
    bought: DataFrame, model: Recommender, model_version: int, as_of: date
) -> DataFrame:
    """Lists of every customer with a purchase that stands at ``as_of``.

    bought: ``purchases`` before ``as_of``, numbered as the model's catalogue. Groups of customers
    are scored by blocked matrix products over the model's arrays, which travel to the workers
    once: time is linear in customers, memory does not grow with them.
    """
    standing = lines(bought.where(F.col("reversed_day") == NEVER))
    customers = standing.select("customer_id").distinct().count()
    groups = max(1, math.ceil(customers / GROUP))

    def rank(rows: pd.DataFrame) -> pd.DataFrame:
        from threadpoolctl import threadpool_limits

        ids, purchases = Purchases.of_lines(rows)
        # One worker per core: libraries that start threads of their own would get in the way.
        with threadpool_limits(1):
            return model.lists(ids, purchases)

    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    return (
        standing.groupBy(F.pmod(F.xxhash64("customer_id"), F.lit(groups)))
        .applyInPandas(rank, schema)
        .withColumns({"model_version": F.lit(model_version), "as_of": F.lit(as_of)})
        .select(*RECOMMENDATIONS.column_names)
    )
