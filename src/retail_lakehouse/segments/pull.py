"""Archetypes as pseudo-customers: what keeps each cluster of k-means near a kind of customer.

Customers shade into each other, so k-means alone has several sets of groups that are about equally
good, and chance chooses. Pseudo-customers at each archetype's place decide it: a centre is the mean
of its customers and of its archetype's pseudo-customers. Nothing but k-means sees these: not the
scale, and not the measures.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.segments.model import FEATURES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Rows at one archetype; in a shop with more than twice as many customers each weighs more.
_ROWS = 20_000


def pseudo_customers(spark: "SparkSession", archetypes: np.ndarray, each: float) -> DataFrame:
    """``features, weight``: pseudo-customers at each archetype that together weigh ``each``.

    As many rows as customers of that weight would be, where that is not too many: k-means|| chooses
    its first centres by how many rows are near, and not by how much they weigh.
    """
    from pyspark.ml.feature import VectorAssembler

    count = max(1, min(math.ceil(each), _ROWS))
    places = F.array(
        *(
            F.struct(
                *(F.lit(float(at)).alias(name) for name, at in zip(FEATURES, place, strict=True))
            )
            for place in archetypes
        )
    )
    rows = (
        spark.range(0, count, 1, 2)
        .select(F.explode(places).alias("place"), F.lit(each / count).alias("weight"))
        .select("place.*", "weight")
    )
    assembler = VectorAssembler(inputCols=list(FEATURES), outputCol="features")
    return assembler.transform(rows).select("features", "weight")


def inertia(centres: np.ndarray, archetypes: np.ndarray) -> float:
    """Sum of the archetypes' squared distances to the nearest centre."""
    return float(_squares(centres, archetypes).min(axis=1).sum())


def each_held(centres: np.ndarray, archetypes: np.ndarray) -> bool:
    """Whether each archetype has a nearest centre of its own."""
    return len(set(_squares(centres, archetypes).argmin(axis=1))) == len(archetypes)


def _squares(centres: np.ndarray, archetypes: np.ndarray) -> np.ndarray:
    found: np.ndarray = ((archetypes[:, None] - centres[None]) ** 2).sum(axis=2)
    return found
