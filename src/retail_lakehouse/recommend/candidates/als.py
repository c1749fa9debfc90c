"""Implicit ALS (Hu, Koren, Volinsky 2008), fitted by Spark ML on what customers bought."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.keep_alive import keep_alive
from retail_lakehouse.settings import AlsSettings

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel

# Spark's own defaults, on raw quantities: the baseline.
DEFAULTS = AlsSettings(rank=10, iterations=10, regularization=0.1, alpha=1.0)


@dataclass(frozen=True)
class TrainingSize:
    """What ALS learnt from: customers, products, and customer x product pairs.

    density: pairs as a share of all that could be, 0 to 1.
    """

    users: int
    items: int
    pairs: int
    density: float


def ratings(bought: DataFrame, cut: int, half_life: float) -> DataFrame:
    """``customer_id, item, rating`` of purchases that stand at the day ``cut``.

    The rating is the number of invoices with the product, each halved every ``half_life`` days of
    its age: a wholesaler's thousand cups are one purchase, and what was bought last year says less
    of next month than what was bought last week.
    """
    age = F.lit(cut) - F.col("day")
    weight = F.pow(F.lit(0.5), age / F.lit(half_life))
    return _by_pair(bought, cut, F.sum(weight))


def quantities(bought: DataFrame, cut: int) -> DataFrame:
    """As ``ratings``, with the units bought: what ALS is often given."""
    return _by_pair(bought, cut, F.sum("quantity").cast("double"))


def _by_pair(bought: DataFrame, cut: int, rating: Column) -> DataFrame:
    return (
        bought.where((F.col("day") < cut) & (F.col("reversed_day") >= cut))
        .groupBy("customer_id", "item")
        .agg(rating.alias("rating"))
        # In an order that no file layout changes.
        .repartition(2, "customer_id")
        .sortWithinPartitions("customer_id", "item")
    )


def fit(rows: DataFrame, settings: AlsSettings, seed: int) -> "ALSModel":
    """Fit ALS on ``customer_id, item, rating``."""
    from pyspark.ml.recommendation import ALS

    estimator = ALS(
        userCol="customer_id",
        itemCol="item",
        ratingCol="rating",
        implicitPrefs=True,
        coldStartStrategy="drop",
        rank=settings.rank,
        maxIter=settings.iterations,
        regParam=settings.regularization,
        alpha=settings.alpha,
        numUserBlocks=settings.blocks,
        numItemBlocks=settings.blocks,
        seed=seed,
    )
    return keep_alive(estimator.fit(rows))


def item_matrix(model: "ALSModel", n_items: int) -> np.ndarray:
    """Item factors, items x rank; zeros for a product that nobody's purchase stands of."""
    matrix = np.zeros((n_items, model.rank))
    # One row per product of the catalogue, which one process can hold.
    for row in model.itemFactors.select("id", "features").collect():
        matrix[row["id"]] = row["features"]
    return matrix


def user_matrix(model: "ALSModel", customers: np.ndarray) -> np.ndarray:
    """Factors of some customers, customers x rank; zeros for one nobody's purchase stands of."""
    row_of = {int(customer): row for row, customer in enumerate(customers)}
    matrix = np.zeros((len(row_of), model.rank))
    factors = model.userFactors
    ids = factors.sparkSession.createDataFrame([(customer,) for customer in row_of], "id INT")
    for row in factors.join(F.broadcast(ids), on="id").collect():
        matrix[row_of[row["id"]]] = row["features"]
    return matrix


def measure(rows: DataFrame) -> TrainingSize:
    """Size of ``ratings``."""
    counts = rows.agg(
        F.countDistinct("customer_id").alias("users"),
        F.countDistinct("item").alias("items"),
        F.count("*").alias("pairs"),
    ).collect()[0]
    cells = counts["users"] * counts["items"]
    density = counts["pairs"] / cells if cells else 0.0
    return TrainingSize(counts["users"], counts["items"], counts["pairs"], density)
