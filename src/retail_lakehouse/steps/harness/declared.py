"""What a step declares, and the facts of the run that it may ask for."""

from datetime import date
from functools import partial
from pathlib import Path

from retail_lakehouse.assets import AS_OF, DESCRIPTION, LANDING, SOURCE_KIND, Asset, Fact, title
from retail_lakehouse.errors import UndeclaredError
from retail_lakehouse.machine.watch import Watch
from retail_lakehouse.settings import Settings
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.step import Step


class Declared:
    """A step's declaration, held against what it uses.

    UndeclaredError, a defect and no user's mistake, where it is asked for anything else.
    made_from: a hash of all that the tables which are written now are made from; empty: not known.
    """

    def __init__(self, step: Step, context: Context, made_from: str = "") -> None:
        self._step, self._context, self._made_from = step, context, made_from
        self.used: set[Asset] = set()
        if AS_OF in step.writes:
            # Known anew once its tables are written, and not what it was if that fails.
            self._changes(AS_OF)
            context.look_again()

    def _needs(self, asset: Asset) -> None:
        """Note a use that may be a reading."""
        self._note(asset, (*self._step.reads, *self._step.writes), "read")

    def _changes(self, asset: Asset) -> None:
        self._note(asset, self._step.writes, "write")

    def _note(self, asset: Asset, declared: tuple[Asset, ...], verb: str) -> None:
        if asset not in declared:
            raise UndeclaredError(
                f"The step {self._step.name} does not declare that it {verb}s {title(asset)}: "
                "add it in pipeline.py."
            )
        self.used.add(asset)

    @property
    def settings(self) -> Settings:
        """What the run was asked to compute, and where."""
        return self._context.settings

    @property
    def sources(self) -> tuple[str, ...]:
        """Paths or words that name the sources, as given."""
        return self._context.sources

    @property
    def watch(self) -> Watch:
        """What is told how far this step is."""
        return partial(self._context.watch, self._step.name)

    def settles(self, fact: Fact) -> None:
        """Note that the step says what this is."""
        self._changes(fact)

    def awaits(self, fact: Fact) -> None:
        """Note that the step goes on from what another has settled."""
        self._needs(fact)

    def landing(self) -> Path:
        """The folder of received files."""
        self._needs(LANDING)
        return self.settings.landing_dir

    def as_of(self) -> date:
        """The midnight before which lines are seen."""
        self._needs(AS_OF)
        return self._context.as_of()

    def source_kind(self) -> str:
        """``uci``, ``demo`` or ``files``."""
        self._needs(SOURCE_KIND)
        return self._context.source_kind()

    def description(self) -> ShopDescription:
        """What is known of the shop: how it writes its lines, and what they mean."""
        self._needs(DESCRIPTION)
        return self._context.description
