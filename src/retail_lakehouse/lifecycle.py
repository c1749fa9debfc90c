"""One life of a model, the same for every model of the project.

A fingerprint of input and settings → found, or fitted and judged → card, pictures, data set and
signature → registered → promoted, or challenger with the gates that it failed. A shop that has no
champion yet, or none that can be used, gets the best that there is.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.machine.memory import give_back
from retail_lakehouse.machine.watch import Watch, unwatched
from retail_lakehouse.policies.cadence import Cadence, Drift, LastTraining, decide, hash_of
from retail_lakehouse.tracking import (
    GATE_FAILURES,
    REASON,
    SETTINGS,
    ModelSpec,
    ModelVersion,
    Stage,
    Tracking,
    TrainedOn,
    Training,
    TrainingRun,
    run_tags,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pyspark.sql import DataFrame

Model = TypeVar("Model")


@dataclass(frozen=True)
class Origin:
    """What a card says of where a model comes from. source: table and Delta version."""

    source: str
    as_of: str
    source_kind: str


@dataclass(frozen=True)
class Candidate(Generic[Model]):
    """A fitted model, and all that speaks for or against it.

    failures: gates that it did not pass, in words; empty: it may publish. card: Markdown for the
    run's page, the artifact and the registry. figures: by path among the artifacts.
    """

    model: Model
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    failures: str
    card: Callable[[Origin], str]
    figures: Mapping[str, "Figure"] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt(Generic[Model]):
    """One setting to train with.

    fingerprint: of rows, settings and as_of, to find it again; asked for only if it comes to this
    attempt. label: what the step's note says of it. fit: trains and judges beside the champion,
    None where there is none to compare with, and names its stages as it goes.
    """

    fingerprint: Callable[[], str]
    label: str
    fit: Callable[[Model | None, Stage], Candidate[Model]]


@dataclass(frozen=True)
class Published(Generic[Model]):
    """A version in the registry, and the model as it was loaded."""

    version: ModelVersion
    model: Model

    @staticmethod
    def champion(
        tracking: Tracking, spec: ModelSpec[Model], source_kind: str = ""
    ) -> "Published[Model]":
        """The version that publishes, of this kind of source if one is named.

        MissingTableError where there is none, OtherVersionError where it cannot be used.
        """
        version = tracking.champion(spec.kind, source_kind)
        return Published(version, load(tracking, spec, version))


def load(tracking: Tracking, spec: ModelSpec[Model], version: ModelVersion) -> Model:
    """The model of a version; OtherVersionError where it cannot be used any more."""
    return spec.load(tracking.content(spec.kind, version, spec.file))


def usable(
    tracking: Tracking, spec: ModelSpec[Model], version: ModelVersion | None
) -> Model | None:
    """The model of the version, if there is one and it can be used."""
    try:
        return load(tracking, spec, version) if version else None
    except OtherVersionError:
        return None


def fingerprint(rows: "DataFrame", settings: Mapping[str, object], as_of: date) -> str:
    """Hash of the rows' content whatever their order, the settings and as_of."""
    from pyspark.sql import functions as F

    content = F.sum(F.xxhash64(*rows.columns).cast("DECIMAL(20,0)"))
    counted = rows.agg(F.count("*"), content.cast("STRING")).collect()[0]
    parts = [list(counted), settings, as_of.isoformat()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Lifecycle(Generic[Model]):
    """The life of one model in one shop as of a day.

    retrain: even where the input is known. reason: why it is trained now. settings: hash of those
    it is trained with. watch: is told what goes on.
    """

    tracking: Tracking
    spec: ModelSpec[Model]
    source_kind: str
    as_of: date
    retrain: bool = False
    reason: str = ""
    settings: str = ""
    watch: Watch = unwatched

    def when_due(
        self,
        cadence: Cadence,
        settings: Mapping[str, Any],
        seen: str,
        drift: Callable[[Model], Drift | None],
    ) -> "tuple[Lifecycle[Model] | None, str]":
        """What trains the model if that is due, and the reason; None if it is not.

        seen: what the input is, so that one that has been looked at is not looked at again. drift:
        of the input from what the champion learnt.
        """
        champion = self.tracking.find_champion(self.spec.kind, self.source_kind)
        rival = usable(self.tracking, self.spec, champion)
        hashed = hash_of(settings)
        decided_on = hash_of([seen, self.as_of.isoformat(), hashed, asdict(cadence)])
        if champion is not None and rival is not None and not cadence.asked:
            before, why = self.tracking.decision(self.spec.kind, champion)
            if before == decided_on:
                return None, why
        newest = self.tracking.newest(self.spec.kind, self.source_kind)
        is_there = "the champion cannot be used" if champion else "there is no champion"
        decision = decide(
            cadence,
            LastTraining.of(newest.version, newest.as_of, newest.settings) if newest else None,
            self.as_of,
            hashed,
            lambda: None if rival is None else drift(rival),
            champion="" if rival is not None else is_there,
        )
        if decision.due:
            return replace(self, reason=decision.reason, settings=hashed), decision.reason
        if champion is not None:
            self.tracking.note_decision(self.spec.kind, champion, decided_on, decision.reason)
        return None, decision.reason

    def train(self, source: TrainedOn, attempts: Sequence[Attempt[Model]]) -> str:
        """Find or train a version, promote it or keep it as challenger, and say what was done.

        Beside a champion only the first attempt counts. Without one that can be used, attempts
        follow each other until one passes its gates, and the last one publishes all the same: a
        shop must have something to go on with, and there is nothing better. Its tags keep what it
        failed.
        """
        champion = self.tracking.find_champion(self.spec.kind, self.source_kind)
        rival = usable(self.tracking, self.spec, champion)
        notes = []
        for number, attempt in enumerate(attempts, start=1):
            version, word = self._found_or_fitted(source, attempt, rival)
            is_champion = champion is not None and champion.version == version.version
            last_hope = rival is None and number == len(attempts)
            publishes = is_champion or last_hope or not version.failures
            promoted = replace(version, failures="") if publishes else version
            self.tracking.promote(self.spec.kind, promoted)
            is_first = champion is None or is_champion
            notes.append(word + _standing(version, publishes=publishes, is_first=is_first))
            if rival is not None or not version.failures:
                break
        give_back(cycles=True)
        if champion is not None and rival is None:
            notes.append(f"not compared with version {champion.version}, which cannot be used")
        return "; ".join(filter(None, (self.reason, *notes)))

    def _found_or_fitted(
        self, source: TrainedOn, attempt: Attempt[Model], rival: Model | None
    ) -> tuple[ModelVersion, str]:
        print_of = attempt.fingerprint()
        known = None if self.retrain else self.tracking.trained(self.spec.kind, print_of)
        # A version that cannot be loaded would never publish, however often it is found.
        if known is not None and usable(self.tracking, self.spec, known) is not None:
            return known, f"version {known.version} was trained on the same rows"
        tags = run_tags(self.as_of, self.source_kind)
        with self.tracking.training(self.spec.kind, tags, self.watch) as training:
            candidate = attempt.fit(rival, training.stage)
            with training.stage("register"):
                version = self._register(source, print_of, candidate, training)
        return version, f"version {version.version}, {attempt.label}"

    def _register(
        self,
        source: TrainedOn,
        print_of: str,
        candidate: Candidate[Model],
        training: Training,
    ) -> ModelVersion:
        said = {GATE_FAILURES: candidate.failures, REASON: self.reason, SETTINGS: self.settings}
        origin = Origin(
            f"{source.table}, Delta version {source.version}",
            self.as_of.isoformat(),
            self.source_kind,
        )
        run = TrainingRun(
            trained_on=source,
            fingerprint=print_of,
            parameters=candidate.parameters,
            metrics=candidate.metrics,
            tags=run_tags(self.as_of, self.source_kind) | {k: v for k, v in said.items() if v},
            description=candidate.card(origin),
            figures=candidate.figures,
        )
        return self.tracking.log_model(self.spec, candidate.model, run, training)


def _standing(version: ModelVersion, *, publishes: bool, is_first: bool) -> str:
    """A word on the gates that a version did not pass."""
    if not version.failures:
        return ""
    if not publishes:
        return f", stays challenger: {version.failures}"
    who = "first model, publishes" if is_first else "publishes"
    return f", {who} all the same: {version.failures}"
