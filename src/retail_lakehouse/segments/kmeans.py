"""Fit k-means on RFM, measure it, and give every customer a cluster."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.tables import RFM_VALUES

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.ml.clustering import KMeansModel

FEATURES = tuple(column.name for column in RFM_VALUES)
SIGNATURE_INPUTS = dict.fromkeys(FEATURES, "double")


@dataclass(frozen=True)
class ClusterQuality:
    """How good a clustering is on the customers it was fitted on.

    inertia: sum of squared Euclidean distances to the nearest centre (standardised log1p RFM).
    silhouette: mean silhouette with squared Euclidean distance (Rousseeuw 1987), -1 to 1.
    smallest_share: share of customers in the smallest cluster, 0 to 1.
    """

    customers: int
    clusters: int
    inertia: float
    silhouette_squared_euclidean: float | None
    smallest_share: float


def training_rows(customer_rfm: DataFrame) -> DataFrame:
    """One row per customer with the features as doubles, in an order that no file layout changes.

    k-means draws its first centres by partition and position, so both are fixed here.
    """
    values = [F.col(name).cast("double").alias(name) for name in FEATURES]
    return (
        customer_rfm.select("customer_id", *values)
        .repartition(2, "customer_id")
        .sortWithinPartitions("customer_id")
    )


def fit(rows: DataFrame, settings: SegmentSettings) -> "PipelineModel":
    """Fit log1p, standardisation and k-means as one pipeline on ``training_rows``.

    The log tames wholesalers without deleting them; standardising lets recency, frequency and
    money weigh alike.
    """
    from pyspark.ml import Pipeline
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import SQLTransformer, StandardScaler, VectorAssembler

    logs = ", ".join(f"log1p({name}) AS log_{name}" for name in FEATURES)
    stages: list[Any] = [
        SQLTransformer(statement=f"SELECT *, {logs} FROM __THIS__"),  # noqa: S608, our own names
        VectorAssembler(inputCols=[f"log_{name}" for name in FEATURES], outputCol="log_rfm"),
        StandardScaler(inputCol="log_rfm", outputCol="features", withMean=True, withStd=True),
        KMeans(
            featuresCol="features",
            predictionCol="cluster",
            k=settings.k,
            maxIter=settings.max_iterations,
            seed=settings.seed,
        ),
    ]
    return Pipeline(stages=stages).fit(rows)


def centres(model: "PipelineModel") -> np.ndarray:
    """Cluster centres, k x 3, in standardised log1p RFM space, columns as ``FEATURES``."""
    fitted = cast("KMeansModel", model.stages[-1])
    return np.array(fitted.clusterCenters())


def assign(model: "PipelineModel", rows: DataFrame) -> DataFrame:
    """``training_rows`` with ``cluster``, ``features`` and ``distance`` to the cluster's centre."""
    from pyspark.ml.functions import vector_to_array

    centre = F.array(*(F.array(*map(F.lit, c)) for c in centres(model).tolist()))
    squares = F.zip_with(
        vector_to_array(F.col("features")),
        F.element_at(centre, F.col("cluster") + 1),
        lambda value, middle: F.pow(value - middle, F.lit(2)),
    )
    return model.transform(rows).withColumn(
        "distance", F.sqrt(F.aggregate(squares, F.lit(0.0), lambda total, square: total + square))
    )


def measure(assigned: DataFrame) -> ClusterQuality:
    """Quality of ``assign``'s result."""
    from pyspark.ml.evaluation import ClusteringEvaluator

    sizes = assigned.groupBy("cluster").agg(
        F.count("*").alias("customers"), F.sum(F.col("distance") ** 2).alias("inertia")
    )
    rows = sizes.collect()  # one per cluster
    customers = sum(row["customers"] for row in rows)
    silhouette = None
    if len(rows) > 1:
        silhouette = ClusteringEvaluator(
            featuresCol="features", predictionCol="cluster", metricName="silhouette"
        ).evaluate(assigned)
    return ClusterQuality(
        customers=customers,
        clusters=len(rows),
        inertia=sum(row["inertia"] for row in rows),
        silhouette_squared_euclidean=silhouette,
        smallest_share=min(row["customers"] for row in rows) / customers,
    )
