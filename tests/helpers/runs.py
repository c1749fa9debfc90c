"""Whole runs on a small shop, which several test modules look at."""

import hashlib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from pyspark.sql import DataFrame

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import AS_OF, SOURCE_KIND, Asset
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.settings import RecommendSettings, SegmentSettings, Settings
from retail_lakehouse.steps.harness.context import Context, Opened
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import Step, StepResult
from retail_lakehouse.tables import Table

SMALL = RecommendSettings().changed(
    rank=4,
    iterations=2,
    training_windows=2,
    enough_customers=1,
    discover_trees=10,
    for_you_trees=10,
)

# Two dozen customers are no stable groups, and the gates have tests of their own.
ANY_SEGMENTS = SegmentSettings(starts=1, resamples=2, min_bootstrap_ari=0.0)


def context(home: Path, *sources: str, **settings) -> Context:
    models = {"recommend": SMALL, "segments": ANY_SEGMENTS}
    return Context(Settings(home=home, **models | settings), sources)


@dataclass(frozen=True)
class WatchedStep(Step):
    """A step that notes which of its declared things it used, and which tables it wrote anew."""

    used: set[Asset] = field(default_factory=set, compare=False)
    wrote: set[Table] = field(default_factory=set, compare=False)

    def run(self, context: Context) -> StepResult:
        # A context of its own, as in a process of its own: it finds out as_of by itself.
        opened = Opened(context.settings, reads_only=False)
        if self.reads:
            opened.__dict__["_lakehouse"] = context.lakehouse
            opened.__dict__["_tracking"] = context.tracking
        work = Step(**{f.name: getattr(self, f.name) for f in fields(Step)})
        return replace(work, work=self._watched).run(replace(context, opened=opened))

    def _watched(self, io: StepIO) -> StepResult:
        wrote = self.wrote

        class WatchedIO(StepIO):
            def _changes(self, asset: Asset) -> None:
                super()._changes(asset)
                if isinstance(asset, Table):
                    wrote.add(asset)

        watched = WatchedIO(io._step, io._context, io._made_from)
        # What is done before the work and after it, too.
        self.used.update(watched.used)
        io.used = watched.used = self.used
        return self.work(watched)


def watched_steps() -> tuple[WatchedStep, ...]:
    return tuple(WatchedStep(**vars(step)) for step in pipeline.STEPS)


def put(ran: Context, table: Table, rows: DataFrame, how: str = "replace") -> None:
    """Write the rows, as a step does that declares no more than this table.

    how: a method of ``StepIO``.
    """
    writes = (table, AS_OF) if table.layer == "silver" else (table,)

    def write(io: StepIO) -> StepResult:
        getattr(io, how)(table, rows)
        return StepResult(0, 0)

    Step("test", "Write a table", (SOURCE_KIND,), writes, write).run(ran)


def run(ran: Context, steps: tuple[Step, ...] = pipeline.STEPS) -> list[str]:
    order = []
    pipeline.run_all(ran, lambda step: None, lambda step, result: order.append(step.name), steps)
    return order


def content(lakehouse: Lakehouse) -> dict[str, str]:
    """A hash of every table's rows, whatever their order; the time of loading left out."""
    hashes = {}
    for table in t.TABLES:
        rows = lakehouse.read(table).drop("ingested_at").collect()
        lines = sorted(repr(row) for row in rows)
        hashes[table.full_name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return hashes
