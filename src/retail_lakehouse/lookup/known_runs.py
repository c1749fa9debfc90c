"""The last trainings of every model, as MLflow knows them: no Spark is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from retail_lakehouse.assets import KEY_METRICS, MODELS, ModelKind
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tracking import GATE_FAILURES, SHOP, Trained


@dataclass(frozen=True)
class Run:
    """A training. stage: what goes on while it runs. failures: gates that it did not pass."""

    model: str
    run_id: str
    version: int | None
    aliases: tuple[str, ...]
    as_of: date | None
    source_kind: str
    state: str
    stage: str
    started_at: datetime
    seconds: float | None
    failures: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class KnownRuns:
    """The last trainings of each model, the newest first."""

    runs: tuple[Run, ...]


def look_up(context: Context, count: int) -> KnownRuns:
    """The last ``count`` trainings of each model; MissingTableError where there are none."""
    found: list[Run] = []
    if context.has_experiments:
        for kind in MODELS:
            found += [_run(kind, one) for one in context.tracking.trainings(kind, count)]
    if not found:
        place = context.settings.catalog or context.settings.home
        raise MissingTableError(
            f"No model was trained in {place} yet: run 'retail-lakehouse run' first."
        )
    return KnownRuns(tuple(found))


def _run(kind: ModelKind, trained: Trained) -> Run:
    measured = trained.metrics
    return Run(
        model=kind.name,
        run_id=trained.run_id,
        version=trained.version,
        aliases=trained.aliases,
        as_of=trained.as_of,
        source_kind=trained.tags.get(SHOP, ""),
        state=trained.state,
        stage=trained.stage,
        started_at=trained.started_at,
        seconds=trained.seconds,
        failures=trained.tags.get(GATE_FAILURES, ""),
        metrics={name: measured[name] for name in KEY_METRICS[kind.name] if name in measured},
    )
