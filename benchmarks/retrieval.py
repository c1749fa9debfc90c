"""Candidates of all customers: blocked products over broadcast factors against Spark's own way.

    python benchmarks/retrieval.py HOME

All start from the same ALS model, fitted here on the shop in HOME, and end with products per
customer that are live. By ALS alone: the 200 best of each customer that the customer never bought,
by blocked products; and Spark's recommendForAllUsers(200), an anti-join with purchases and a join
with live products, which leaves fewer. Then all that publication retrieves: own products, and new
ones by ALS, by what sells, by code and by name, as many of each as the settings say. Then both
again on ten times the customers.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.arrays.days import NEVER, day_number
from retail_lakehouse.pipeline import STEPS_BY_NAME
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.candidates.assemble import catalogue_of
from retail_lakehouse.recommend.candidates.best import add_best
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import own_pairs, retrieve, shelf_scores
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.inference.batch import in_groups
from retail_lakehouse.settings import CandidateSettings, Settings
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.recommend import bought_before, windows_of

N = 200


def by_als(bought: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The N best live new products; customers are folded in, as in publication."""

    def best_of(ids: np.ndarray, some: Purchases) -> pd.DataFrame:
        known = histories(some, catalogue.stats.cut, catalogue.half_life)
        scores = catalogue.customer_factors(known) @ catalogue.shelf.factors.T
        chosen = np.zeros(scores.shape, dtype=bool)
        add_best(chosen, own_pairs(catalogue.shelf, known) < 0, scores, N)
        rows, columns = np.nonzero(chosen)
        return pd.DataFrame(
            {
                "customer_id": ids[rows],
                "item": catalogue.shelf.items[columns],
                "rating": scores[rows, columns],
            }
        )

    return in_groups(bought, best_of, "customer_id STRING, item INT, rating DOUBLE")


def published(bought: DataFrame, catalogue: Catalogue, settings: CandidateSettings) -> DataFrame:
    def best_of(ids: np.ndarray, some: Purchases) -> pd.DataFrame:
        known = histories(some, catalogue.stats.cut, catalogue.half_life)
        pairs = retrieve(shelf_scores(catalogue, known), settings)
        return pd.DataFrame({"customer_id": ids[pairs.rows], "item": pairs.items})

    return in_groups(bought, best_of, "customer_id STRING, item INT")


def sparks(fitted: als.Fitted, bought: DataFrame, catalogue: Catalogue) -> DataFrame:
    live = [(int(item),) for item in catalogue.shelf.items]
    found: DataFrame = fitted.als.recommendForAllUsers(N)
    numbers = fitted.numbered(bought.select("customer_id").distinct())
    own = bought.where(F.col("reversed_day") == NEVER).select("customer_id", "item").distinct()
    return (
        found.join(numbers, on="customer")
        .select("customer_id", F.explode("recommendations").alias("found"))
        .select("customer_id", "found.item", "found.rating")
        .join(own, on=["customer_id", "item"], how="left_anti")
        .join(F.broadcast(bought.sparkSession.createDataFrame(live, "item INT")), on="item")
    )


def times(bought: DataFrame, n: int) -> DataFrame:
    copies = F.explode(F.sequence(F.lit(0), F.lit(n - 1)))
    return bought.withColumn("copy", copies).withColumn(
        "customer_id", F.expr("CAST(customer_id + copy * 1000000 AS STRING)")
    )


def timed(name: str, rows: DataFrame) -> float:
    began = time.monotonic()
    rows.write.format("noop").mode("overwrite").save()
    seconds = time.monotonic() - began
    print(f"{name:48} {seconds:7.1f} s", flush=True)
    return seconds


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    context = Context(Settings(home=parser.parse_args(argv).home), reads_only=True)
    io = StepIO(STEPS_BY_NAME["train-recommender"], context)
    as_of, settings = io.as_of(), io.settings.recommend
    products, bought = bought_before(io, as_of)
    windows = windows_of(settings, products, bought)
    cut = day_number(as_of)
    rows = als.ratings(bought, cut, settings.als.half_life_days)
    model = als.fit(rows, settings.als, settings.seed, windows.numbering)
    matrix = als.item_matrix(model, len(products.codes))
    catalogue = catalogue_of(windows.data, matrix, cut, settings)
    timed("(once, to warm up) blocked products", by_als(bought, catalogue))
    als_alone = timed(f"blocked products, {N} by ALS", by_als(bought, catalogue))
    spark = timed(f"recommendForAllUsers({N}), join, filter", sparks(model, bought, catalogue))
    all_signs = timed(
        "blocked products, as published", published(bought, catalogue, settings.candidates)
    )
    more = times(bought, 10)
    ten = timed("10 x customers, by ALS", by_als(more, catalogue))
    ten_all = timed("10 x customers, as published", published(more, catalogue, settings.candidates))
    print(f"by ALS {spark / als_alone:.1f} times as fast, as published {spark / all_signs:.1f}")
    print(f"10 x customers: {ten / als_alone:.1f} and {ten_all / all_signs:.1f} x the time")


if __name__ == "__main__":
    main()
