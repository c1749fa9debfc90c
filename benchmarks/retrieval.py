"""Candidates of all customers: blocked products over broadcast factors against Spark's own way.

    python benchmarks/retrieval.py HOME

Both start from the same ALS model, fitted here on the shop in HOME, and end with the best products
per customer that are live and that the customer never bought: ours as publication does it (it also
adds own products, what sells now, and neighbours by code and name), Spark's with
recommendForAllUsers(200), an anti-join with purchases and a join with live products. Then ours
again on ten times the customers.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.recommend import als, purchases
from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.history import NEVER, Purchases, histories
from retail_lakehouse.recommend.publish import in_groups
from retail_lakehouse.recommend.retrieve import candidates, score_block
from retail_lakehouse.settings import RecommendSettings, Settings
from retail_lakehouse.steps import Context
from retail_lakehouse.steps.recommend import bought_before, windows_of

SPARK_N = 200


def ours(bought: DataFrame, catalogue: Catalogue, settings: RecommendSettings) -> DataFrame:
    def retrieve(ids: np.ndarray, some: Purchases) -> pd.DataFrame:
        known = histories(some, catalogue.table.cut, catalogue.half_life)
        pairs = candidates(catalogue, score_block(catalogue, known), settings)
        return pd.DataFrame({"customer_id": ids[pairs.rows], "item": pairs.items})

    return in_groups(bought, retrieve, "customer_id INT, item INT")


def sparks(model, bought: DataFrame, catalogue: Catalogue) -> DataFrame:
    live = [(int(item),) for item in catalogue.live.nonzero()[0]]
    own = bought.where(F.col("reversed_day") == NEVER).select("customer_id", "item").distinct()
    return (
        model.recommendForAllUsers(SPARK_N)
        .select("customer_id", F.explode("recommendations").alias("found"))
        .select("customer_id", "found.item", "found.rating")
        .join(own, on=["customer_id", "item"], how="left_anti")
        .join(F.broadcast(bought.sparkSession.createDataFrame(live, "item INT")), on="item")
    )


def times(bought: DataFrame, n: int) -> DataFrame:
    copies = F.explode(F.sequence(F.lit(0), F.lit(n - 1)))
    return bought.withColumn("copy", copies).withColumn(
        "customer_id", F.expr("customer_id + copy * 1000000").cast("int")
    )


def timed(name: str, rows: DataFrame) -> float:
    began = time.monotonic()
    rows.write.format("noop").mode("overwrite").save()
    seconds = time.monotonic() - began
    print(f"{name:48} {seconds:7.1f} s", flush=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    context = Context(Settings(home=parser.parse_args().home))
    as_of, settings = context.as_of(), context.settings.recommend
    products, bought = bought_before(context, as_of)
    windows = windows_of(context, products, bought)
    cut = purchases.day_number(as_of)
    model = als.fit(als.ratings(bought, cut, settings.half_life_days), settings)
    matrix = als.item_matrix(model, len(products.codes))
    catalogue = windows.shop.catalogue(matrix, cut, settings)
    timed("(once, to warm up) blocked products", ours(bought, catalogue, settings))
    one = timed("blocked products over factors", ours(bought, catalogue, settings))
    spark = timed(
        f"recommendForAllUsers({SPARK_N}), join, filter", sparks(model, bought, catalogue)
    )
    ten = timed("blocked products, 10 x customers", ours(times(bought, 10), catalogue, settings))
    print(f"{spark / one:.1f} times as fast; 10 x customers take {ten / one:.1f} x the time")


if __name__ == "__main__":
    main()
