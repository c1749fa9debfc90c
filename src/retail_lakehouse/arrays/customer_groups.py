"""Customers on Spark's workers, a group at a time.

Time is linear in customers, and memory does not grow with them.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.arrays.threads import one_thread
from retail_lakehouse.tables import columns as c

if TYPE_CHECKING:
    import pandas as pd


def in_groups(
    rows: DataFrame,
    customer: Column,
    size: int,
    work: "Callable[[pd.DataFrame], pd.DataFrame]",
    schema: str,
) -> DataFrame:
    """What ``work`` makes of all rows of some ``size`` customers, of whom each is in one group.

    customer: what groups are told apart by, the same for all rows of one. schema: of what comes.
    """
    customers = rows.select(c.CUSTOMER_ID).distinct().count()
    groups = max(1, math.ceil(customers / size))

    def of_group(some: "pd.DataFrame") -> "pd.DataFrame":
        # One worker per core: threads of libraries would get in the way.
        with one_thread():
            return work(some)

    return rows.groupBy(F.pmod(F.xxhash64(customer), F.lit(groups))).applyInPandas(of_group, schema)
