"""Every value that a run depends on, in one frozen place; nothing here reads the clock."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.value_settings import ValueSettings

HOME_VARIABLE = "RETAIL_LAKEHOUSE_HOME"
SHOP_VARIABLE = "RETAIL_LAKEHOUSE_SHOP"
DEFAULT_HOME = "lakehouse"
DEMO_ROWS = 50_000
MAX_SEGMENTS = 10

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


@dataclass(frozen=True)
class SegmentSettings:
    """K-means on log-scale RFM, and what a model must show before it becomes champion.

    k=5 gives groups that a shop recognises: docs/segments.md. What else was tried:
    docs/experiments.md.

    pull: pseudo-customers at each archetype, as a share of all customers; 0: none. With fewer, a
    grocer's customers fall into either of two sets of groups. starts: seeds tried, and four times
    as many where no start is as it should be (kmeans.py).
    resamples: of the bootstrap, each refitted with resample_starts: it asks whether other customers
    would give other groups, not whether a single start got stuck. sample_size: at most so many
    customers reach the driver, for the bootstrap, the Euclidean silhouette and the pictures.
    min_share: of customers in the smallest segment. min_bootstrap_ari: mean.
    """

    k: int = 5
    pull: float = 0.5
    starts: int = 5
    max_iterations: int = 100
    seed: int = 42
    resamples: int = 10
    resample_starts: int = 10
    sample_size: int = 10_000
    min_share: float = 0.03
    min_bootstrap_ari: float = 0.85

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_SEGMENTS:
            raise SettingsError(f"--segments {self.k} is not between 1 and {MAX_SEGMENTS}.")


@dataclass(frozen=True)
class AlsSettings:
    """Implicit ALS on decayed invoices, over all customers.

    The values are those of the best sets that 'tune' tried on windows of 2010 of Online Retail II.
    A higher rank is slightly better, but the run may not take so long: docs/experiments.md.
    """

    # Factors per product.
    rank: int = 48
    iterations: int = 3
    # Lambda, weighted by the number of ratings as Spark does.
    regularization: float = 0.1
    # How much more sure a rating of 1 is than none.
    alpha: float = 1.0
    # Parts that Spark splits users and items into.
    blocks: int = 2
    # A rating is invoices with the product, each counting half after so many days.
    half_life_days: float = 60.0


@dataclass(frozen=True)
class CandidateSettings:
    """How many new products of each customer are ranked, by sign; own ones all are."""

    # By ALS score.
    by_als: int = 150
    # By each other sign, and twice as many by first-time buyers.
    by_other_signs: int = 50
    # A product last sold longer ago is retired.
    sold_within_days: int = 120


@dataclass(frozen=True)
class WindowSettings:
    """Of which past the rankers learn, and by whom they learn and are judged."""

    # Length of a window: of those learnt from, and of the one that a model is judged on.
    days: int = 30
    # Windows before the cut that rankers learn from, one after the other.
    training: int = 2
    # They learn from one window more where fewer bought in them: a small shop has time for it.
    enough_customers: int = 1_000
    # Most customers that a window teaches by.
    training_customers: int = 4_000
    # Most customers on the driver, to train and judge rankers and to see what is bought together.
    sample_customers: int = 10_000


@dataclass(frozen=True)
class Boosting:
    """How one ranker's gradient-boosted trees learn."""

    trees: int
    # Learning rate.
    rate: float
    # Most leaves of a tree.
    leaves: int
    # Share kept of the new products that were not bought, above 0.
    negatives: float


# What MLflow, 'tune' and a model's artifact call a setting, and where it is.
PARAMETERS = {
    "rank": "als.rank",
    "iterations": "als.iterations",
    "regularization": "als.regularization",
    "alpha": "als.alpha",
    "blocks": "als.blocks",
    "seed": "seed",
    "top_n": "top_n",
    "half_life_days": "als.half_life_days",
    "sold_within_days": "candidates.sold_within_days",
    "candidates": "candidates.by_als",
    "extra_candidates": "candidates.by_other_signs",
    "window_days": "windows.days",
    "training_windows": "windows.training",
    "enough_customers": "windows.enough_customers",
    "training_customers": "windows.training_customers",
    "sample_customers": "windows.sample_customers",
    "leaf_pairs": "leaf_pairs",
    "discover_trees": "discover.trees",
    "discover_rate": "discover.rate",
    "discover_leaves": "discover.leaves",
    "discover_negatives": "discover.negatives",
    "for_you_trees": "for_you.trees",
    "for_you_rate": "for_you.rate",
    "for_you_leaves": "for_you.leaves",
    "for_you_negatives": "for_you.negatives",
}


@dataclass(frozen=True)
class RecommendSettings:
    """ALS finds candidates, and two rankers that learnt from windows of the past order them.

    What was tried for each value, and its figures: docs/experiments.md.
    """

    # Of every draw at random.
    seed: int = 42
    # Products in a published list, at most.
    top_n: int = 10
    als: AlsSettings = field(default_factory=AlsSettings)
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    # Least pairs in a leaf of either ranker.
    leaf_pairs: int = 100
    # The ranker of new products only.
    discover: Boosting = field(default_factory=lambda: Boosting(100, 0.06, 15, 0.2))
    # The ranker of own and new products together.
    for_you: Boosting = field(default_factory=lambda: Boosting(75, 0.08, 31, 0.05))

    def parameters(self) -> dict[str, Any]:
        """Every value by its name in PARAMETERS."""
        return {name: attrgetter(where)(self) for name, where in PARAMETERS.items()}

    def changed(self, **parameters: float) -> "RecommendSettings":
        """The same but for these values, by their names in PARAMETERS; KeyError for another.

        >>> RecommendSettings().changed(rank=8, for_you_trees=10).for_you.trees
        10
        """
        settings = self
        for name, value in parameters.items():
            group, _, last = PARAMETERS[name].rpartition(".")
            part = replace(getattr(settings, group), **{last: value}) if group else value
            parts: dict[str, Any] = {group or last: part}
            settings = replace(settings, **parts)
        return settings


@dataclass(frozen=True)
class Settings:
    """Where a run keeps its things and what it computes.

    home: folder of a local run. catalog: Unity Catalog name; None means plain Delta tables below
    ``home``. schema_prefix: put before ``bronze``, ``silver`` and ``gold``. landing: folder of
    received files, default ``home/landing``; a volume on Databricks. as_of: a run sees only lines
    before this midnight; None: the midnight after the last line. shop: file of the shop's
    description; None: the one kept, or what the files show. max_reject_share: of the lines,
    rejected for one reason other than being there twice; with more, nothing is made of the rest.
    """

    home: Path = Path(DEFAULT_HOME)
    catalog: str | None = None
    schema_prefix: str = ""
    landing: Path | None = None
    shop: Path | None = None
    as_of: date | None = None
    experiment_prefix: str = ""
    git_commit: str = ""
    retrain: bool = False
    sweep: bool = False
    max_reject_share: float = 0.1
    segments: SegmentSettings = field(default_factory=SegmentSettings)
    recommend: RecommendSettings = field(default_factory=RecommendSettings)
    value: ValueSettings = field(default_factory=ValueSettings)

    def __post_init__(self) -> None:
        if self.catalog is not None:
            check_identifier("catalog", self.catalog)
        if self.schema_prefix:
            check_identifier("schema prefix", self.schema_prefix)
        if not 0 <= (share := self.max_reject_share) <= 1:
            raise SettingsError(f"--max-reject-share {share:g} is not between 0 and 1.")
        if self.catalog is not None and self.landing is None:
            raise SettingsError(
                "--catalog needs --landing, the folder of the landing volume "
                "(/Volumes/<catalog>/<schema>/<volume>)."
            )

    @property
    def landing_dir(self) -> Path:
        """Folder of received files and of their lines as Parquet."""
        return self.landing if self.landing is not None else self.home / "landing"


def check_identifier(what: str, value: str) -> str:
    """Return ``value`` if it may stand in a SQL statement as a name, else raise SettingsError."""
    if not _IDENTIFIER.fullmatch(value):
        raise SettingsError(
            f"The {what} {value!r} is not a name: use letters, digits and underscores, "
            "starting with a letter."
        )
    return value


def parse_as_of(text: str) -> date:
    """Read an ``--as-of`` value (ISO date); raises SettingsError that names the value."""
    try:
        # Python 3.11 takes more ISO forms than 3.10: one form is enough.
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise SettingsError(
            f"--as-of {text!r} is not a date: write it as YYYY-MM-DD, such as 2011-11-09."
        ) from None
