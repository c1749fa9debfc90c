"""What forecasts add to segments: who of them returns, and whom it pays to write to."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.tables import MONEY
from retail_lakehouse.tables import columns as c

# Segments whose customers are away; the first should be the likelier to return.
AT_RISK, LOST = "At Risk", "Lost"
# Percentile of the expected spend from which on a customer is worth a word of one's own.
_UPPER_HALF = 50


def by_segment(member: DataFrame, value: DataFrame) -> DataFrame:
    """Per segment: mean chance of an order, expected spend, and customers worth writing to.

    member: ``customer_id`` and ``segment``. value: rows of gold.customer_value.
    """
    worth = F.col(c.PERCENTILE) >= _UPPER_HALF
    return (
        member.join(value, on=c.CUSTOMER_ID)
        .groupBy(c.SEGMENT)
        .agg(
            F.avg(c.PROBABILITY_90_DAYS).alias(c.PROBABILITY_90_DAYS),
            F.sum(c.EXPECTED_SPEND_12_MONTHS).cast(MONEY).alias(c.EXPECTED_SPEND_12_MONTHS),
            F.count_if(worth).alias(c.WORTH_WRITING_TO),
        )
    )


def action(words: Column) -> Column:
    """The recommended action, and of customers who are away also who of them is worth it."""
    away = F.col(c.SEGMENT).isin(AT_RISK, LOST)
    named = F.format_string(
        "%s Begin with the %,d of them in the upper half by expected spend (gold.customer_value); "
        "%.0f %% of the segment order within 90 days.",
        words,
        F.col(c.WORTH_WRITING_TO),
        F.col(c.PROBABILITY_90_DAYS) * 100,
    )
    return F.when(away, named).otherwise(words)


def contradiction(chances: Mapping[str, float]) -> str:
    """Why a segment's name and its customers' chances do not agree, in words; empty if they do.

    chances: mean chance of an order within 90 days by segment.

    >>> contradiction({"At Risk": 0.2, "Lost": 0.1, "New": 0.4})
    ''
    >>> contradiction({"At Risk": 0.1, "Lost": 0.25})
    'Lost are likelier to return (25 %) than At Risk (10 %): one of names and forecasts is wrong'
    """
    if not {AT_RISK, LOST} <= set(chances) or chances[LOST] <= chances[AT_RISK]:
        return ""
    return (
        f"{LOST} are likelier to return ({chances[LOST]:.0%}) than {AT_RISK} "
        f"({chances[AT_RISK]:.0%}): one of names and forecasts is wrong"
    ).replace("%)", " %)")
