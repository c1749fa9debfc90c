"""Customers whom the report knows by name: a bounded sample, those to write to first."""

from collections import defaultdict
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.report.customer_facts import Outlook, Person, Sample, Suggestion
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

# Customers of the sample, products of each of their lists, and changes of segment.
PEOPLE = 2_000
PLACES = 5
STAYS = 12
_PLACE = "place"


def sample(
    members: DataFrame, expected: DataFrame, history: DataFrame, lists: DataFrame, of: int
) -> Sample:
    """Those due this week, then those of whom most is expected.

    members, expected, history, lists: gold's customer_segments, customer_value, segment_history and
    recommendations. of: number of all customers.
    """
    chosen = _chosen(members, expected)
    rows = chosen.collect()
    # They are here already: what they were chosen by need not be computed again.
    here = [(row[c.CUSTOMER_ID],) for row in rows]
    ids = F.broadcast(chosen.sparkSession.createDataFrame(here, f"{c.CUSTOMER_ID} STRING"))
    paths = _by_customer(_changes(history.join(ids, on=c.CUSTOMER_ID, how="left_semi")))
    first = lists.where(F.col(c.RANK) <= PLACES).join(ids, on=c.CUSTOMER_ID, how="left_semi")
    suggestions = _by_customer(first.orderBy(c.CUSTOMER_ID, c.LIST, c.RANK))
    people = tuple(
        of_row(
            Person,
            row,
            outlook=None if row[c.NEXT_ORDER_ON] is None else of_row(Outlook, row),
            path=tuple((stay[c.MONTH_END], stay[c.SEGMENT]) for stay in paths[row[c.CUSTOMER_ID]]),
            suggestions=tuple(
                of_row(Suggestion, product) for product in suggestions[row[c.CUSTOMER_ID]]
            ),
        )
        for row in rows
    )
    return Sample(people, of)


def _chosen(members: DataFrame, expected: DataFrame) -> DataFrame:
    """The customers of the sample in their order; without forecasts, the largest so far first."""
    outlook = expected.select(
        *(c.CUSTOMER_ID, c.DUE_THIS_WEEK, c.NEXT_ORDER_ON, c.PROBABILITY_90_DAYS),
        *(c.EXPECTED_SPEND_12_MONTHS, c.REASON),
    )
    order = (
        F.desc_nulls_last(c.DUE_THIS_WEEK),
        F.desc_nulls_last(c.EXPECTED_SPEND_12_MONTHS),
        F.desc(c.MONETARY),
        F.col(c.CUSTOMER_ID),
    )
    return members.join(outlook, on=c.CUSTOMER_ID, how="left").orderBy(*order).limit(PEOPLE)


def _changes(history: DataFrame) -> DataFrame:
    """Months at whose end a customer was in another segment than before, the last few of them."""
    by_month = Window.partitionBy(c.CUSTOMER_ID).orderBy(c.MONTH_END)
    latest = Window.partitionBy(c.CUSTOMER_ID).orderBy(F.desc(c.MONTH_END))
    before: Column = F.lag(c.SEGMENT).over(by_month)
    return (
        history.withColumn("before", before)
        .where(F.col("before").isNull() | (F.col("before") != F.col(c.SEGMENT)))
        .withColumn(_PLACE, F.row_number().over(latest))
        .where(F.col(_PLACE) <= STAYS)
        .orderBy(c.CUSTOMER_ID, c.MONTH_END)
    )


def _by_customer(rows: DataFrame) -> dict[str, list[Any]]:
    """Rows of the sample's customers; at most so many of each."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows.collect():
        found[row[c.CUSTOMER_ID]].append(row)
    return found
