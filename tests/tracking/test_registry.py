"""What registries answer otherwise than MLflow's own: Unity Catalog's error codes and statuses."""

from types import SimpleNamespace

import mlflow
import pytest
from mlflow.exceptions import RestException

from retail_lakehouse.assets import SEGMENTS
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import CHALLENGER, ModelVersion, Tracking

FINGERPRINT = "of these rows"
MODEL = "shop.gold.customer_segments"


def said(code):
    """What the client raises when a registry answers with the code."""
    return RestException({"error_code": code, "message": "as the registry words it"})


def version(number, status="READY", fingerprint=FINGERPRINT):
    return SimpleNamespace(
        name=MODEL,
        version=str(number),
        run_id=f"run {number}",
        status=status,
        tags={"training_fingerprint": fingerprint, "shop": "files"},
    )


class Registry:
    """A client whose registry holds the versions, or answers every call with the error."""

    def __init__(self, *versions, champion=None, error=None):
        self.versions = {found.version: found for found in versions}
        self.champion = champion
        self.error = error
        self.fails = {}
        self.runs = []
        self.calls = []

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.calls.append((name, *arguments))
            if error := self.fails.get(name, self.error):
                raise error
            answers = {
                "search_model_versions": lambda: [*self.versions.values()],
                "create_model_version": lambda: self.versions["1"],
                "get_model_version": lambda: self.versions[arguments[1]],
                "get_model_version_by_alias": lambda: self.champion,
                "get_experiment_by_name": lambda: SimpleNamespace(
                    experiment_id="7", tags={"mlflow.experimentKind": "custom_model_development"}
                ),
                "search_runs": lambda: self.runs,
            }
            return answers.get(name, lambda: None)()

        return call


def tracking(registry):
    """A tracking in Unity Catalog with that client; no server is asked."""
    place = object.__new__(Tracking)
    place._mlflow = mlflow
    place._settings = Settings(catalog="shop", landing="/Volumes/shop/bronze/landing")
    place._client = registry
    return place


@pytest.mark.parametrize("code", ["RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"])
def test_a_model_that_the_bundle_made_is_taken_as_it_is(code):
    registry = Registry(version(1))
    registry.fails["create_registered_model"] = said(code)
    CALLS["register"](tracking(registry))
    assert ("create_registered_model", MODEL) in registry.calls


MISSING = ["RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"]


@pytest.mark.parametrize("code", MISSING)
def test_where_the_model_is_missing_there_is_no_version_and_no_champion(code):
    place = tracking(Registry(error=said(code)))
    assert place.trained(SEGMENTS, FINGERPRINT) is None
    assert place.find_champion(SEGMENTS, "files") is None


CALLS = {
    "register": lambda place: place.add(SEGMENTS, "run 3", "models:/m", {}, ""),
    "trained": lambda place: place.trained(SEGMENTS, FINGERPRINT),
    "champion": lambda place: place.find_champion(SEGMENTS, "files"),
    "promote": lambda place: place.promote(SEGMENTS, ModelVersion(3, "run 3", "models:/m/3")),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_any_other_answer_is_not_swallowed(call):
    with pytest.raises(RestException, match="PERMISSION_DENIED"):
        call(tracking(Registry(error=said("PERMISSION_DENIED"))))


@pytest.mark.parametrize("code", MISSING)
def test_a_champion_without_a_challenger_before_it_is_promoted(code):
    registry = Registry()

    def delete(name, alias):
        assert (name, alias) == (MODEL, CHALLENGER)
        raise said(code)

    registry.delete_registered_model_alias = delete
    CALLS["promote"](tracking(registry))
    assert registry.calls == [("set_registered_model_alias", MODEL, "champion", "3")]


@pytest.mark.parametrize("status", ["PENDING_REGISTRATION", "FAILED_REGISTRATION"])
def test_a_version_without_its_files_does_not_count(status):
    left_over = version(2, status)
    place = tracking(Registry(version(1), left_over, champion=left_over))
    assert place.trained(SEGMENTS, FINGERPRINT).version == 1
    assert place.find_champion(SEGMENTS, "files") is None
    assert tracking(Registry(left_over)).trained(SEGMENTS, FINGERPRINT) is None


def test_the_newest_ready_version_of_the_same_rows_counts():
    versions = (version(9), version(10), version(11, fingerprint="of others"))
    place = tracking(Registry(*versions, champion=versions[0]))
    assert place.trained(SEGMENTS, FINGERPRINT).version == 10
    assert place.find_champion(SEGMENTS, "files").version == 9


def test_what_a_killed_training_left_is_cleared_before_the_next(monkeypatch):
    registry = Registry(version(1), version(2, "PENDING_REGISTRATION"))
    registry.runs = [SimpleNamespace(info=SimpleNamespace(run_id="unfinished"))]
    tracking(registry)._clear_unfinished(SEGMENTS)
    changed = [call for call in registry.calls if call[0].startswith(("delete", "set"))]
    assert changed == [
        ("delete_model_version", MODEL, "2"),
        ("set_terminated", "unfinished", "KILLED"),
    ]
