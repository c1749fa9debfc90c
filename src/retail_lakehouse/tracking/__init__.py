"""MLflow, and nothing else, in one place: local store or Databricks workspace.

Locally runs go to ``home/mlflow.db`` with artifacts in ``home/mlartifacts``; on Databricks to the
workspace's experiments and to Unity Catalog's model registry.
"""

import logging
import os
import subprocess
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from retail_lakehouse import __version__
from retail_lakehouse.environment import own_mlflow
from retail_lakehouse.errors import MissingTableError, OtherVersionError
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import artifacts, store
from retail_lakehouse.tracking.records import RECOMMENDER as RECOMMENDER
from retail_lakehouse.tracking.records import SEGMENTS as SEGMENTS
from retail_lakehouse.tracking.records import ArrayModel as ArrayModel
from retail_lakehouse.tracking.records import ModelKind as ModelKind
from retail_lakehouse.tracking.records import Registered as Registered
from retail_lakehouse.tracking.records import TrainedOn as TrainedOn
from retail_lakehouse.tracking.records import TrainingRun as TrainingRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Aliases: the version that publishes, and the newest one that may not.
CHAMPION, CHALLENGER = "champion", "challenger"
GATE_FAILURES = "gate_failures"
# MLflow's own registry sends the first of each, Unity Catalog the second.
_EXISTS = ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS")
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")
# Unity Catalog registers a version before its files are there: whoever was killed in between, or
# whose upload failed, leaves one of another status.
_READY = "READY"
_FINGERPRINT = "training_fingerprint"
_STUDY = "study"
_SHOP = "shop"
_TRAINING = "training"
_PACKAGE = Path(__file__).parents[1]
_PICTURE = {"dpi": 130}


class Tracking:
    """The experiments and the registry that ``settings`` point to.

    reads_only: nothing will be written, so a home need not be writable, nor be held.
    """

    def __init__(self, settings: Settings, reads_only: bool = False) -> None:
        if settings.catalog is None:
            own_mlflow()
        # Set before the import: MLflow reads them once. It must not phone home or ask git.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        # Its bars would stand between the steps' own lines.
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        warnings.filterwarnings("ignore", module="mlflow")
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._mlflow = mlflow
        self._settings = settings
        if settings.catalog is None:
            opened = store.open_to_read if reads_only else store.open_to_write
            self.uri = opened(settings.home)
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
        else:
            self.uri = "databricks"
            mlflow.set_registry_uri("databricks-uc")
        self._client = mlflow.MlflowClient()

    def model_name(self, kind: ModelKind) -> str:
        """Name in the registry; three levels in Unity Catalog."""
        if self._settings.catalog is None:
            return kind.name
        schema = f"{self._settings.schema_prefix}gold"
        return f"{self._settings.catalog}.{schema}.{kind.name}"

    def _experiment_name(self, kind: ModelKind) -> str:
        return self._settings.experiment_prefix + kind.name

    def _experiment(self, kind: ModelKind) -> str:
        name = self._experiment_name(kind)
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = None
        if self._settings.catalog is None:
            location = store.artifact_folder(self._settings.home).as_uri()
        return str(self._client.create_experiment(name, artifact_location=location))

    def trained(self, kind: ModelKind, fingerprint: str) -> Registered | None:
        """The newest version trained on exactly this input, if there is one."""
        for version in self._versions(kind):
            if version.status == _READY and version.tags.get(_FINGERPRINT) == fingerprint:
                return _registered(version)
        return None

    def _versions(self, kind: ModelKind) -> Iterator[Any]:
        """Every version of a model with its tags, the newest first."""
        name = self.model_name(kind)
        try:
            found = self._client.search_model_versions(f"name = '{name}'")
        except self._mlflow.MlflowException as error:
            if error.error_code not in _MISSING:
                raise
            return
        for number in sorted((int(version.version) for version in found), reverse=True):
            # Asked for one by one: Unity Catalog's search leaves the tags out.
            yield self._client.get_model_version(name, str(number))

    def find_champion(self, kind: ModelKind, shop: str) -> Registered | None:
        """The version that publishes, if there is one that learnt from this kind of shop."""
        found = self._aliased(kind, CHAMPION)
        return found if found is not None and found.shop == shop else None

    def _aliased(self, kind: ModelKind, alias: str) -> Registered | None:
        try:
            version = self._client.get_model_version_by_alias(self.model_name(kind), alias)
        except self._mlflow.MlflowException as error:
            # The last: a local registry that knows the model, but not the alias.
            if error.error_code not in (*_MISSING, "INVALID_PARAMETER_VALUE"):
                raise
            return None
        return _registered(version) if version.status == _READY else None

    def champion(self, kind: ModelKind, shop: str = "") -> Registered:
        """The version that publishes, of this kind of shop if one is named.

        MissingTableError where nothing was trained yet.
        """
        found = self.find_champion(kind, shop) if shop else self._aliased(kind, CHAMPION)
        if found is None:
            raise MissingTableError(
                f"There is no champion of the model {self.model_name(kind)} yet: run its training "
                "step first, or all steps with 'retail-lakehouse run'."
            )
        return found

    def forget_other_shops(self, shop: str) -> None:
        """Delete the versions and runs of every other kind of shop: the demo shop makes way."""
        for kind in (SEGMENTS, RECOMMENDER):
            for version in self._versions(kind):
                if version.tags.get(_SHOP, shop) != shop:
                    for alias in version.aliases:
                        self._client.delete_registered_model_alias(version.name, alias)
                    self._client.delete_model_version(version.name, version.version)
            experiment = self._client.get_experiment_by_name(self._experiment_name(kind))
            if experiment is None:
                continue
            # A page at a time: what is deleted is not found again.
            others = f"tags.{_SHOP} != '{shop}'"
            while runs := self._client.search_runs([experiment.experiment_id], others):
                for run in runs:
                    self._client.delete_run(run.info.run_id)

    def promote(self, kind: ModelKind, model: Registered) -> None:
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

    def log_array_model(self, kind: ModelKind, model: ArrayModel, run: TrainingRun) -> Registered:
        """One run with its model as an MLflow pyfunc.

        The package's own code travels with the model, so it loads where only NumPy and pandas are.
        """
        import mlflow.pyfunc

        self._point_here()
        self._clear_unfinished(kind)
        with self._training(kind, run) as run_id, TemporaryDirectory() as folder:
            content = Path(folder) / model.file
            content.write_bytes(model.content)
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(model.code),
                artifacts={content.stem: str(content)},
                code_paths=[str(_PACKAGE)],
                signature=_signature(model),
                input_example=model.example,
                pip_requirements=[f"{name}=={metadata.version(name)}" for name in model.packages],
            )
            return self._new_version(kind, run, run_id, info.model_uri)

    @contextmanager
    def _training(self, kind: ModelKind, run: TrainingRun) -> Iterator[str]:
        """An MLflow run with everything but the model; yields its id."""
        mlflow = self._mlflow
        with mlflow.start_run(
            experiment_id=self._experiment(kind),
            run_name=f"{kind.name} as of {run.tags['as_of']}",
            tags=self._tags(run.tags) | {_TRAINING: "yes"},
            description=run.description,
        ) as active:
            mlflow.log_params(dict(run.parameters))
            mlflow.log_metrics(dict(run.metrics))
            mlflow.log_input(_dataset(run.trained_on), context="training")
            mlflow.log_text(run.description, "model_card.md")
            for path, figure in run.figures.items():
                mlflow.log_figure(figure, path, save_kwargs=_PICTURE)
            yield active.info.run_id

    def _point_here(self) -> None:
        """MLflow's own functions log to one place in a process: this one, whoever came since."""
        if self._settings.catalog is None:
            self._mlflow.set_tracking_uri(self.uri)
            self._mlflow.set_registry_uri(self.uri)

    def _clear_unfinished(self, kind: ModelKind) -> None:
        """Delete versions and end trainings that a killed process left: one trains at a time.

        On Databricks; a home's are found when it is opened.
        """
        if self._settings.catalog is None:
            return
        for version in self._versions(kind):
            if version.status != _READY:
                self._client.delete_model_version(version.name, version.version)
        unfinished = f"tags.{_TRAINING} = 'yes' AND attributes.status = 'RUNNING'"
        for run in self._client.search_runs([self._experiment(kind)], unfinished):
            self._client.set_terminated(run.info.run_id, "KILLED")

    def _tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        return {"retail_lakehouse.version": __version__, **_git_tag(self._settings), **tags}

    def _new_version(self, kind: ModelKind, run: TrainingRun, run_id: str, uri: str) -> Registered:
        name = self.model_name(kind)
        self._register(name, kind.description)
        version = self._client.create_model_version(
            name,
            source=uri,
            run_id=run_id,
            tags={_FINGERPRINT: run.fingerprint, **run.tags},
            description=run.description,
        )
        return _registered(version)

    def log_sweep(
        self,
        kind: ModelKind,
        name: str,
        description: str,
        tags: Mapping[str, str],
        steps: Iterable[tuple[str, Mapping[str, Any], Mapping[str, float]]],
        figures: Mapping[str, "Figure"],
        study: str = "",
    ) -> None:
        """A parent run with pictures, and below it one run a step: name, parameters, metrics.

        study: what ``steps_of`` finds the steps by.
        """
        self._point_here()
        mlflow, experiment = self._mlflow, self._experiment(kind)
        all_tags = self._tags(tags) | ({_STUDY: study} if study else {})
        with mlflow.start_run(
            experiment_id=experiment, run_name=name, tags=all_tags, description=description
        ):
            for path, figure in figures.items():
                mlflow.log_figure(figure, path, save_kwargs=_PICTURE)
            for step, parameters, metrics in steps:
                with mlflow.start_run(
                    experiment_id=experiment, run_name=step, tags=all_tags, nested=True
                ):
                    mlflow.log_params(dict(parameters))
                    mlflow.log_metrics(dict(metrics))

    def steps_of(
        self, kind: ModelKind, study: str
    ) -> list[tuple[dict[str, str], dict[str, float]]]:
        """Parameters (as text) and metrics of every finished step of a study, the oldest first."""
        steps = self._client.search_runs(
            [self._experiment(kind)],
            f"tags.{_STUDY} = '{study}' AND attributes.status = 'FINISHED'",
            max_results=1000,
            order_by=["attributes.start_time ASC"],
        )
        found = ((dict(run.data.params), dict(run.data.metrics)) for run in steps)
        return [(params, metrics) for params, metrics in found if metrics]

    def add_figure(self, model: Registered, path: str, figure: "Figure") -> None:
        """Put a picture among the artifacts of the model's run, in place of an older one."""
        self._client.log_figure(model.run_id, figure, path, save_kwargs=_PICTURE)

    def content(self, kind: ModelKind, model: Registered, file: str) -> bytes:
        """Content of an ``ArrayModel``'s artifact.

        OtherVersionError where there is none: another version of this program registered another
        kind of model, the file is gone, or it is not this home's.
        """
        name = self.model_name(kind)
        try:
            if self._settings.catalog is not None:
                return self._downloaded(model, file)
            registered = model.uri.removeprefix("models:/").rpartition("/")[0]
            address = self._client.get_model_version_download_uri(registered, str(model.version))
            return artifacts.read_local(address, file, self._settings.home)
        except artifacts.UnusableError as error:
            whose = f"Version {model.version} of the model {name}"
            raise OtherVersionError.of(whose, error, kind.step) from error

    def _downloaded(self, model: Registered, file: str) -> bytes:
        uri = f"{model.uri}/{artifacts.FOLDER}"
        artifacts.check_listed(file, self._mlflow.artifacts.list_artifacts(artifact_uri=uri))
        with TemporaryDirectory() as folder:
            path = self._mlflow.artifacts.download_artifacts(
                artifact_uri=f"{uri}/{file}", dst_path=folder
            )
            return Path(path).read_bytes()

    def _register(self, name: str, description: str) -> None:
        try:
            self._client.create_registered_model(name, description=description)
        except self._mlflow.MlflowException as error:
            if error.error_code not in _EXISTS:
                raise

    def parameters(self, model: Registered) -> dict[str, str]:
        """What the version was trained with, as text."""
        return dict(self._client.get_run(model.run_id).data.params)

    def metrics(self, model: Registered) -> dict[str, float]:
        """What was measured of the version when it was trained."""
        return dict(self._client.get_run(model.run_id).data.metrics)


def _registered(version: Any) -> Registered:
    return Registered(
        int(version.version),
        version.run_id,
        f"models:/{version.name}/{version.version}",
        version.tags.get(GATE_FAILURES, ""),
        version.tags.get(_FINGERPRINT, ""),
        version.tags.get(_SHOP, ""),
    )


def _git_tag(settings: Settings) -> dict[str, str]:
    commit = settings.git_commit
    if not commit:
        here = Path(__file__).parent
        try:
            answer = subprocess.run(
                ["git", "-C", str(here), "rev-parse", "HEAD"],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            return {}
        commit = answer.stdout.strip()
    return {"mlflow.source.git.commit": commit} if commit else {}


def _dataset(trained_on: TrainedOn) -> Any:
    from mlflow.data.delta_dataset_source import DeltaDatasetSource
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.types import ColSpec, Schema

    is_path = "/" in trained_on.table
    source = DeltaDatasetSource(
        path=trained_on.table if is_path else None,
        delta_table_name=None if is_path else trained_on.table,
        delta_table_version=trained_on.version,
    )
    schema = Schema([ColSpec(type=t, name=n) for n, t in trained_on.columns.items()])
    label = Path(trained_on.table).name if is_path else trained_on.table
    dataset: Any = MetaDataset  # its stub misses what the class defines
    return dataset(source, name=f"{label}@v{trained_on.version}", schema=schema)


def _signature(model: ArrayModel) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(type=kind, name=name, required=name not in model.optional)
        for name, kind in model.inputs.items()
    ]
    params = [
        ParamSpec(name, _PARAM_TYPES[type(default)], default, (-1,) if default == [] else None)
        for name, default in model.params.items()
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(type=kind, name=name) for name, kind in model.outputs.items()
    ]
    # No params at all is None; the stub does not know.
    signature: Any = ModelSignature
    return signature(Schema(inputs), Schema(outputs), ParamSchema(params) if params else None)


# A list is one of texts.
_PARAM_TYPES = {int: "long", str: "string", list: "string"}
