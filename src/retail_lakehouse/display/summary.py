"""What a run and a backtest come to: printed at their end."""

from collections.abc import Iterable

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.display import screen
from retail_lakehouse.display.board import console
from retail_lakehouse.display.customer import listed, print_all
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c

_SAMPLE_SEGMENTS = ("Champions", "Loyal", "At Risk")


def print_quality(quality: DataFrame) -> None:
    """NDCG of every ranking, a column for each scope, as means over windows."""
    scopes = ("all", "new", "repeat")
    rows = (
        quality.where(F.col(c.METRIC) == "ndcg_at_10")
        .groupBy(c.RANKING)
        .pivot(c.SCOPE, list(scopes))
        .agg(F.avg(c.VALUE))
        .orderBy(F.desc_nulls_last("all"), F.desc_nulls_last("new"), c.RANKING)
    )
    console.print(screen.quality(rows.collect(), scopes))  # one row per ranking


def print_value_quality(quality: DataFrame) -> None:
    """How forecasts of every model and baseline did, as means over windows."""
    metrics = ("auc_90", "brier_90", "gini_spend", "bias_orders", "bias_spend", "within_spend")
    rows = (
        quality.where("tenth = 0")
        .groupBy(c.MODEL)
        .pivot(c.METRIC, list(metrics))
        .agg(F.avg(c.VALUE))
        .orderBy(F.asc_nulls_last("brier_90"), c.MODEL)
    )
    console.print(screen.value_quality(rows.collect(), metrics))  # one row per model


def warn_of_demo(why: str) -> None:
    """Say that the demo shop stands in for the real data, so that nobody misses it."""
    console.print(screen.demo_panel(why))


def print_warnings(warnings: Iterable[str]) -> None:
    """What is not as expected, though the run goes on."""
    for words in warnings:
        console.print(f"Warning: {plain(words)}", style="yellow", soft_wrap=True, markup=False)


def summarize(context: Context) -> None:
    """Lines by outcome, segments, sample customers, and where to look next."""
    read, currency = context.lakehouse.read, context.description.unit_of_money
    if context.source_kind() == "demo":
        console.print(screen.demo_panel())
    _print_outcomes(read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES))
    segments = read(t.CUSTOMER_SEGMENTS)
    profiles = read(t.SEGMENT_PROFILES).orderBy(F.desc(c.REVENUE))
    print_all(*screen.segments(profiles.collect(), currency))  # one row per segment
    samples = _samples(segments)
    lists = listed(read(t.RECOMMENDATIONS).where(F.col(c.CUSTOMER_ID).isin(list(samples))))
    for who in samples.values():
        print_all(
            screen.headline(who, currency), screen.products(lists[who[c.CUSTOMER_ID]]["for_you"])
        )
    print_all(*screen.where_next(context.settings.home, next(iter(samples))))


def _print_outcomes(sales: DataFrame, returns: DataFrame, rejected: DataFrame) -> None:
    reversed_sales = sales.where(F.col(c.REVERSED_AT).isNotNull()).count()
    reasons = rejected.groupBy(c.REASON).count().orderBy(F.desc("count"), c.REASON)
    console.print()
    console.print(
        # One row per cleaning rule.
        screen.outcomes(sales.count(), reversed_sales, returns.count(), reasons.collect())
    )


def _samples(segments: DataFrame) -> dict[str, Row]:
    """The most typical customer of three segments: the one nearest to its centre."""
    nearest = F.min_by(F.struct("*"), F.struct(c.DISTANCE, c.CUSTOMER_ID)).alias("who")
    rows = segments.groupBy(c.SEGMENT).agg(nearest).orderBy(c.SEGMENT).collect()  # one per segment
    typical = {row[c.SEGMENT]: row["who"] for row in rows}
    chosen = [name for name in _SAMPLE_SEGMENTS if name in typical] or list(typical)
    return {typical[name][c.CUSTOMER_ID]: typical[name] for name in chosen}
