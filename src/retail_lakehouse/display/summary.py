"""What a run and a backtest come to: printed at their end."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import RenderableType
from rich.text import Text

from retail_lakehouse.display import screen
from retail_lakehouse.display.board import console
from retail_lakehouse.display.json_out import show
from retail_lakehouse.lookup.run_outcome import RunOutcome, StepDone, look_up
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c


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
    for warning in _warned(warnings):
        console.print(warning, soft_wrap=True)


def _warned(warnings: Iterable[str]) -> Iterator[Text]:
    for words in warnings:
        yield Text(f"Warning: {plain(words)}", style="yellow")


def summarize(
    context: Context, steps: tuple[StepDone, ...] = (), began: float = 0.0, as_json: bool = False
) -> None:
    """Lines by outcome, segments, sample customers, and where to look next.

    steps: of the run that this is the end of; began: when, by ``perf_counter``.
    """
    facts = look_up(context)
    if steps:
        facts = replace(facts, steps=steps, seconds=perf_counter() - began)
    show("run", facts, parts, as_json)


def parts(facts: RunOutcome) -> Iterator[RenderableType]:
    """The same, one below the other."""
    lines, currency = facts.lines, plain(facts.currency)
    if facts.source_kind == "demo":
        yield screen.demo_panel()
    yield ""
    rejected = [vars(reason) for reason in lines.rejected]
    yield screen.outcomes(lines.sales, lines.taken_back, lines.returns, rejected)
    yield from screen.segments([vars(one) for one in facts.segments], currency)
    for one in facts.typical:
        yield screen.headline(vars(one.customer), currency)
        yield screen.products([vars(product) for product in one.list])
    if facts.typical:
        yield from screen.where_next(Path(facts.home), facts.typical[0].customer.customer_id)
    for step in facts.steps:
        yield from _warned(step.warnings)
    if facts.steps:
        yield f"\nDone in {facts.seconds:.0f} seconds."
