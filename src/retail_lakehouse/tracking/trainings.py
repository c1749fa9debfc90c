"""What MLflow knows of trainings: its runs, the versions they made, and which of them count."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from retail_lakehouse.tracking.stages import STAGE

# The tag of runs that train: those of sweeps, backtests and tuning have none.
TRAINING = "training"
# Versions of all tables when a model was trained, as JSON: what to read to see the shop of then.
DELTA_VERSIONS = "delta_versions"
_AS_OF = "as_of"


@dataclass(frozen=True)
class Trained:
    """A run that trained a model, or still does.

    version: that it registered; None: none yet, or it is gone. stage: what goes on now. versions:
    of the shop's tables then.
    """

    run_id: str
    version: int | None
    aliases: tuple[str, ...]
    state: str
    stage: str
    started_at: datetime
    ended_at: datetime | None
    as_of: date | None
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    versions: Mapping[str, int]

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Standing:
    """A version that an alias points to."""

    alias: str
    version: int
    trained_at: datetime
    as_of: date | None
    tags: Mapping[str, str]


def newest(
    client: Any,
    experiment: str,
    versions: Mapping[str, int],
    aliases: Mapping[str, int],
    count: int,
) -> list[Trained]:
    """The last trainings of an experiment, the newest first.

    versions: registered ones, by their run. aliases: with the version of each.
    """
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return []
    runs = client.search_runs(
        [found.experiment_id],
        f"tags.{TRAINING} = 'yes'",
        max_results=count,
        order_by=["attributes.start_time DESC"],
    )
    return [_trained(run, versions.get(run.info.run_id), aliases) for run in runs]


def as_standing(alias: str, version: Any) -> Standing:
    """MLflow's record of a version as the project's."""
    tags = dict(version.tags)
    made = _time(version.creation_timestamp)
    return Standing(alias, int(version.version), made, _day(tags), tags)


def _trained(run: Any, version: int | None, aliases: Mapping[str, int]) -> Trained:
    info, tags = run.info, dict(run.data.tags)
    return Trained(
        run_id=info.run_id,
        version=version,
        aliases=tuple(alias for alias, number in aliases.items() if number == version),
        state=info.status.lower(),
        stage=tags.get(STAGE, ""),
        started_at=_time(info.start_time),
        ended_at=None if info.end_time is None else _time(info.end_time),
        as_of=_day(tags),
        metrics=dict(run.data.metrics),
        tags=tags,
        versions=json.loads(tags.get(DELTA_VERSIONS, "{}")),
    )


def _day(tags: Mapping[str, str]) -> date | None:
    return date.fromisoformat(tags[_AS_OF]) if tags.get(_AS_OF) else None


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
