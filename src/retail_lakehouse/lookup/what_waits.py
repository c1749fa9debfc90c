"""What the next run would have to do: landed files to load, steps whose input has changed."""

from dataclasses import dataclass
from functools import cached_property

from retail_lakehouse import tables as t
from retail_lakehouse.assets import ModelKind
from retail_lakehouse.landing.landed import landed_files
from retail_lakehouse.pipeline import STEPS
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.inputs import are_made_from, made_from
from retail_lakehouse.steps.harness.step import Step
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c

NOT_DONE = "not done yet"
CHANGED = "what it reads, its settings or the program changed"
WRITTEN_SINCE = "its tables were written since: it trains if that is due"
_FINISHED = "finished"


@dataclass(frozen=True)
class WaitingStep:
    """A step that the next run would not leave out, and why."""

    step: str
    why: str


class Looked(Context):
    """A shop that is only looked at: what was asked of it once is known."""

    @cached_property
    def _kind(self) -> str:
        return super().source_kind()

    def source_kind(self) -> str:
        """As of any shop."""
        return self._kind


def files_waiting(context: Context) -> tuple[str, ...]:
    """Landed files of lines that bronze does not have yet, by name."""
    landed = {path.stem: path.name for path in landed_files(context.settings.landing_dir)}
    lakehouse = context.lakehouse
    if landed and lakehouse.exists(t.BATCHES):
        # A row a source file.
        rows = lakehouse.read(t.BATCHES).select(c.BATCH_ID).collect()
        loaded = {row[c.BATCH_ID] for row in rows}
        return tuple(name for batch, name in landed.items() if batch not in loaded)
    return tuple(landed.values())


def steps_waiting(context: Context) -> tuple[WaitingStep, ...]:
    """Steps that have something to do; those after them follow, where these change anything.

    None before anything was loaded: all of them wait then.
    """
    if not context.lakehouse.exists(t.INVOICE_LINES):
        return ()
    reasons = ((step, _why(step, context)) for step in STEPS if step.reads)
    return tuple(WaitingStep(step.name, why) for step, why in reasons if why)


def _why(step: Step, context: Context) -> str:
    """Why the step has something to do; empty if it has not."""
    tables = (*step.tables, *step.prepares)
    if not all(context.lakehouse.exists(table) for table in tables):
        return NOT_DONE
    for kind in step.writes:
        if isinstance(kind, ModelKind):
            return _why_train(step, kind, context)
    if not step.rebuilds or are_made_from(context, step, made_from(step, context)):
        return ""
    return CHANGED


def _why_train(step: Step, kind: ModelKind, context: Context) -> str:
    """Whether tables were written since the last training; it may find that no row changed."""
    trainings = context.tracking.trainings(kind, 10) if context.has_experiments else []
    done = next((one for one in trainings if one.state == _FINISHED), None)
    if done is None:
        return NOT_DONE
    lakehouse = context.lakehouse
    reads = [asset for asset in step.reads if isinstance(asset, Table)]
    if all(lakehouse.exists(table) for table in reads):
        since = [
            table
            for table in reads
            if lakehouse.last_write(table).version > done.versions.get(table.full_name, -1)
        ]
        return WRITTEN_SINCE if since else ""
    return NOT_DONE
