"""What MLflow is told of a model, and what it tells: plain records, without MLflow."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from retail_lakehouse.assets import ModelKind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Model = TypeVar("Model")


@dataclass(frozen=True)
class ModelSpec(Generic[Model]):
    """A kind of model that needs no JVM, as MLflow keeps and loads it.

    code: a file of retail_lakehouse.serving, which MLflow runs to load it. file: the artifact that
    it reads, known to MLflow by its name without the suffix. dump, load: the model to and from that
    file's content; load raises OtherVersionError. inputs, outputs: columns and MLflow types.
    optional: inputs that a caller may leave out. params: options of a prediction with their
    defaults. example: input to show and to check the signature with. packages: distributions to
    pin.
    """

    kind: ModelKind
    code: Path
    file: str
    dump: Callable[[Model], bytes]
    load: Callable[[bytes], Model]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    example: "Callable[[Model], pd.DataFrame]"
    packages: tuple[str, ...]
    optional: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedOn:
    """The table a model learnt from: what to call it, its Delta version, columns and rows.

    versions: of all tables of the shop at that time, by name, so that they can be looked at again.
    """

    table: str
    version: int
    rows: int
    columns: Mapping[str, str]
    versions: Mapping[str, int] = field(default_factory=dict)


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
class Sweep:
    """Runs that belong together, below one that describes them and has their pictures.

    steps: name, parameters and metrics of each. study: what they are found by again.
    """

    name: str
    description: str
    tags: Mapping[str, str]
    steps: Iterable[tuple[str, Mapping[str, Any], Mapping[str, float]]]
    figures: Mapping[str, "Figure"] = field(default_factory=dict)
    study: str = ""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model; ``failures``: gates it did not pass, in words.

    fingerprint: of what it was trained on. source_kind: kind of source that it learnt from. as_of:
    the day that its training saw. settings: hash of those it was trained with.
    """

    version: int
    run_id: str
    uri: str
    failures: str = ""
    fingerprint: str = ""
    source_kind: str = ""
    as_of: str = ""
    settings: str = ""
