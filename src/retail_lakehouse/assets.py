"""What steps read and write besides tables: models, facts and pictures, each by one name."""

from dataclasses import dataclass

from retail_lakehouse.tables import Table
from retail_lakehouse.tables.lists import LISTS


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
VALUE = ModelKind(
    "customer_value",
    "Modified BG/NBD, Gamma-Gamma and gradient-boosted trees: who comes back, when, for how much",
    "train-value",
)
MODELS = (SEGMENTS, RECOMMENDER, VALUE)
# What is worth knowing of each kind of model, before all else that MLflow has of it.
KEY_METRICS = {
    SEGMENTS.name: ("bootstrap_ari_mean", "smallest_share", "silhouette_euclidean"),
    RECOMMENDER.name: tuple(f"ndcg_at_10.{one.name}.{one.scope}" for one in LISTS),
    VALUE.name: tuple(f"{m}.{kind}" for m in ("brier_90", "auc_90") for kind in ("curve", "trees")),
}


@dataclass(frozen=True)
class Fact:
    """Something that a step settles for those after it, and that is no table."""

    name: str


@dataclass(frozen=True)
class Runs:
    """Runs in the experiment of a model, without a version in the registry."""

    kind: ModelKind


@dataclass(frozen=True)
class Picture:
    """A picture among the artifacts of the champion's run; who reads the model needs it not."""

    kind: ModelKind
    path: str


@dataclass(frozen=True)
class Document:
    """A file for people, which says itself what it was made from."""

    file: str


# The folder of received files, and of their lines as Parquet.
LANDING = Fact("landing folder")
# Whether these are the public invoices, the demo shop or somebody's own files.
SOURCE_KIND = Fact("kind of source")
# What is known of the shop: how it writes its lines, and what they mean.
DESCRIPTION = Fact("shop's description")
# The midnight before which lines are seen.
AS_OF = Fact("as_of")
# That silver is as expected, or the run has ended.
EXPECTED = Fact("outcome of the checks")
MIGRATION_FLOW = Picture(SEGMENTS, "pictures/migration_flow.png")
REPORT = Document("report.html")
DOCUMENTS = (REPORT,)

Asset = Table | ModelKind | Fact | Runs | Picture | Document


def title(asset: Asset) -> str:
    """What people call it."""
    if isinstance(asset, Table):
        return asset.full_name
    if isinstance(asset, Runs):
        return f"runs of {asset.kind.name}"
    if isinstance(asset, Document):
        return asset.file
    return asset.path if isinstance(asset, Picture) else asset.name
