"""Fit k-means on RFM with Spark ML, and score any number of customers with what was fitted.

Beside customers stand pseudo-customers at each archetype, which hold a cluster there: pull.py.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.keep_alive import keep_alive
from retail_lakehouse.segments import pull
from retail_lakehouse.segments.model import FEATURES, SegmentModel, bins_of
from retail_lakehouse.segments.naming import name_clusters, places
from retail_lakehouse.settings import SegmentSettings

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import StandardScalerModel


# Up to so many different customers, k-means|| gets as many steps as there are clusters: with its
# usual two it may draw fewer centres than k, and Spark 4.2 then fails. A step adds at least one.
_FEW = 1000
_STEPS = 2
# So many times the starts, where none of them gives each archetype a cluster of its own.
_PATIENCE = 4


@dataclass(frozen=True)
class Fitted:
    """The best of several starts.

    pipeline: log1p, standardisation and, for more than one cluster, k-means.
    centres: k x 3, standardised log1p RFM, columns as ``FEATURES``.
    inertia: sum of customers' squared Euclidean distances to the nearest centre.
    """

    pipeline: "PipelineModel"
    centres: np.ndarray
    inertia: float


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


def fit(rows: DataFrame, settings: SegmentSettings) -> Fitted:
    """Fit log1p, standardisation and k-means as one pipeline on ``training_rows``.

    The log tames wholesalers without deleting them; standardising lets recency, frequency and
    money weigh alike. The first start in which each archetype has a cluster of its own is kept: all
    such starts end alike, and those in which two share one are far from it. Without any, that with
    the lowest inertia, pseudo-customers included.
    """
    prepared = _prepared(rows)
    varies, customers = _scaler(prepared).std.toArray() > 0, rows.count()
    if settings.k == 1:
        # Spark's k-means wants two clusters. One has the mean as its centre, and each feature's
        # sample variance is 1, or 0 where all are alike.
        inertia = float(np.count_nonzero(varies) * (customers - 1))
        return Fitted(prepared, np.zeros((1, len(FEATURES))), inertia)
    archetypes, weight = places(settings.k, varies), settings.pull * customers
    few = rows.select(*FEATURES).distinct().count() <= _FEW
    weighted = _with_weights(rows) if few else rows.withColumn("weight", F.lit(1.0))
    points = prepared.transform(weighted).select("features", "weight")
    if weight > 0:
        points = points.unionByName(pull.pseudo_customers(rows.sparkSession, archetypes, weight))
    steps = max(_STEPS, settings.k) if few else _STEPS
    best = _best_of(points, prepared, settings, steps, archetypes)
    own = best.inertia - weight * pull.inertia(best.centres, archetypes)
    return replace(best, inertia=max(own, 0.0))


def _best_of(
    points: DataFrame,
    prepared: "PipelineModel",
    settings: SegmentSettings,
    steps: int,
    archetypes: np.ndarray,
) -> Fitted:
    from pyspark.ml import PipelineModel
    from pyspark.ml.clustering import KMeans

    best: Fitted | None = None
    for start in range(settings.starts * (_PATIENCE if settings.pull > 0 else 1)):
        k_means = KMeans(
            featuresCol="features",
            predictionCol="cluster",
            weightCol="weight",
            k=settings.k,
            initSteps=steps,
            maxIter=settings.max_iterations,
            seed=settings.seed + start,
        )
        clusters = keep_alive(k_means.fit(points))
        inertia = float(clusters.summary.trainingCost)
        if best is None or inertia < best.inertia:
            pipeline = PipelineModel([*prepared.stages, clusters])
            best = Fitted(pipeline, np.array(clusters.clusterCenters()), inertia)
            if settings.pull > 0 and pull.each_held(best.centres, archetypes):
                break
    if best is None:
        raise ValueError("starts must be at least 1")
    return best


def _prepared(rows: DataFrame) -> "PipelineModel":
    """log1p and standardisation."""
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer, StandardScaler, VectorAssembler

    # Negative money, of a customer who gave back more than was bought, counts as none.
    logs = ", ".join(f"log1p(greatest({name}, 0D)) AS log_{name}" for name in FEATURES)
    stages: list[Any] = [
        SQLTransformer(statement=f"SELECT *, {logs} FROM __THIS__"),  # noqa: S608, our own names
        VectorAssembler(inputCols=[f"log_{name}" for name in FEATURES], outputCol="log_rfm"),
        StandardScaler(inputCol="log_rfm", outputCol="features", withMean=True, withStd=True),
    ]
    return keep_alive(Pipeline(stages=stages).fit(rows))


def _with_weights(rows: DataFrame) -> DataFrame:
    """Customers with equal features as one row, so that no two starts can be alike."""
    values = [F.greatest(F.col(name), F.lit(0.0)).alias(name) for name in FEATURES]
    return (
        rows.groupBy(*values)
        .agg(F.count("*").cast("double").alias("weight"))
        .repartition(2, *FEATURES)
        .sortWithinPartitions(*FEATURES)
    )


def _scaler(pipeline: "PipelineModel") -> "StandardScalerModel":
    return cast("StandardScalerModel", pipeline.stages[2])


def as_arrays(fitted: Fitted, sample: np.ndarray) -> SegmentModel:
    """The fitted pipeline without Spark; names from its centres, drift bins from the ``sample``.

    ``sample``: raw RFM of training customers, customers x 3.
    """
    scaler = _scaler(fitted.pipeline)
    return SegmentModel(
        mean=tuple(scaler.mean.toArray().tolist()),
        std=tuple(scaler.std.toArray().tolist()),
        centres=tuple(map(tuple, fitted.centres.tolist())),
        names=name_clusters(fitted.centres),
        bins={name: bins_of(sample[:, i]) for i, name in enumerate(FEATURES)},
    )


def distinct_customers(sample: np.ndarray) -> int:
    """How many of the sampled customers differ in what k-means sees: the most clusters there are.

    Negative money counts as none, as in ``fit``.
    """
    return len(np.unique(np.maximum(sample, 0.0), axis=0))


def sample(rows: DataFrame, size: int) -> np.ndarray:
    """Raw RFM of at most ``size`` customers, drawn by a hash of their number: customers x 3.

    Bounded, so the driver can hold it; the same customers give the same sample, in one order.
    """
    drawn = F.xxhash64(F.col("customer_id"))
    found = rows.orderBy(drawn, "customer_id").limit(size).select(*FEATURES).toPandas()
    values: np.ndarray = found.to_numpy(dtype=float)
    return values


def assign(rows: DataFrame, model: SegmentModel) -> DataFrame:
    """``rows`` with ``segment, cluster, distance, next_segment, next_distance``.

    The same arithmetic as ``SegmentModel.predict``, in Spark's own functions.
    """
    logs = [F.log1p(F.greatest(F.col(name).cast("double"), F.lit(0.0))) for name in FEATURES]
    points = [
        (log - F.lit(mean)) * F.lit(scale)
        for log, mean, scale in zip(logs, model.mean, model.scale, strict=True)
    ]
    ranked = F.array_sort(
        F.array(
            *(
                F.struct(
                    _distance(points, centre).alias("distance"),
                    F.lit(cluster).alias("cluster"),
                    F.lit(name).alias("segment"),
                )
                for cluster, (centre, name) in enumerate(
                    zip(model.centres, model.names, strict=True)
                )
            )
        )
    )
    own, following = F.get("_ranked", F.lit(0)), F.get("_ranked", F.lit(1))
    return (
        rows.withColumn("_ranked", ranked)
        .withColumns(
            {
                "segment": own["segment"],
                "cluster": own["cluster"],
                "distance": own["distance"],
                "next_segment": following["segment"],
                "next_distance": following["distance"],
            }
        )
        .drop("_ranked")
    )


def _distance(points: list[Column], centre: tuple[float, ...]) -> Column:
    first, *others = (
        (point - F.lit(middle)) * (point - F.lit(middle))
        for point, middle in zip(points, centre, strict=True)
    )
    total = first
    for square in others:
        total = total + square
    return F.sqrt(total)


def silhouette_squared_euclidean(fitted: Fitted, rows: DataFrame) -> float | None:
    """Mean silhouette, squared Euclidean distance, -1 to 1; None where one cluster only is used."""
    from pyspark.ml.evaluation import ClusteringEvaluator

    if len(fitted.centres) < 2:
        return None
    scored = fitted.pipeline.transform(rows)
    if scored.select("cluster").distinct().limit(2).count() < 2:
        return None
    evaluator = ClusteringEvaluator(
        featuresCol="features", predictionCol="cluster", metricName="silhouette"
    )
    return float(evaluator.evaluate(scored))
