"""What a step is, and what it answers: light, so that pipeline.py can name them all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retail_lakehouse.assets import LANDING, Asset
from retail_lakehouse.tables import Table

if TYPE_CHECKING:
    from retail_lakehouse.steps.harness.context import Context
    from retail_lakehouse.steps.harness.io import StepIO


@dataclass(frozen=True)
class StepResult:
    """Rows that went in and came out, of all tables together, and a word on what happened.

    details: what else people should read, a line each. warnings: what they should read last.
    """

    rows_in: int
    rows_out: int
    note: str = ""
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step. What it writes it may read, too.

    work: what it does. rebuilds: what it writes is made wholly from what it reads, so it need not
    run again where that has not changed. follows: those of the tables that it reads whose changes
    are enough to bring its own up to date. prepares: tables whose rows others write, and which must
    be there for readers.
    """

    name: str
    purpose: str
    reads: tuple[Asset, ...]
    writes: tuple[Asset, ...]
    work: Callable[["StepIO"], StepResult]
    rebuilds: bool = False
    follows: tuple[Table, ...] = ()
    prepares: tuple[Table, ...] = ()

    @property
    def keeps_progress(self) -> bool:
        """Whether it notes with its tables how far it has come.

        What adds to its tables cannot leave that to their newest commits.
        """
        return bool(self.follows) or LANDING in self.reads

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it writes."""
        return tuple(asset for asset in self.writes if isinstance(asset, Table))

    def run(self, context: "Context") -> StepResult:
        """Do it, unless it would only write again what is there.

        Every table that it writes or prepares is there afterwards, if need be without rows.
        UndeclaredError where the work touches what the step does not declare: a defect.
        """
        from retail_lakehouse.steps.harness.following import Begun
        from retail_lakehouse.steps.harness.inputs import unless_unchanged
        from retail_lakehouse.steps.harness.io import StepIO

        if LANDING in self.reads:
            context.fit_session()

        def work(made_from: str) -> StepResult:
            keeps = self.keeps_progress and made_from
            begun = Begun.of(self, context, made_from) if keeps else None
            io = StepIO(self, context, made_from)
            result = self.work(io)
            io.complete()
            if begun is not None:
                begun.keep()
            return result

        return unless_unchanged(self, context, work) if self.rebuilds else work("")
