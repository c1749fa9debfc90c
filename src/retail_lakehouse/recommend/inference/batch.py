"""Rows of gold.recommendations: every customer's lists, made on the workers."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.arrays import customer_groups
from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.recommend.data.loader import lines, number_of_customer
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.tables import RECOMMENDATIONS
from retail_lakehouse.tables import columns as c

# Customers whose histories a worker holds at a time; of a small catalogue about as many as are
# scored at once.
_GROUP = 200


def recommendations(
    bought: DataFrame, model: Recommender, model_version: int, as_of: date
) -> DataFrame:
    """Lists of every customer with a purchase that stands at ``as_of``.

    bought: rows of ``loader.numbered`` before ``as_of``, by the model's catalogue. Groups of
    customers are scored by blocked matrix products over the model's arrays, which travel to the
    workers once: time is linear in customers, memory does not grow with them.
    """
    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    return (
        in_groups(bought, model.for_lists().lists, schema)
        .withColumns({c.MODEL_VERSION: F.lit(model_version), c.AS_OF: F.lit(as_of)})
        .select(*RECOMMENDATIONS.column_names)
    )


def in_groups(
    bought: DataFrame, work: Callable[[np.ndarray, Purchases], pd.DataFrame], schema: str
) -> DataFrame:
    """What ``work`` makes of ids and standing purchases of customers, a group at a time."""
    standing = lines(bought.where(F.col("reversed_day") == NEVER))

    def of_group(rows: pd.DataFrame) -> pd.DataFrame:
        return work(*Purchases.of_lines(rows))

    return customer_groups.in_groups(standing, number_of_customer(), _GROUP, of_group, schema)
