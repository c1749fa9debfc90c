"""START HERE: the steps in their order, what each reads and writes, and the run of them all.

A step is given what it says that it reads and may write what it says that it writes, nothing else
(steps/harness/io.py refuses it), so it can run alone, in its own process or as a job task, with
the same result. Which step writes a table stands in the table's definition (tables/). This module
is light: Spark and MLflow are imported when a step runs.
"""

from collections.abc import Callable, Sequence
from functools import partial
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from retail_lakehouse import steps
from retail_lakehouse import tables as t
from retail_lakehouse.assets import (
    AS_OF,
    DESCRIPTION,
    EXPECTED,
    LANDING,
    MIGRATION_FLOW,
    MODELS,
    RECOMMENDER,
    REPORT,
    SEGMENTS,
    SOURCE_KIND,
    VALUE,
    Runs,
)
from retail_lakehouse.steps.harness.step import Step, StepResult

if TYPE_CHECKING:
    from retail_lakehouse.steps.harness.context import Context

# Two at a time: trainings and table writes wait on the driver more than they compute.
_PARALLEL_STEPS = 2

STEPS = (
    Step(
        "land",
        "Fetch or read the sources into the landing folder",
        reads=(),
        writes=(LANDING,),
        work=steps.land,
    ),
    Step(
        "bronze",
        "Load landed lines verbatim",
        reads=(LANDING,),
        writes=(*t.written_by("bronze"), SOURCE_KIND, DESCRIPTION),
        work=steps.bronze,
    ),
    Step(
        "silver",
        "Clean lines into sales, returns and rejected lines",
        reads=(t.INVOICE_LINES, SOURCE_KIND, DESCRIPTION),
        writes=(*t.written_by("silver"), AS_OF),
        work=steps.silver,
        rebuilds=True,
        follows=(t.INVOICE_LINES,),
    ),
    Step(
        "expectations",
        "Hold silver against what is expected, and stop before gold",
        reads=(
            *(t.INVOICE_LINES, t.BATCHES, t.SALES, t.RETURNS, t.REJECTED_LINES),
            *(SOURCE_KIND, DESCRIPTION, AS_OF),
        ),
        writes=(t.DATA_QUALITY, EXPECTED),
        work=steps.expectations,
    ),
    Step(
        "gold",
        "Build products, RFM, interactions and purchases",
        reads=(t.SALES, t.RETURNS, t.REJECTED_LINES, SOURCE_KIND, DESCRIPTION, AS_OF, EXPECTED),
        writes=t.written_by("gold"),
        work=steps.gold,
        rebuilds=True,
        follows=(t.SALES,),
    ),
    Step(
        "train-recommender",
        "Train ALS and rankers, judge and register them",
        reads=(t.PURCHASES, t.PRODUCTS, SOURCE_KIND, AS_OF),
        writes=(RECOMMENDER, *t.written_by("train-recommender")),
        work=steps.train_recommender,
        # The dashboard shows its rows beside this step's, and must find it before the first one.
        prepares=(t.BACKTEST_QUALITY,),
    ),
    Step(
        "publish-recommendations",
        "Publish each customer's lists, popular and similar products",
        reads=(t.PURCHASES, t.PRODUCTS, RECOMMENDER, SOURCE_KIND, AS_OF),
        writes=t.written_by("publish-recommendations"),
        work=steps.publish_recommendations,
        rebuilds=True,
    ),
    Step(
        "train-value",
        "Train and judge models of who comes back, and register the better one",
        reads=(t.SALES, t.CUSTOMER_RFM, SOURCE_KIND, DESCRIPTION, AS_OF),
        writes=(VALUE, *t.written_by("train-value")),
        work=steps.train_value,
        # As of the lists: the dashboard must find it before the first backtest.
        prepares=(t.VALUE_BACKTEST,),
    ),
    Step(
        "publish-value",
        "Publish what to expect of each customer",
        reads=(t.SALES, t.CUSTOMER_RFM, VALUE, SOURCE_KIND, AS_OF),
        writes=t.written_by("publish-value"),
        work=steps.publish_value,
        rebuilds=True,
    ),
    Step(
        "train-segments",
        "Train k-means and register it",
        reads=(t.CUSTOMER_RFM, SOURCE_KIND, DESCRIPTION, AS_OF),
        writes=(SEGMENTS,),
        work=steps.train_segments,
    ),
    Step(
        "publish-segments",
        "Publish each customer's segment and the segments' profiles",
        reads=(
            *(t.CUSTOMER_RFM, t.SALES, t.INTERACTIONS, t.PRODUCTS),
            *(t.CUSTOMER_VALUE, SEGMENTS, SOURCE_KIND, DESCRIPTION, AS_OF),
        ),
        writes=t.written_by("publish-segments"),
        work=steps.publish_segments,
        rebuilds=True,
    ),
    Step(
        "segment-history",
        "Publish segments month by month, moves and drift",
        reads=(t.CUSTOMER_RFM, t.SALES, SEGMENTS, SOURCE_KIND, AS_OF),
        writes=(*t.written_by("segment-history"), MIGRATION_FLOW),
        work=steps.segment_history,
        rebuilds=True,
        follows=(t.SALES,),
    ),
    Step(
        "quality",
        "Count and check the tables",
        reads=(
            *(t.INVOICE_LINES, t.SALES, t.RETURNS, t.REJECTED_LINES, t.RESENT_INVOICES),
            *(t.CUSTOMER_RFM, t.INTERACTIONS, SOURCE_KIND, AS_OF),
        ),
        writes=t.written_by("quality"),
        work=steps.quality,
        rebuilds=True,
    ),
    Step(
        "report",
        "Write the report, a page for a browser",
        reads=(
            *(t.CUSTOMER_SEGMENTS, t.SALES, t.CUSTOMER_RFM, t.PRODUCTS, t.DATA_QUALITY),
            *(t.SEGMENT_PROFILES, t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS),
            *(t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.RECOMMENDATION_QUALITY),
            *(t.CUSTOMER_VALUE, t.VALUE_QUALITY, t.BACKTEST_QUALITY, t.VALUE_BACKTEST),
            *(*MODELS, SOURCE_KIND, DESCRIPTION, AS_OF),
        ),
        writes=(REPORT,),
        work=steps.report,
        rebuilds=True,
    ),
)
STEPS_BY_NAME = {step.name: step for step in STEPS}


def backtest(windows: int) -> Step:
    """The step, outside the daily run, that judges the last ``windows`` before as_of."""
    return Step(
        "backtest",
        "Judge lists, forecasts and baselines on past windows",
        reads=(t.PURCHASES, t.PRODUCTS, t.SALES, t.CUSTOMER_RFM, SOURCE_KIND, AS_OF),
        writes=(*t.written_by("backtest"), Runs(RECOMMENDER), Runs(VALUE)),
        work=partial(steps.backtest, windows=windows),
    )


def tune(trials: int, windows: int) -> Step:
    """The step, outside the daily run, that searches settings on the last ``windows``."""
    return Step(
        "tune",
        "Search the recommender's settings on past windows",
        reads=(t.PURCHASES, t.PRODUCTS, SOURCE_KIND, AS_OF),
        writes=(Runs(RECOMMENDER),),
        work=partial(steps.tune, trials=trials, windows=windows),
    )


def depends_on(step: Step, among: Sequence[Step] = STEPS) -> tuple[str, ...]:
    """Names of the steps that write what ``step`` reads, without those implied by others."""
    direct = _writers(step, among)
    implied = {name for other in direct for name in _ancestors(STEPS_BY_NAME[other], among)}
    return tuple(s.name for s in among if s.name in direct - implied)


def _writers(step: Step, among: Sequence[Step]) -> set[str]:
    return {s.name for s in among if set(s.writes) & set(step.reads)}


def _ancestors(step: Step, among: Sequence[Step]) -> set[str]:
    direct = _writers(step, among)
    return direct.union(*(_ancestors(STEPS_BY_NAME[name], among) for name in direct))


def run_all(
    context: "Context",
    started: Callable[[Step], None],
    ended: Callable[[Step, StepResult], None],
    among: Sequence[Step] = STEPS,
) -> None:
    """Run the steps, each as soon as those it depends on are done; the first error is raised.

    ``started`` and ``ended`` are called in this thread. Steps already running when another fails
    finish their writes first.
    """
    # Loaded here, as --help needs none of it.
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    by_name = {step.name: step for step in among}
    order = TopologicalSorter({step.name: _writers(step, among) for step in among})
    order.prepare()
    waiting: list[str] = []
    running: dict[Future[StepResult], Step] = {}
    with ThreadPoolExecutor(_PARALLEL_STEPS + 1) as pool:
        # Reading the sources needs no Spark: the session starts meanwhile.
        session = pool.submit(context.start)
        while order.is_active():
            waiting += sorted(order.get_ready(), key=list(by_name).index)
            while waiting and len(running) < _PARALLEL_STEPS:
                step = by_name[waiting.pop(0)]
                work = step.run
                if step.reads:
                    session.result()
                    work = context.in_session(work)
                started(step)
                running[pool.submit(work, context)] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                ended(step, future.result())
                order.done(step.name)
