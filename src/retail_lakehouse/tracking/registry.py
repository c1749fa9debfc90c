"""Versions of models in MLflow's registry, and the aliases that say which of them publishes."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from retail_lakehouse.assets import ModelKind
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.machine.environment import UI_PORT
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking.records import ModelVersion
from retail_lakehouse.tracking.trainings import Standing, Trained, as_standing, newest

# Aliases: the version that publishes, and the newest one that may not.
CHAMPION, CHALLENGER = "champion", "challenger"
GATE_FAILURES = "gate_failures"
FINGERPRINT = "training_fingerprint"
SHOP = "shop"
AS_OF = "as_of"
SETTINGS = "training_settings"
# Why it was trained, and why it was not trained again the last time that somebody asked.
REASON, DECISION, DECIDED_ON = "training_reason", "training_decision", "training_decided_on"
# MLflow's own registry sends the first of each, Unity Catalog the second.
_EXISTS = ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS")
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")
# Unity Catalog registers a version before its files are there: whoever was killed in between, or
# whose upload failed, leaves one of another status.
READY = "READY"


class Registry:
    """The registered models of one home or catalog."""

    def __init__(self, mlflow: Any, settings: Settings) -> None:
        self._mlflow, self._settings = mlflow, settings
        self._client = mlflow.MlflowClient()

    def model_name(self, kind: ModelKind) -> str:
        """Name in the registry; three levels in Unity Catalog."""
        if self._settings.catalog is None:
            return kind.name
        schema = f"{self._settings.schema_prefix}gold"
        return f"{self._settings.catalog}.{schema}.{kind.name}"

    def experiment_name(self, kind: ModelKind) -> str:
        """Name of the experiment of the model's runs."""
        return self._settings.experiment_prefix + kind.name

    def trainings(self, kind: ModelKind, count: int) -> list[Trained]:
        """The last runs that trained the model, the newest first."""
        made = {one.run_id: int(one.version) for one in self._listed(kind)}
        name = self.experiment_name(kind)
        return newest(self._client, name, made, self._aliases(kind), count)

    def standing(self, kind: ModelKind) -> list[Standing]:
        """The model's champion and challenger, as far as there are such."""
        name = self.model_name(kind)
        return [
            as_standing(alias, self._client.get_model_version(name, str(number)))
            for alias, number in sorted(self._aliases(kind).items())
        ]

    def _aliases(self, kind: ModelKind) -> dict[str, int]:
        try:
            found = self._client.get_registered_model(self.model_name(kind)).aliases
        except self._mlflow.MlflowException as error:
            if error.error_code not in _MISSING:
                raise
            return {}
        return {alias: int(number) for alias, number in found.items()}

    def trained(self, kind: ModelKind, fingerprint: str) -> ModelVersion | None:
        """The newest version trained on exactly this input, if there is one."""
        return self._newest_tagged(kind, FINGERPRINT, fingerprint)

    def newest(self, kind: ModelKind, source_kind: str) -> ModelVersion | None:
        """The version that was trained last on this kind of source, whether it publishes or not."""
        return self._newest_tagged(kind, SHOP, source_kind)

    def _newest_tagged(self, kind: ModelKind, tag: str, value: str) -> ModelVersion | None:
        for version in self.versions(kind):
            if version.status == READY and version.tags.get(tag) == value:
                return as_version(version)
        return None

    def decision(self, kind: ModelKind, version: ModelVersion) -> tuple[str, str]:
        """What ``note_decision`` said last of the version: of what, and the reason."""
        tags = self._client.get_model_version(self.model_name(kind), str(version.version)).tags
        return tags.get(DECIDED_ON, ""), tags.get(DECISION, "")

    def note_decision(
        self, kind: ModelKind, version: ModelVersion, decided_on: str, reason: str
    ) -> None:
        """Say of a version, and of its run, why no other one was trained."""
        name = self.model_name(kind)
        for key, value in ((DECISION, reason), (DECIDED_ON, decided_on)):
            self._client.set_model_version_tag(name, str(version.version), key, value)
            self._client.set_tag(version.run_id, key, value)

    def versions(self, kind: ModelKind) -> Iterator[Any]:
        """Every version of a model with its tags, the newest first."""
        name = self.model_name(kind)
        numbers = (int(version.version) for version in self._listed(kind))
        for number in sorted(numbers, reverse=True):
            # Asked for one by one: Unity Catalog's search leaves the tags out.
            yield self._client.get_model_version(name, str(number))

    def _listed(self, kind: ModelKind) -> list[Any]:
        """Every version of a model, in no order; on Unity Catalog without tags."""
        try:
            return list(self._client.search_model_versions(f"name = '{self.model_name(kind)}'"))
        except self._mlflow.MlflowException as error:
            if error.error_code not in _MISSING:
                raise
            return []

    def find_champion(self, kind: ModelKind, source_kind: str) -> ModelVersion | None:
        """The version that publishes, if there is one that learnt from this kind of source."""
        version = self._aliased(kind, CHAMPION)
        return version if version is not None and version.source_kind == source_kind else None

    def _aliased(self, kind: ModelKind, alias: str) -> ModelVersion | None:
        try:
            version = self._client.get_model_version_by_alias(self.model_name(kind), alias)
        except self._mlflow.MlflowException as error:
            # The last: a local registry that knows the model, but not the alias.
            if error.error_code not in (*_MISSING, "INVALID_PARAMETER_VALUE"):
                raise
            return None
        return as_version(version) if version.status == READY else None

    def champion(self, kind: ModelKind, source_kind: str = "") -> ModelVersion:
        """The version that publishes, of this kind of source if one is named.

        MissingTableError where nothing was trained yet.
        """
        if source_kind:
            version = self.find_champion(kind, source_kind)
        else:
            version = self._aliased(kind, CHAMPION)
        if version is None:
            raise MissingTableError(
                f"There is no champion of the model {self.model_name(kind)} yet: run its training "
                "step first, or all steps with 'retail-lakehouse run'."
            )
        return version

    def forget_versions_of_others(self, kind: ModelKind, source_kind: str) -> None:
        """Delete the versions of every other kind of source."""
        for version in self.versions(kind):
            if version.tags.get(SHOP, source_kind) != source_kind:
                for alias in version.aliases:
                    self._client.delete_registered_model_alias(version.name, alias)
                self._client.delete_model_version(version.name, version.version)

    def promote(self, kind: ModelKind, model: ModelVersion) -> None:
        """Let the version publish, unless it failed a gate: then it is the challenger."""
        name = self.model_name(kind)
        if model.failures:
            self._client.set_registered_model_alias(name, CHALLENGER, str(model.version))
            return
        self._client.set_registered_model_alias(name, CHAMPION, str(model.version))
        try:
            self._client.delete_registered_model_alias(name, CHALLENGER)
        except self._mlflow.MlflowException as error:
            # There was no challenger.
            if error.error_code not in _MISSING:
                raise

    def add(
        self, kind: ModelKind, run_id: str, address: str, tags: dict[str, str], description: str
    ) -> ModelVersion:
        """Register the model that a run logged at the address as the newest version."""
        name = self.model_name(kind)
        try:
            self._client.create_registered_model(name, description=kind.description)
        except self._mlflow.MlflowException as error:
            if error.error_code not in _EXISTS:
                raise
        version = self._client.create_model_version(
            name, source=address, run_id=run_id, tags=tags, description=description
        )
        return as_version(version)

    def clear_unfinished(self, kind: ModelKind) -> None:
        """Delete versions that a killed process left without files."""
        for version in self.versions(kind):
            if version.status != READY:
                self._client.delete_model_version(version.name, version.version)

    def parameters(self, model: ModelVersion) -> dict[str, str]:
        """What the version was trained with, as text."""
        return dict(self._client.get_run(model.run_id).data.params)

    def metrics(self, model: ModelVersion) -> dict[str, float]:
        """What was measured of the version when it was trained."""
        return dict(self._client.get_run(model.run_id).data.metrics)

    def page_of(self, model: ModelVersion) -> str:
        """Address of the version's run in a browser, while the command ``ui`` runs.

        Empty on Databricks: a workspace's address is not known here.
        """
        if self._settings.catalog is not None:
            return ""
        experiment = self._client.get_run(model.run_id).info.experiment_id
        return f"http://127.0.0.1:{UI_PORT}/#/experiments/{experiment}/runs/{model.run_id}"


def run_tags(as_of: date, source_kind: str) -> dict[str, str]:
    """Tags of every run: the day it saw, and the kind of source."""
    return {AS_OF: as_of.isoformat(), SHOP: source_kind}


def as_version(version: Any) -> ModelVersion:
    """MLflow's record as the project's."""
    return ModelVersion(
        int(version.version),
        version.run_id,
        f"models:/{version.name}/{version.version}",
        version.tags.get(GATE_FAILURES, ""),
        version.tags.get(FINGERPRINT, ""),
        version.tags.get(SHOP, ""),
        version.tags.get(AS_OF, ""),
        version.tags.get(SETTINGS, ""),
    )
