"""Whole runs on a small shop, which several test modules look at."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.settings import RecommendSettings, SegmentSettings, Settings
from retail_lakehouse.steps import Context, StepResult
from retail_lakehouse.steps.context import Opened
from retail_lakehouse.tracking import ModelKind, Registered

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


class Watched:
    """Passes all on to a lakehouse or tracking, and notes which of its methods got which thing."""

    def __init__(self, inner: Any, calls: set[tuple[str, Any]]) -> None:
        self._inner, self._calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            for one in given:
                things = one if isinstance(one, tuple) else (one,)
                kinds = (t.Table, ModelKind, Registered)
                self._calls.update((name, thing) for thing in things if isinstance(thing, kinds))
            return found(*given, **named)

        return call


@dataclass(frozen=True)
class WatchedStep(pipeline.Step):
    """A step that notes what it does to tables and models, as (method, thing)."""

    calls: set[tuple[str, Any]] = field(default_factory=set, compare=False)

    def run(self, context: Context) -> StepResult:
        if not self.reads:
            return super().run(context)
        # A context of its own, as in a process of its own: it finds out as_of by itself.
        opened = Opened(context.settings, reads_only=False)
        opened.__dict__["_lakehouse"] = Watched(context.lakehouse, self.calls)
        opened.__dict__["_tracking"] = Watched(context.tracking, self.calls)
        return super().run(replace(context, opened=opened))


def watched_steps() -> tuple[WatchedStep, ...]:
    return tuple(WatchedStep(**vars(step)) for step in pipeline.STEPS)


def run(ran: Context, steps: tuple[pipeline.Step, ...] = pipeline.STEPS) -> list[str]:
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
