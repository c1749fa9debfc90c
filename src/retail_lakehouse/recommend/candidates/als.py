"""Implicit ALS (Hu, Koren, Volinsky 2008), fitted by Spark ML on what customers bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.keep_alive import keep_alive
from retail_lakehouse.recommend.data.loader import is_whole_number, number_of_customer
from retail_lakehouse.settings import AlsSettings

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.ml.recommendation import ALSModel

# Spark's own defaults, on raw quantities: the baseline.
DEFAULTS = AlsSettings(rank=10, iterations=10, regularization=0.1, alpha=1.0)


# The labels of more customers than that would not fit on the driver, nor in a model on serverless.
MOST_INDEXED = 1_000_000
_CUSTOMER = "customer"


class Numbering(Enum):
    """How customers get the numbers that ALS wants, as its Pipeline's first stage.

    OWN: their ids are whole numbers. INDEXED: by StringIndexer. HASHED: too many for that; of a
    million customers one in 4,000 shares a number with another. That moves products' factors
    little, and customers' factors are not kept: they are folded in.
    """

    OWN = "own"
    INDEXED = "indexed"
    HASHED = "hashed"

    @property
    def stage(self) -> Any:
        """Puts ``customer`` beside ``customer_id``."""
        from pyspark.ml.feature import SQLTransformer, StringIndexer

        if self is Numbering.INDEXED:
            return StringIndexer(
                inputCol="customer_id",
                outputCol=_CUSTOMER,
                stringOrderType="alphabetAsc",
                handleInvalid="skip",
            )
        own, hashed = "CAST(customer_id AS INT)", "pmod(hash(customer_id), 2147483647)"
        number = own if self is Numbering.OWN else hashed
        return SQLTransformer(
            statement=f"SELECT *, {number} AS {_CUSTOMER} FROM __THIS__"  # noqa: S608, our own
        )


def numbering(bought: DataFrame, most_indexed: int = MOST_INDEXED) -> Numbering:
    """The numbering that fits the customers of ``bought``."""
    whole = bought.agg(F.bool_and(is_whole_number("customer_id"))).collect()[0][0]
    if whole or whole is None:
        return Numbering.OWN
    customers = bought.select("customer_id").distinct().count()
    return Numbering.INDEXED if customers <= most_indexed else Numbering.HASHED


@dataclass(frozen=True)
class Fitted:
    """The Pipeline of numbering and ALS."""

    pipeline: "PipelineModel"

    @property
    def als(self) -> "ALSModel":
        """Its last stage."""
        model: ALSModel = self.pipeline.stages[-1]  # type: ignore[assignment]
        return model

    def numbered(self, customers: DataFrame) -> DataFrame:
        """The customers that ALS has seen, with the numbers that it knows them by."""
        return self.pipeline.stages[0].transform(customers)


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
        .repartition(2, number_of_customer())
        .sortWithinPartitions(number_of_customer(), "customer_id", "item")
    )


def fit(rows: DataFrame, settings: AlsSettings, seed: int, numbers: Numbering) -> Fitted:
    """Fit ALS on ``customer_id, item, rating``, in one Pipeline with what numbers customers."""
    from pyspark.ml import Pipeline
    from pyspark.ml.recommendation import ALS

    estimator = ALS(
        userCol=_CUSTOMER,
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
    return Fitted(keep_alive(Pipeline(stages=[numbers.stage, estimator]).fit(rows)))


def item_matrix(fitted: Fitted, n_items: int) -> np.ndarray:
    """Item factors, items x rank; zeros for a product that nobody's purchase stands of."""
    matrix = np.zeros((n_items, fitted.als.rank))
    # One row per product of the catalogue, which one process can hold.
    for row in fitted.als.itemFactors.select("id", "features").collect():
        matrix[row["id"]] = row["features"]
    return matrix


def user_matrix(fitted: Fitted, customers: Sequence[str]) -> np.ndarray:
    """Factors of some customers, customers x rank; zeros for one nobody's purchase stands of."""
    row_of = {customer: row for row, customer in enumerate(customers)}
    matrix = np.zeros((len(row_of), fitted.als.rank))
    factors = fitted.als.userFactors
    ids = factors.sparkSession.createDataFrame(
        [(customer,) for customer in row_of], "customer_id STRING"
    )
    numbers = fitted.numbered(ids).select("customer_id", F.col(_CUSTOMER).cast("INT").alias("id"))
    for row in factors.join(F.broadcast(numbers), on="id").collect():
        matrix[row_of[row["customer_id"]]] = row["features"]
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
