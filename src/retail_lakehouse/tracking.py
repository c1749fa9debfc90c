"""MLflow, and nothing else, in one place: local store or Databricks workspace.

Locally runs go to ``home/mlflow.db`` with artifacts in ``home/mlartifacts``; on Databricks to the
workspace's experiments and to Unity Catalog's model registry.
"""

import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retail_lakehouse import __version__
from retail_lakehouse.errors import MissingTableError
from retail_lakehouse.settings import Settings

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel

CHAMPION = "champion"
_FINGERPRINT = "training_fingerprint"


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
class Registered:
    """One version of a registered model."""

    version: int
    run_id: str
    uri: str


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

    def champion(self, kind: ModelKind) -> Registered:
        """The version that publishes; MissingTableError where nothing was trained yet."""
        try:
            version = self._client.get_model_version_by_alias(self.model_name(kind), CHAMPION)
        except self._mlflow.MlflowException as error:
            raise MissingTableError(
                f"There is no champion of the model {self.model_name(kind)} yet: run its training "
                "step first, or all steps with 'retail-lakehouse run'."
            ) from error
        return _registered(version)

    def promote(self, kind: ModelKind, model: Registered) -> None:
        """Give the version the alias ``champion``."""
        self._client.set_registered_model_alias(self.model_name(kind), CHAMPION, str(model.version))

    def log_spark_model(
        self,
        kind: ModelKind,
        model: "PipelineModel",
        trained_on: TrainedOn,
        *,
        fingerprint: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        outputs: Mapping[str, str],
        artifacts: Mapping[str, Any],
    ) -> Registered:
        """One run with parameters, metrics, dataset, artifacts (JSON) and the registered model.

        ``outputs``: columns the model adds, name to MLflow type. ``tags``: at least ``as_of``.
        """
        import mlflow.spark
        import pyspark

        mlflow = self._mlflow
        name = self.model_name(kind)
        all_tags = {"retail_lakehouse.version": __version__, **_git_tag(self._settings), **tags}
        experiment = self._experiment(kind)
        run_name = f"{kind.name} as of {tags['as_of']}"
        with mlflow.start_run(
            experiment_id=experiment, run_name=run_name, tags=all_tags, description=kind.description
        ) as run:
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_input(_dataset(trained_on), context="training")
            for path, content in artifacts.items():
                mlflow.log_text(json.dumps(content, indent=2), path)
            info = mlflow.spark.log_model(
                model,
                "model",
                signature=_signature(trained_on.columns, outputs),
                pip_requirements=[f"pyspark=={pyspark.__version__}"],
                dfs_tmpdir=self._temporary_folder(),
            )
            self._register(name, kind.description)
            version = self._client.create_model_version(
                name,
                source=info.model_uri,
                run_id=run.info.run_id,
                tags={_FINGERPRINT: fingerprint, **tags},
                description=(
                    f"{kind.description}. Trained on {trained_on.table}, Delta version "
                    f"{trained_on.version}, {trained_on.rows:,} rows."
                ),
            )
        return _registered(version)

    def _register(self, name: str, description: str) -> None:
        try:
            self._client.create_registered_model(name, description=description)
        except self._mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def parameters(self, model: Registered) -> dict[str, str]:
        """What the version was trained with, as text."""
        return dict(self._client.get_run(model.run_id).data.params)

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
        int(version.version), version.run_id, f"models:/{version.name}/{version.version}"
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
