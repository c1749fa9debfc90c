"""Fit implicit ALS on what customers bought."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.recommend.factors import ItemFactors as ItemFactors
from retail_lakehouse.settings import RecommendSettings

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import StringIndexerModel
    from pyspark.ml.recommendation import ALSModel


SIGNATURE_INPUTS = {"customer_id": "integer", "stock_code": "string", "quantity": "long"}


@dataclass(frozen=True)
class TrainingSize:
    """What ALS learnt from: customers, products, and customer x product pairs.

    density: pairs as a share of all that could be, 0 to 1.
    """

    users: int
    items: int
    pairs: int
    density: float


def training_rows(interactions: DataFrame) -> DataFrame:
    """customer_id, stock_code and quantity, in an order that no file layout changes."""
    return (
        interactions.select("customer_id", "stock_code", "quantity")
        .repartition(2, "customer_id")
        .sortWithinPartitions("customer_id", "stock_code")
    )


def fit(rows: DataFrame, settings: RecommendSettings) -> "PipelineModel":
    """Fit item indices and implicit ALS (Hu, Koren, Volinsky 2008) as one pipeline.

    The rating is log1p of units: a wholesaler's thousand cups are more than one cup, but not a
    thousand times the interest.
    """
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer, StringIndexer
    from pyspark.ml.recommendation import ALS

    stages: list[Any] = [
        SQLTransformer(statement="SELECT *, log1p(quantity) AS rating FROM __THIS__"),
        StringIndexer(
            inputCol="stock_code",
            outputCol="item",
            stringOrderType="alphabetAsc",
            handleInvalid="skip",
        ),
        ALS(
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
            seed=settings.seed,
        ),
    ]
    return Pipeline(stages=stages).fit(rows)


def measure(rows: DataFrame) -> TrainingSize:
    """Size of ``training_rows``."""
    found = rows.agg(
        F.countDistinct("customer_id").alias("users"),
        F.countDistinct("stock_code").alias("items"),
        F.count("*").alias("pairs"),
    ).collect()[0]
    cells = found["users"] * found["items"]
    return TrainingSize(found["users"], found["items"], found["pairs"], found["pairs"] / cells)


def index(model: "PipelineModel", interactions: DataFrame) -> DataFrame:
    """Interactions with ``item`` and ``rating`` as in training; unknown products are left out."""
    ratings, indexer, _ = model.stages
    return indexer.transform(ratings.transform(interactions))


def item_factors(model: "PipelineModel", alpha: float, regularization: float) -> ItemFactors:
    """The fitted item side as plain arrays, with row ``i`` for item ``i``.

    ``alpha``, ``regularization``: as trained; a fitted ALS model does not say.
    """
    indexer = cast("StringIndexerModel", model.stages[1])
    fitted = cast("ALSModel", model.stages[2])
    # One row per product of the catalogue, which one process can hold.
    rows = fitted.itemFactors.orderBy("id").select("id", "features").collect()
    labels = indexer.labels
    if [row["id"] for row in rows] != list(range(len(labels))):
        raise ValueError("ALS has no factors for some of the indexed products")
    return ItemFactors(
        stock_codes=tuple(labels),
        factors=np.array([row["features"] for row in rows], dtype=np.float64),
        alpha=alpha,
        regularization=regularization,
    )
