"""What MLflow is told of a model, and what it tells: plain records, without MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ModelKind:
    """One of the project's models: its experiment, and its name in the registry.

    step: which trains it.
    """

    name: str
    description: str
    step: str


SEGMENTS = ModelKind(
    "customer_segments", "k-means on log1p RFM: customers into named segments", "train-segments"
)
RECOMMENDER = ModelKind(
    "recommendations",
    "Implicit ALS and gradient-boosted trees: three lists for each customer",
    "train-recommender",
)


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
    """A model that needs no JVM: the code MLflow runs to load it, and its content.

    code: a file of retail_lakehouse.serving. file, content: the artifact it reads, by its name
    without the suffix. inputs, outputs: columns and MLflow types. optional: inputs that a caller
    may leave out. params: options of a prediction with their defaults.
    example: input to show and to check the signature with. packages: distributions to pin.
    """

    code: Path
    file: str
    content: bytes
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    example: "pd.DataFrame"
    packages: tuple[str, ...]
    optional: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Registered:
    """One version of a registered model; ``failures``: gates it did not pass, in words.

    fingerprint: of what it was trained on. shop: kind of shop that it learnt from.
    """

    version: int
    run_id: str
    uri: str
    failures: str = ""
    fingerprint: str = ""
    shop: str = ""
