"""What MLflow wants to be told, made from the project's own records."""

import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from retail_lakehouse.tracking.records import ModelSpec, TrainedOn

# A list is one of texts.
_PARAM_TYPES = {int: "long", str: "string", list: "string"}


def pinned(packages: Sequence[str]) -> list[str]:
    """Requirements with the versions that are installed here."""
    return [f"{name}=={metadata.version(name)}" for name in packages]


def source_commit(commit: str) -> dict[str, str]:
    """The tag that names the commit of this program: the one given, or else what git says."""
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


def dataset(trained_on: TrainedOn) -> Any:
    """The Delta table as a data set of a run."""
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
    of_meta: Any = MetaDataset  # its stub misses what the class defines
    return of_meta(source, name=f"{label}@v{trained_on.version}", schema=schema)


def signature(spec: ModelSpec[Any]) -> Any:
    """Columns in and out, and the options of a prediction."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(type=kind, name=name, required=name not in spec.optional)
        for name, kind in spec.inputs.items()
    ]
    params = [
        ParamSpec(name, _PARAM_TYPES[type(default)], default, (-1,) if default == [] else None)
        for name, default in spec.params.items()
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(type=kind, name=name) for name, kind in spec.outputs.items()
    ]
    # No params at all is None; the stub does not know.
    of_model: Any = ModelSignature
    return of_model(Schema(inputs), Schema(outputs), ParamSchema(params) if params else None)
