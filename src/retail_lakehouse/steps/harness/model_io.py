"""What a step is given of the models that it declares: their lives, versions and runs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from retail_lakehouse.assets import ModelKind, Picture, Runs
from retail_lakehouse.lifecycle import Lifecycle, Published
from retail_lakehouse.policies.cadence import Drift
from retail_lakehouse.steps.harness.declared import Declared
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import ModelSpec, ModelVersion, Sweep, TrainedOn, run_tags

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Model = TypeVar("Model")


class ModelIO(Declared):
    """Models and their runs, for a step that declares them."""

    def trained_on(self, table: Table, rows: int, columns: Mapping[str, str]) -> TrainedOn:
        """The table as MLflow notes it; ``columns``: the model's input and its MLflow types."""
        self._needs(table)
        version = self._context.lakehouse.version(table)
        return TrainedOn(table.full_name, version, rows, columns, self._context.versions())

    def lifecycle(self, spec: ModelSpec[Model]) -> Lifecycle[Model]:
        """What trains, judges and promotes the model."""
        self._changes(spec.kind)
        kind, as_of = self.source_kind(), self.as_of()
        return Lifecycle(
            self._context.tracking, spec, kind, as_of, self.settings.retrain, watch=self.watch
        )

    def training(
        self,
        spec: ModelSpec[Model],
        table: Table,
        settings: Mapping[str, Any],
        drift: Callable[[Model], Drift | None],
    ) -> tuple[Lifecycle[Model] | None, str]:
        """What trains the model from the table if that is due, and the reason; None if not."""
        asked = self.settings.retrain or self.settings.sweep
        cadence = replace(self.settings.cadence, asked=asked)
        self._needs(table)
        seen = str(self._context.lakehouse.last_write(table).mark)
        return self.lifecycle(spec).when_due(cadence, settings, seen, drift)

    def champion(self, spec: ModelSpec[Model]) -> Published[Model]:
        """The version that publishes, loaded; MissingTableError or OtherVersionError."""
        self._needs(spec.kind)
        return Published.champion(self._context.tracking, spec, self.source_kind())

    def published(self, kind: ModelKind) -> tuple[ModelVersion, dict[str, float], str]:
        """The version that publishes, not loaded: its metrics, and its run's place in MLflow."""
        self._needs(kind)
        tracking = self._context.tracking
        version = tracking.champion(kind, self.source_kind())
        return version, tracking.metrics(version), tracking.page_of(version)

    def add_picture(self, picture: Picture, version: ModelVersion, figure: "Figure") -> None:
        """Put a picture among the artifacts of the version's run, in place of an older one."""
        self._changes(picture)
        self._context.tracking.add_figure(version, picture.path, figure)

    def tags(self) -> dict[str, str]:
        """Tags of runs: the day they saw, and the kind of source."""
        return run_tags(self.as_of(), self.source_kind())

    def log_sweep(self, kind: ModelKind, sweep: Sweep) -> None:
        """Log runs that belong together in the model's experiment."""
        self._changes_runs(kind)
        self._context.tracking.log_sweep(kind, sweep)

    def steps_of(
        self, kind: ModelKind, study: str
    ) -> list[tuple[dict[str, str], dict[str, float]]]:
        """``Tracking.steps_of`` in the model's experiment."""
        self._changes_runs(kind)
        return self._context.tracking.steps_of(kind, study)

    def _changes_runs(self, kind: ModelKind) -> None:
        # Who registers a model may log runs beside it.
        self._changes(kind if kind in self._step.writes else Runs(kind))
