"""MLflow's experiments and registry of one home or workspace."""

import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from retail_lakehouse import __version__
from retail_lakehouse.assets import MODELS, ModelKind
from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.machine.environment import own_mlflow
from retail_lakehouse.machine.watch import Watch, unwatched
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import artifacts, store
from retail_lakehouse.tracking.mlflow_records import dataset, pinned, signature, source_commit
from retail_lakehouse.tracking.records import ModelSpec, ModelVersion, Sweep, TrainingRun
from retail_lakehouse.tracking.registry import FINGERPRINT, SHOP, Registry
from retail_lakehouse.tracking.stages import Training
from retail_lakehouse.tracking.trainings import DELTA_VERSIONS, TRAINING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STUDY = "study"
# What MLflow shows as a run's description, and the pages it opens an experiment with: without the
# latter those for language models.
_DESCRIPTION = "mlflow.note.content"
_OF_MODELS = {"mlflow.experimentKind": "custom_model_development"}
_PACKAGE = Path(__file__).parents[1]
_PICTURE = {"dpi": 130}
Model = TypeVar("Model")
# MLflow has one place in a process for the model that a file of code names, and trainings go side
# by side.
_LOGS_A_MODEL = Lock()


class Tracking(Registry):
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
        if settings.catalog is None:
            opened = store.open_to_read if reads_only else store.open_to_write
            self.uri = opened(settings.home)
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
        else:
            self.uri = "databricks"
            mlflow.set_registry_uri("databricks-uc")
        super().__init__(mlflow, settings)

    def _experiment(self, kind: ModelKind) -> str:
        name = self.experiment_name(kind)
        experiment = self._client.get_experiment_by_name(name)
        if experiment is not None:
            for key, value in _OF_MODELS.items():
                if experiment.tags.get(key) != value:
                    self._client.set_experiment_tag(experiment.experiment_id, key, value)
            return str(experiment.experiment_id)
        location = None
        if self._settings.catalog is None:
            location = store.artifact_folder(self._settings.home).as_uri()
        return str(
            self._client.create_experiment(name, artifact_location=location, tags=_OF_MODELS)
        )

    def forget_other_shops(self, source_kind: str) -> None:
        """Delete versions and runs of every other kind of source: the demo shop makes way."""
        for kind in MODELS:
            self.forget_versions_of_others(kind, source_kind)
            experiment = self._client.get_experiment_by_name(self.experiment_name(kind))
            if experiment is None:
                continue
            # A page at a time: what is deleted is not found again.
            others = f"tags.{SHOP} != '{source_kind}'"
            while runs := self._client.search_runs([experiment.experiment_id], others):
                for run in runs:
                    self._client.delete_run(run.info.run_id)

    @contextmanager
    def training(
        self, kind: ModelKind, tags: Mapping[str, str], watch: Watch = unwatched
    ) -> Iterator[Training]:
        """A run in the model's experiment, open as long as the model trains.

        tags: at least ``as_of``. watch: is told of each stage. An error ends the run as FAILED.
        """
        self._point_here()
        self._clear_unfinished(kind)
        with self._mlflow.start_run(
            experiment_id=self._experiment(kind),
            run_name=f"{kind.name} as of {tags['as_of']}",
            tags=self._tags(tags) | {TRAINING: "yes"},
        ) as active:
            yield Training(self._client, active.info.run_id, watch)

    def log_model(
        self, spec: ModelSpec[Model], model: Model, run: TrainingRun, training: Training
    ) -> ModelVersion:
        """The model as an MLflow pyfunc, and all that is said of it, in the run of ``training``.

        The package's own code travels with the model, so it loads where only NumPy and pandas are.
        """
        import mlflow.pyfunc

        self._log_details(run)
        with TemporaryDirectory() as folder, _LOGS_A_MODEL:
            content = Path(folder) / spec.file
            content.write_bytes(spec.dump(model))
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(spec.code),
                artifacts={content.stem: str(content)},
                code_paths=[str(_PACKAGE)],
                signature=signature(spec),
                input_example=spec.example(model),
                pip_requirements=pinned(spec.packages),
            )
            # It holds the model that it tried, and all its arrays, until the next one comes.
            mlflow.models.set_model(_no_model)
        tags = {FINGERPRINT: run.fingerprint, **run.tags}
        return self.add(spec.kind, training.run_id, info.model_uri, tags, run.description)

    def _log_details(self, run: TrainingRun) -> None:
        """Everything but the model, in the open run."""
        mlflow = self._mlflow
        mlflow.set_tags({**run.tags, **_versions(run), _DESCRIPTION: run.description})
        mlflow.log_params(dict(run.parameters))
        mlflow.log_metrics(dict(run.metrics))
        mlflow.log_input(dataset(run.trained_on), context="training")
        mlflow.log_text(run.description, "model_card.md")
        for path, figure in run.figures.items():
            mlflow.log_figure(figure, path, save_kwargs=_PICTURE)

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
        self.clear_unfinished(kind)
        unfinished = f"tags.{TRAINING} = 'yes' AND attributes.status = 'RUNNING'"
        for run in self._client.search_runs([self._experiment(kind)], unfinished):
            self._client.set_terminated(run.info.run_id, "KILLED")

    def _tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        return {
            "retail_lakehouse.version": __version__,
            **source_commit(self._settings.git_commit),
            **tags,
        }

    def log_sweep(self, kind: ModelKind, sweep: Sweep) -> None:
        """A parent run with pictures, and below it one run a step."""
        self._point_here()
        mlflow, experiment = self._mlflow, self._experiment(kind)
        all_tags = self._tags(sweep.tags) | ({_STUDY: sweep.study} if sweep.study else {})
        with mlflow.start_run(
            experiment_id=experiment,
            run_name=sweep.name,
            tags=all_tags,
            description=sweep.description,
        ):
            for path, figure in sweep.figures.items():
                mlflow.log_figure(figure, path, save_kwargs=_PICTURE)
            for name, parameters, metrics in sweep.steps:
                with mlflow.start_run(
                    experiment_id=experiment, run_name=name, tags=all_tags, nested=True
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
        logged = ((dict(run.data.params), dict(run.data.metrics)) for run in steps)
        return [(params, metrics) for params, metrics in logged if metrics]

    def add_figure(self, model: ModelVersion, path: str, figure: "Figure") -> None:
        """Put a picture among the artifacts of the model's run, in place of an older one."""
        self._client.log_figure(model.run_id, figure, path, save_kwargs=_PICTURE)

    def content(self, kind: ModelKind, model: ModelVersion, file: str) -> bytes:
        """Content of an version's artifact.

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

    def _downloaded(self, model: ModelVersion, file: str) -> bytes:
        uri = f"{model.uri}/{artifacts.FOLDER}"
        artifacts.check_listed(file, self._mlflow.artifacts.list_artifacts(artifact_uri=uri))
        with TemporaryDirectory() as folder:
            path = self._mlflow.artifacts.download_artifacts(
                artifact_uri=f"{uri}/{file}", dst_path=folder
            )
            return Path(path).read_bytes()


def _versions(run: TrainingRun) -> dict[str, str]:
    versions = run.trained_on.versions
    return {DELTA_VERSIONS: json.dumps(dict(versions))} if versions else {}


def _no_model(model_input: object) -> object:
    return model_input
