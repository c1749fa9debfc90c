"""One life of a model, with a made-up third model: the mean basket of a shop, kept as a number."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd
import pytest

from retail_lakehouse.assets import ModelKind
from retail_lakehouse.errors import MissingTableError, OtherVersionError
from retail_lakehouse.lifecycle import Attempt, Candidate, Lifecycle, Published
from retail_lakehouse.policies.cadence import Cadence, Drift
from retail_lakehouse.tracking import ModelSpec, ModelVersion, TrainedOn

BASKET = ModelKind("mean_basket", "The mean basket of a shop", "train-basket")
SOURCE = TrainedOn("gold.purchases", 3, 10, {"amount": "double"})
DAY = date(2011, 12, 10)


def loaded(content):
    if not content.startswith(b"{"):
        raise OtherVersionError("This basket cannot be used.")
    return json.loads(content)["mean"]


SPEC = ModelSpec(
    kind=BASKET,
    code=None,
    file="basket.json",
    dump=lambda mean: json.dumps({"mean": mean}).encode(),
    load=loaded,
    inputs={"amount": "double"},
    outputs={"mean": "double"},
    example=lambda _: pd.DataFrame({"amount": [1.0]}),
    packages=("pandas",),
)


class Stages:
    """What is told of a training as it goes, in order."""

    def __init__(self, told):
        self.told = told

    def __enter__(self):
        self.told.append("begins")
        return self

    def __exit__(self, error, *_):
        self.told.append("ends" if error is None else "fails")

    @contextmanager
    def stage(self, name):
        yield
        self.told.append(name)


@dataclass
class Registry:
    """A registry in memory, as the lifecycle sees one."""

    versions: list = field(default_factory=list)
    contents: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    champion_number: int = 0
    challengers: list = field(default_factory=list)
    stages: list = field(default_factory=list)

    @contextmanager
    def training(self, kind, tags, watch):
        assert (kind, set(tags)) == (BASKET, {"as_of", "shop"})
        with Stages(self.stages) as training:
            yield training

    def log_model(self, spec, model, run, training):
        number = len(self.versions) + 1
        failures = run.tags.get("gate_failures", "")
        version = ModelVersion(
            number, f"run {number}", "", failures, run.fingerprint, run.tags["shop"]
        )
        self.versions.append(version)
        self.contents.append(spec.dump(model))
        self.runs.append(run)
        return version

    def trained(self, kind, fingerprint):
        same = [version for version in self.versions if version.fingerprint == fingerprint]
        return same[-1] if same else None

    def find_champion(self, kind, source_kind):
        versions = [v for v in self.versions if v.version == self.champion_number]
        return versions[0] if versions and versions[0].source_kind == source_kind else None

    def champion(self, kind, source_kind):
        version = self.find_champion(kind, source_kind)
        if version is None:
            raise MissingTableError("There is no champion.")
        return version

    def content(self, kind, version, file):
        return self.contents[version.version - 1]

    def promote(self, kind, version):
        if version.failures:
            self.challengers.append(version.version)
        else:
            self.champion_number = version.version


def attempt(mean, failures="", rivals=None):
    def fit(champion, stage):
        with stage("fit"):
            pass
        if rivals is not None:
            rivals.append(champion)
        return Candidate(
            model=mean,
            parameters={"mean": mean},
            metrics={"error": 0.5},
            failures=failures,
            card=lambda origin: f"{origin.source} as of {origin.as_of}, {origin.source_kind}",
        )

    return Attempt(lambda: f"print of {mean}", label=f"mean {mean}", fit=fit)


def train(registry, *attempts, retrain=False, source_kind="files"):
    life = Lifecycle(registry, SPEC, source_kind, DAY, retrain)
    return life.train(SOURCE, attempts)


def published(registry):
    return Published.champion(registry, SPEC, "files").model


def test_a_first_model_is_fitted_registered_and_published():
    registry = Registry()
    assert train(registry, attempt(12.5)) == "version 1, mean 12.5"
    assert published(registry) == 12.5
    (run,) = registry.runs
    assert run.trained_on == SOURCE
    assert run.fingerprint == "print of 12.5"
    assert run.tags == {"as_of": "2011-12-10", "shop": "files"}
    assert run.description == "gold.purchases, Delta version 3 as of 2011-12-10, files"
    assert (run.parameters, run.metrics) == ({"mean": 12.5}, {"error": 0.5})


def test_the_run_is_open_while_the_model_trains():
    registry = Registry()
    train(registry, attempt(1.0))
    assert registry.stages == ["begins", "fit", "register", "ends"]
    train(registry, attempt(1.0))
    assert registry.stages[4:] == []

    def fails(champion, stage):
        raise ValueError("no customers")

    with pytest.raises(ValueError, match="no customers"):
        train(registry, replace(attempt(2.0), fit=fails))
    assert registry.stages[4:] == ["begins", "fails"]


def test_what_is_known_is_found_and_not_fitted():
    registry, rivals = Registry(), []
    train(registry, attempt(1.0))
    again = train(registry, attempt(1.0, rivals=rivals))
    assert again == "version 1 was trained on the same rows"
    assert rivals == []
    assert train(registry, attempt(1.0, rivals=rivals), retrain=True) == "version 2, mean 1.0"
    assert rivals == [1.0]


def test_beside_a_champion_a_failure_is_a_challenger_and_no_more_is_tried():
    registry, rivals = Registry(), []
    train(registry, attempt(1.0))
    note = train(registry, attempt(2.0, "too large", rivals), attempt(3.0, "", rivals))
    assert note == "version 2, mean 2.0, stays challenger: too large"
    assert rivals == [1.0]
    assert published(registry) == 1.0
    assert registry.challengers == [2]
    assert registry.runs[1].tags["gate_failures"] == "too large"


def test_without_a_champion_attempts_follow_until_one_passes():
    registry = Registry()
    note = train(registry, attempt(1.0, "too small"), attempt(2.0), attempt(3.0))
    assert note == "version 1, mean 1.0, stays challenger: too small; version 2, mean 2.0"
    assert published(registry) == 2.0


def test_the_last_hope_publishes_all_the_same_and_stays():
    registry = Registry()
    note = train(registry, attempt(1.0, "too small"))
    assert note == "version 1, mean 1.0, first model, publishes all the same: too small"
    assert published(registry) == 1.0
    again = train(registry, attempt(1.0, "too small"))
    assert again == (
        "version 1 was trained on the same rows, first model, publishes all the same: too small"
    )
    assert published(registry) == 1.0
    assert registry.challengers == []


def test_a_champion_that_cannot_be_used_makes_way():
    registry, rivals = Registry(), []
    train(registry, attempt(1.0))
    registry.contents[0] = b"cut off"
    with pytest.raises(OtherVersionError):
        published(registry)
    note = train(registry, attempt(1.0, "too small", rivals))
    assert note == (
        "version 2, mean 1.0, publishes all the same: too small; "
        "not compared with version 1, which cannot be used"
    )
    assert rivals == [None]
    assert published(registry) == 1.0


def test_a_champion_of_another_kind_of_source_is_no_rival():
    registry, rivals = Registry(), []
    train(registry, attempt(1.0), source_kind="demo")
    with pytest.raises(MissingTableError):
        published(registry)
    assert train(registry, attempt(2.0, rivals=rivals)) == "version 2, mean 2.0"
    assert rivals == [None]
    assert published(registry) == 2.0


WEEKLY, CALM = Cadence(7, 0.25), Drift("monetary", 0.02)


class Noting(Registry):
    """A registry that keeps decisions, too."""

    def __init__(self):
        super().__init__()
        self.decisions = {}

    def log_model(self, spec, model, run, training):
        version = super().log_model(spec, model, run, training)
        said = {
            "as_of": run.tags["as_of"],
            "settings": run.tags.get("training_settings", ""),
        }
        self.versions[-1] = replace(version, **said)
        return self.versions[-1]

    def newest(self, kind, source_kind):
        return self.versions[-1] if self.versions else None

    def decision(self, kind, version):
        return self.decisions.get(version.version, ("", ""))

    def note_decision(self, kind, version, decided_on, reason):
        self.decisions[version.version] = (decided_on, reason)


def life(registry, day=DAY):
    return Lifecycle(registry, SPEC, "files", day)


def test_a_training_and_a_day_without_one_leave_their_reasons_in_mlflow():
    registry, looked = Noting(), []

    def drift(champion):
        looked.append(champion)
        return CALM

    due, reason = life(registry).when_due(WEEKLY, {"k": 5}, "v1", drift)
    assert due.train(SOURCE, [attempt(1.0)]) == f"{reason}; version 1, mean 1.0"
    tags = registry.runs[0].tags
    assert tags["training_reason"] == reason == "trained: there is no champion"
    later = date(2011, 12, 12)
    wanted = "not trained: 2 of 7 days since version 1, the largest drift of monetary is 0.02"
    assert life(registry, later).when_due(WEEKLY, {"k": 5}, "v2", drift) == (None, wanted)
    assert registry.decisions[1][1] == wanted
    assert looked == [1.0]
    # The same input again: nothing is looked at, and nothing is written.
    registry.note_decision = None
    assert life(registry, later).when_due(WEEKLY, {"k": 5}, "v2", drift) == (None, wanted)
    assert looked == [1.0]
    due, reason = life(registry, later).when_due(WEEKLY, {"k": 4}, "v2", drift)
    assert reason == "trained: its settings have changed"
    due, reason = life(registry, later).when_due(replace(WEEKLY, asked=True), {"k": 5}, "v2", drift)
    assert (due is not None, reason) == (True, "trained: it was asked for")


def test_a_challenger_is_not_trained_again_each_day():
    registry = Noting()
    due, _ = life(registry).when_due(WEEKLY, {}, "v1", lambda _: CALM)
    due.train(SOURCE, [attempt(1.0)])
    week = date(2011, 12, 17)
    due, _ = life(registry, week).when_due(WEEKLY, {}, "v2", lambda _: CALM)
    assert "stays challenger" in due.train(SOURCE, [attempt(2.0, failures="low")])
    due, reason = life(registry, date(2011, 12, 18)).when_due(WEEKLY, {}, "v3", lambda _: CALM)
    assert (due, reason[:46]) == (None, "not trained: 1 of 7 days since version 2, the ")
