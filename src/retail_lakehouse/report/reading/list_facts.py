"""The recommendations: how good they are, whom they reach, what they say most."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.report.customer_facts import (
    Judged,
    Listed,
    Popular,
    Reach,
    Recommendations,
)
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

METRICS = ("ndcg_at_10", "recall_at_10", "hit_rate_at_10", "catalogue_coverage")
# Windows of the past that are shown, and places of a list of products.
WINDOWS = 12
PLACES = 10
_KEY = (c.WINDOW_START, c.RANKING, c.SCOPE, c.METRIC)
_EVERY_COUNTRY = "ALL"


def recommendations(
    lists: DataFrame,
    quality: DataFrame,
    backtested: DataFrame,
    popular: DataFrame,
    catalogue: int,
) -> Recommendations:
    """lists: gold.recommendations; quality, backtested: of trainings and of backtests. catalogue:
    number of products.
    """
    rows = latest_windows(either(quality, backtested, _KEY).where(F.col(c.METRIC).isin(*METRICS)))
    judged = rows.orderBy(*_KEY).collect()  # windows x rankings x scopes x metrics
    best = popular.where((F.col(c.COUNTRY) == _EVERY_COUNTRY) & (F.col(c.RANK) <= PLACES))
    return Recommendations(
        judged=tuple(of_row(Judged, row) for row in judged),
        window_days=max((row[c.WINDOW_DAYS] for row in judged), default=0),
        reach=tuple(of_row(Reach, row) for row in _reach(lists).collect()),  # one per list
        most=tuple(of_row(Listed, row) for row in _most(lists).collect()),
        popular=tuple(of_row(Popular, row) for row in best.orderBy(c.RANK).collect()),
        catalogue=catalogue,
    )


def either(trained: DataFrame, backtested: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """What trainings and backtests say; where both do, the backtest: one version judges it all."""
    return backtested.unionByName(trained.join(backtested, on=list(key), how="left_anti"))


def latest_windows(judged: DataFrame) -> DataFrame:
    """Rows of the last few windows."""
    starts = judged.select(c.WINDOW_START).distinct().orderBy(F.desc(c.WINDOW_START)).limit(WINDOWS)
    return judged.join(F.broadcast(starts), on=c.WINDOW_START, how="left_semi")


def _reach(lists: DataFrame) -> DataFrame:
    return (
        lists.groupBy(c.LIST)
        .agg(_distinct(c.CUSTOMER_ID, c.CUSTOMERS), _distinct(c.STOCK_CODE, "products"))
        .orderBy(c.LIST)
    )


def _distinct(of: str, name: str) -> Column:
    return F.countDistinct(of).alias(name)


def _most(lists: DataFrame) -> DataFrame:
    """The products that most customers have in a list."""
    counted = lists.groupBy(c.LIST, c.STOCK_CODE).agg(
        F.max(c.DESCRIPTION).alias(c.DESCRIPTION), F.count("*").alias(c.CUSTOMERS)
    )
    order = Window.partitionBy(c.LIST).orderBy(F.desc(c.CUSTOMERS), c.STOCK_CODE)
    ranked = counted.withColumn(c.RANK, F.row_number().over(order))
    return ranked.where(F.col(c.RANK) <= PLACES).orderBy(c.LIST, c.RANK)
