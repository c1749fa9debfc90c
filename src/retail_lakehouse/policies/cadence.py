"""When a model is trained again, and why: plain rules, without a model and without MLflow."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from retail_lakehouse.errors import SettingsError


def hash_of(parts: object) -> str:
    """Of plain values, short enough for a tag."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class LastTraining:
    """The newest version of a kind of source. settings: hash of what it was trained with."""

    version: int
    as_of: date | None
    settings: str

    @staticmethod
    def of(version: int, as_of: str, settings: str) -> "LastTraining":
        """As a version's tags say it."""
        return LastTraining(version, date.fromisoformat(as_of) if as_of else None, settings)


@dataclass(frozen=True)
class Drift:
    """How far what a model learnt from has moved since, by the feature that moved most."""

    feature: str
    value: float


@dataclass(frozen=True)
class Cadence:
    """every_days: between two trainings; 0: each run trains where its input is new, and needs no
    reason. drift_bound: of a feature (population stability index, or share of products or customers
    that are new to the model), above which it is trained at once. asked: whatever the rest says.
    """

    every_days: int = 7
    drift_bound: float = 0.25
    asked: bool = False

    def __post_init__(self) -> None:
        if self.every_days < 0:
            raise SettingsError(f"--train-every {self.every_days} is less than 0 days.")


@dataclass(frozen=True)
class Decision:
    """Whether to train, and the reason, as the step's note and MLflow have it."""

    due: bool
    reason: str


def decide(
    cadence: Cadence,
    last: LastTraining | None,
    as_of: date,
    settings: str,
    drift: Callable[[], Drift | None],
    champion: str = "",
) -> Decision:
    """Whether training is due.

    champion: what is wrong with it; empty: it publishes and can be used. drift: asked for only
    where nothing else decides; None: it cannot be told.

    >>> decide(Cadence(7, 0.25), None, date(2011, 12, 9), "", lambda: None, "there is no champion")
    Decision(due=True, reason='trained: there is no champion')
    """
    if cadence.every_days == 0 and not cadence.asked:
        return Decision(True, "")
    certain = _certain(cadence, last, as_of, settings, champion)
    if certain or last is None or last.as_of is None:
        return Decision(True, f"trained: {certain or 'nothing is known of the last training'}")
    moved, days = drift(), (as_of - last.as_of).days
    since = f"{days} of {cadence.every_days} days since version {last.version}"
    if moved is None:
        return Decision(False, f"not trained: {since}")
    how = f"drift of {moved.feature} is {moved.value:.2f}"
    if moved.value > cadence.drift_bound:
        return Decision(True, f"trained: {how}, above {cadence.drift_bound:g}")
    return Decision(False, f"not trained: {since}, the largest {how}")


def _certain(
    cadence: Cadence, last: LastTraining | None, as_of: date, settings: str, champion: str
) -> str:
    """What makes a training due whatever the drift; empty: nothing."""
    if cadence.asked:
        return "it was asked for"
    if champion:
        return champion
    if last is None or last.as_of is None:
        return ""
    if last.settings != settings:
        return "its settings have changed"
    days = (as_of - last.as_of).days
    if days < 0:
        return f"version {last.version} has seen lines after {as_of}"
    if days >= cadence.every_days:
        return f"{days} days since version {last.version}"
    return ""
