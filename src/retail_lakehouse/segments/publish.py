"""Rows of gold.customer_segments."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.tables import CUSTOMER_SEGMENTS


def customer_segments(
    customer_rfm: DataFrame,
    assigned: DataFrame,
    names: tuple[str, ...],
    model_version: int,
    as_of: date,
) -> DataFrame:
    """Each customer of ``customer_rfm`` with cluster, name and distance.

    ``assigned``: customer_id, cluster, distance. ``names``: by cluster number.
    """
    name = F.element_at(F.array(*map(F.lit, names)), F.col("cluster") + 1)
    clusters = assigned.select("customer_id", "cluster", "distance")
    return (
        customer_rfm.join(clusters, on="customer_id")
        .withColumns(
            {
                "segment": name,
                "model_version": F.lit(model_version),
                "as_of": F.lit(as_of),
            }
        )
        .select(*CUSTOMER_SEGMENTS.column_names)
    )
