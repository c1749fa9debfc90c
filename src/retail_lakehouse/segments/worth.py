"""What forecasts add to segments: who of them returns, and whom it pays to write to."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.tables import MONEY

# Segments whose customers are away; the first should be the likelier to return.
AT_RISK, LOST = "At Risk", "Lost"
# Percentile of the expected spend from which on a customer is worth a word of one's own.
_UPPER_HALF = 50


def by_segment(member: DataFrame, value: DataFrame) -> DataFrame:
    """Per segment: mean chance of an order, expected spend, and customers worth writing to.

    member: ``customer_id`` and ``segment``. value: rows of gold.customer_value.
    """
    worth = F.col("percentile") >= _UPPER_HALF
    return (
        member.join(value, on="customer_id")
        .groupBy("segment")
        .agg(
            F.avg("probability_90_days").alias("probability_90_days"),
            F.sum("expected_spend_12_months").cast(MONEY).alias("expected_spend_12_months"),
            F.count_if(worth).alias("worth_writing_to"),
        )
    )


def action(words: Column) -> Column:
    """The recommended action, and of customers who are away also who of them is worth it."""
    away = F.col("segment").isin(AT_RISK, LOST)
    named = F.format_string(
        "%s Begin with the %,d of them in the upper half by expected spend (gold.customer_value); "
        "%.0f %% of the segment order within 90 days.",
        words,
        F.col("worth_writing_to"),
        F.col("probability_90_days") * 100,
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
