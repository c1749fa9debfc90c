"""START HERE: the steps in their order, what each reads and writes, and the run of them all.

A step reads and writes what it says here, nothing else, so it can run alone, in its own process or
as a job task, with the same result. This module is light: Spark and MLflow are imported when a step
runs.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retail_lakehouse import tables as t
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import RECOMMENDER, SEGMENTS, ModelKind

if TYPE_CHECKING:
    from retail_lakehouse.steps import Context, StepResult

LANDING = "landing"
# A picture in the run of the segments' champion: who reads the model does not wait for it.
MIGRATION_FLOW = "migration flow"
# Two at a time: trainings and table writes wait on the driver more than they compute.
_PARALLEL_STEPS = 2


@dataclass(frozen=True)
class Step:
    """One step: ``reads`` and ``writes`` are tables, models, the landing folder and a picture.

    What it writes it may read, too. ``function``: its name in steps. ``rebuilds``: its tables are
    made wholly from what it reads, so it need not run again where that has not changed.
    """

    name: str
    purpose: str
    reads: tuple[Table | ModelKind | str, ...]
    writes: tuple[Table | ModelKind | str, ...]
    function: str
    rebuilds: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it writes."""
        return tuple(thing for thing in self.writes if isinstance(thing, Table))

    def run(self, context: "Context") -> "StepResult":
        """Do it, unless it would only write again what is there.

        Every table that it writes is there afterwards, if need be without rows.
        """
        from retail_lakehouse import steps

        function: Callable[[Context], StepResult] = getattr(steps, self.function)

        def work(context: "Context") -> "StepResult":
            result = function(context)
            context.complete(self.tables)
            return result

        if not self.rebuilds:
            return work(context)
        reads = [source for source in self.reads if not isinstance(source, str)]
        return steps.unless_unchanged(context, reads, self.tables, work)


# What tells a step which shop it works on, and the day that as_of is.
_SHOP = (t.INVOICE_LINES,)
_AS_OF = (t.SALES, t.RETURNS, t.REJECTED_LINES)

STEPS = (
    Step(
        "land", "Fetch or read the sources into the landing folder", (), (LANDING,), "land_sources"
    ),
    Step(
        "bronze",
        "Load landed lines verbatim",
        (LANDING,),
        (t.INVOICE_LINES, t.BATCHES),
        "load_bronze",
    ),
    Step(
        "silver",
        "Clean lines into sales, returns and rejected lines",
        (t.INVOICE_LINES,),
        (t.SALES, t.RETURNS, t.REJECTED_LINES, t.RESENT_INVOICES),
        "clean_silver",
        rebuilds=True,
    ),
    Step(
        "gold",
        "Build products, RFM, interactions and purchases",
        (t.SALES, *_SHOP, *_AS_OF),
        (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES),
        "build_gold",
        rebuilds=True,
    ),
    Step(
        "train-recommender",
        "Train ALS and rankers, judge and register them",
        (t.PURCHASES, t.PRODUCTS, *_SHOP, *_AS_OF),
        (RECOMMENDER, t.RECOMMENDATION_QUALITY),
        "train_recommender",
    ),
    Step(
        "publish-recommendations",
        "Publish each customer's lists, popular and similar products",
        (t.PURCHASES, t.PRODUCTS, RECOMMENDER, *_SHOP, *_AS_OF),
        (t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.SIMILAR_PRODUCTS),
        "publish_recommendations",
        rebuilds=True,
    ),
    Step(
        "train-segments",
        "Train k-means and register it",
        (t.CUSTOMER_RFM, *_SHOP, *_AS_OF),
        (SEGMENTS,),
        "train_segments",
    ),
    Step(
        "publish-segments",
        "Publish each customer's segment and the segments' profiles",
        (t.CUSTOMER_RFM, t.SALES, t.INTERACTIONS, t.PRODUCTS, SEGMENTS, *_SHOP, *_AS_OF),
        (t.CUSTOMER_SEGMENTS, t.SEGMENT_PROFILES),
        "publish_segments",
        rebuilds=True,
    ),
    Step(
        "segment-history",
        "Publish segments month by month, moves and drift",
        (t.CUSTOMER_RFM, t.SALES, SEGMENTS, *_SHOP, *_AS_OF),
        (t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS, t.FEATURE_DRIFT, MIGRATION_FLOW),
        "publish_segment_history",
        rebuilds=True,
    ),
    Step(
        "quality",
        "Count and check the tables",
        (
            t.INVOICE_LINES,
            t.SALES,
            t.RETURNS,
            t.REJECTED_LINES,
            t.CUSTOMER_RFM,
            t.INTERACTIONS,
            t.RESENT_INVOICES,
        ),
        (t.DATA_QUALITY,),
        "check_quality",
        rebuilds=True,
    ),
)
STEPS_BY_NAME = {step.name: step for step in STEPS}


def depends_on(step: Step, steps: Sequence[Step] = STEPS) -> tuple[str, ...]:
    """Names of the steps that write what ``step`` reads, without those implied by others."""
    direct = {s.name for s in steps if set(s.writes) & set(step.reads)}
    implied = {name for other in direct for name in _ancestors(STEPS_BY_NAME[other], steps)}
    return tuple(s.name for s in steps if s.name in direct - implied)


def _ancestors(step: Step, steps: Sequence[Step]) -> set[str]:
    direct = {s for s in steps if set(s.writes) & set(step.reads)}
    return {s.name for s in direct}.union(*(_ancestors(s, steps) for s in direct))


def run_all(
    context: "Context",
    started: Callable[[Step], None],
    ended: Callable[[Step, "StepResult"], None],
    steps: Sequence[Step] = STEPS,
) -> None:
    """Run the steps, each as soon as those it depends on are done; the first error is raised.

    ``started`` and ``ended`` are called in this thread. Steps already running when another fails
    finish their writes first.
    """
    waiting = list(steps)
    done: set[str] = set()
    running: dict[Future[StepResult], Step] = {}
    with ThreadPoolExecutor(_PARALLEL_STEPS + 1) as pool:
        # Reading the sources needs no Spark: the session starts meanwhile.
        session = pool.submit(context.start)
        while waiting or running:
            ready = [s for s in waiting if done.issuperset(depends_on(s, steps))]
            for step in ready[: _PARALLEL_STEPS - len(running)]:
                work = step.run
                if step.reads:
                    session.result()
                    work = context.in_session(work)
                waiting.remove(step)
                started(step)
                running[pool.submit(work, context)] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                ended(step, future.result())
                done.add(step.name)
