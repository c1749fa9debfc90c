"""MLflow, and nothing else, in one place: local store or Databricks workspace.

Locally runs go to ``home/mlflow.db`` with artifacts in ``home/mlartifacts``; on Databricks to the
workspace's experiments and to Unity Catalog's model registry.
"""

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from retail_lakehouse import __version__
from retail_lakehouse.errors import MissingTableError, SettingsError
from retail_lakehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from pyspark.ml import PipelineModel

# Aliases: the version that publishes, and the newest one that may not.
CHAMPION, CHALLENGER = "champion", "challenger"
GATE_FAILURES = "gate_failures"
_FINGERPRINT = "training_fingerprint"
_PACKAGE = Path(__file__).parents[1]
_PICTURE = {"dpi": 130}


@dataclass(frozen=True)
class ModelKind:
    """One of the project's models: its experiment, and its name in the registry."""

    name: str
    description: str


SEGMENTS = ModelKind("customer_segments", "k-means on log1p RFM: customers into named segments")
RECOMMENDER = ModelKind("recommendations", "Implicit ALS: products for each customer")


@dataclass(frozen=True)
class TrainedOn:
    """The table a model learnt from: what to call it, its Delta version, columns and rows."""

    table: str
    version: int
    rows: int
    columns: Mapping[str, str]


@dataclass(frozen=True)
class TrainingRun:
    """What a training says of itself.

    fingerprint: of its rows and settings, to find it again. tags: of run and version, at least
    ``as_of``. description: Markdown, for the run's page, ``model_card.md`` and the registry.
    figures: by path among the artifacts.
    """

    trained_on: TrainedOn
    fingerprint: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    description: str
    figures: Mapping[str, "Figure"] = field(default_factory=dict)


@dataclass(frozen=True)
class ArrayModel:
    """A model that needs no JVM: the code MLflow runs to load it, and its content as text.

    code: a file of retail_lakehouse.serving. name, content: the artifact it reads, JSON.
    example: input to show and to check the signature with. packages: distributions to pin.
    """

    code: Path
    name: str
    content: str
    example: "pd.DataFrame"
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Registered:
    """One version of a registered model; ``failures``: gates it did not pass, in words."""

    version: int
    run_id: str
    uri: str
    failures: str = ""


class Tracking:
    """The experiments and the registry that ``settings`` point to."""

    def __init__(self, settings: Settings) -> None:
        # Set before the import: MLflow reads them once. It must not phone home or ask git.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        warnings.filterwarnings("ignore", module="mlflow")
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._mlflow = mlflow
        self._settings = settings
        if settings.catalog is None:
            settings.home.mkdir(parents=True, exist_ok=True)
            self.uri = local_uri(settings.home)
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

    def _experiment(self, kind: ModelKind) -> str:
        name = self._settings.experiment_prefix + kind.name
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        artifacts = None
        if self._settings.catalog is None:
            artifacts = (self._settings.home.absolute() / "mlartifacts").as_uri()
        return str(self._client.create_experiment(name, artifact_location=artifacts))

    def trained(self, kind: ModelKind, fingerprint: str) -> Registered | None:
        """The newest version trained on exactly this input, if there is one."""
        name = self.model_name(kind)
        try:
            found = self._client.search_model_versions(f"name = '{name}'")
        except self._mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        for number in sorted((int(version.version) for version in found), reverse=True):
            # Asked for one by one: Unity Catalog's search leaves the tags out.
            version = self._client.get_model_version(name, str(number))
            if version.tags.get(_FINGERPRINT) == fingerprint:
                return _registered(version)
        return None

    def find_champion(self, kind: ModelKind) -> Registered | None:
        """The version that publishes, if there is one."""
        try:
            version = self._client.get_model_version_by_alias(self.model_name(kind), CHAMPION)
        except self._mlflow.MlflowException as error:
            # The second: a local registry that knows the model, but not the alias.
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            return None
        return _registered(version)

    def champion(self, kind: ModelKind) -> Registered:
        """The version that publishes; MissingTableError where nothing was trained yet."""
        found = self.find_champion(kind)
        if found is None:
            raise MissingTableError(
                f"There is no champion of the model {self.model_name(kind)} yet: run its training "
                "step first, or all steps with 'retail-lakehouse run'."
            )
        return found

    def promote(self, kind: ModelKind, model: Registered) -> None:
        """Let the version publish, unless it failed a gate: then it is the challenger."""
        name = self.model_name(kind)
        if model.failures:
            self._client.set_registered_model_alias(name, CHALLENGER, str(model.version))
            return
        self._client.set_registered_model_alias(name, CHAMPION, str(model.version))
        self._client.delete_registered_model_alias(name, CHALLENGER)

    def log_array_model(
        self, kind: ModelKind, model: ArrayModel, run: TrainingRun, outputs: Mapping[str, str]
    ) -> Registered:
        """One run with its model as an MLflow pyfunc. ``outputs``: its columns and MLflow types.

        The package's own code travels with the model, so it loads where only NumPy and pandas are.
        """
        import mlflow.pyfunc

        with self._training(kind, run) as run_id, TemporaryDirectory() as folder:
            content = Path(folder) / f"{model.name}.json"
            content.write_text(model.content)
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(model.code),
                artifacts={model.name: str(content)},
                code_paths=[str(_PACKAGE)],
                signature=_signature(run.trained_on.columns, outputs),
                input_example=model.example,
                pip_requirements=[f"{name}=={metadata.version(name)}" for name in model.packages],
            )
            return self._new_version(kind, run, run_id, info.model_uri)

    def log_spark_model(
        self,
        kind: ModelKind,
        model: "PipelineModel",
        run: TrainingRun,
        outputs: Mapping[str, str],
    ) -> Registered:
        """One run with its Spark ML model. ``outputs``: columns it adds and their MLflow types."""
        import mlflow.spark

        with self._training(kind, run) as run_id:
            info = mlflow.spark.log_model(
                model,
                "model",
                signature=_signature(run.trained_on.columns, outputs),
                pip_requirements=[f"pyspark=={metadata.version('pyspark')}"],
                dfs_tmpdir=self._temporary_folder(),
            )
            return self._new_version(kind, run, run_id, info.model_uri)

    @contextmanager
    def _training(self, kind: ModelKind, run: TrainingRun) -> Iterator[str]:
        """An MLflow run with everything but the model; yields its id."""
        mlflow = self._mlflow
        with mlflow.start_run(
            experiment_id=self._experiment(kind),
            run_name=f"{kind.name} as of {run.tags['as_of']}",
            tags=self._tags(run.tags),
            description=run.description,
        ) as active:
            mlflow.log_params(dict(run.parameters))
            mlflow.log_metrics(dict(run.metrics))
            mlflow.log_input(_dataset(run.trained_on), context="training")
            mlflow.log_text(run.description, "model_card.md")
            for path, figure in run.figures.items():
                mlflow.log_figure(figure, path, save_kwargs=_PICTURE)
            yield active.info.run_id

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
    ) -> None:
        """A parent run with pictures, and below it one run a step: name, parameters, metrics."""
        mlflow, experiment = self._mlflow, self._experiment(kind)
        all_tags = self._tags(tags)
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

    def add_figure(self, model: Registered, path: str, figure: "Figure") -> None:
        """Put a picture among the artifacts of the model's run, in place of an older one."""
        self._client.log_figure(model.run_id, figure, path, save_kwargs=_PICTURE)

    def content(self, kind: ModelKind, model: Registered, name: str) -> str:
        """Text of an ``ArrayModel``'s artifact.

        SettingsError where another version of this program registered another kind of model.
        """
        uri = f"{model.uri}/artifacts/{name}.json"
        with TemporaryDirectory() as folder:
            try:
                path = self._mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)
            except self._mlflow.MlflowException as error:
                raise SettingsError(
                    f"Version {model.version} of the model {self.model_name(kind)} holds no "
                    f"{name}.json: another version of this program trained it. Run into another "
                    "--home (or schema prefix)."
                ) from error
            return Path(path).read_text()

    def _register(self, name: str, description: str) -> None:
        try:
            self._client.create_registered_model(name, description=description)
        except self._mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def parameters(self, model: Registered) -> dict[str, str]:
        """What the version was trained with, as text."""
        return dict(self._client.get_run(model.run_id).data.params)

    def metrics(self, model: Registered) -> dict[str, float]:
        """What was measured of the version when it was trained."""
        return dict(self._client.get_run(model.run_id).data.metrics)

    def load_spark_model(self, model: Registered) -> "PipelineModel":
        """The fitted pipeline of a registered version."""
        import mlflow.spark

        loaded: PipelineModel = mlflow.spark.load_model(
            model.uri, dfs_tmpdir=self._temporary_folder()
        )
        return loaded

    def _temporary_folder(self) -> str:
        if self._settings.catalog is None:
            return (self._settings.home.absolute() / "tmp").as_uri()
        return str(self._settings.landing_dir / "mlflow-tmp")


def local_uri(home: Path) -> str:
    """Tracking and registry address of a local home."""
    return f"sqlite:///{home.absolute() / 'mlflow.db'}"


def _registered(version: Any) -> Registered:
    return Registered(
        int(version.version),
        version.run_id,
        f"models:/{version.name}/{version.version}",
        version.tags.get(GATE_FAILURES, ""),
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


def _signature(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    return ModelSignature(
        inputs=Schema([ColSpec(type=t, name=n) for n, t in inputs.items()]),
        outputs=Schema([ColSpec(type=t, name=n) for n, t in outputs.items()]),
    )


def serve_ui(home: Path, host: str, port: int) -> int:
    """Run MLflow's own server over a local home until it is stopped; returns its exit code."""
    command = [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--backend-store-uri", local_uri(home)),
        *("--default-artifact-root", (home.absolute() / "mlartifacts").as_uri()),
        *("--host", host, "--port", str(port)),
    ]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0
