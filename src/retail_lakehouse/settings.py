"""Every value that a run depends on, in one frozen place; nothing here reads the clock."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from retail_lakehouse.errors import SettingsError

HOME_VARIABLE = "RETAIL_LAKEHOUSE_HOME"
DEFAULT_HOME = "lakehouse"
DEMO_ROWS = 50_000
MAX_SEGMENTS = 10

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


@dataclass(frozen=True)
class SegmentSettings:
    """K-means on log-scale RFM, and what a model must show before it becomes champion.

    k=5 gives groups that a shop recognises, and is the largest k whose groups come out again when
    the customers are drawn anew: docs/segments.md. What else was tried: docs/experiments.md.

    starts: seeds tried, the lowest inertia is kept: few of them can miss it, and move customers.
    resamples: of the bootstrap, each refitted with resample_starts: it asks whether other customers
    would give other groups, not whether a single start got stuck. sample_size: at most so many
    customers reach the driver, for the bootstrap, the Euclidean silhouette and the pictures.
    min_share: of customers in the smallest segment. min_bootstrap_ari: mean.
    """

    k: int = 5
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
class Boosting:
    """How one ranker learns: trees, learning rate, leaves per tree.

    negatives: share kept of the new products that were not bought, above 0.
    """

    trees: int
    rate: float
    leaves: int
    negatives: float


@dataclass(frozen=True)
class RecommendSettings:
    """Implicit ALS on decayed invoices, and rankers on the windows before the cut.

    ALS's weights are those of the best sets that 'tune' tried on windows of 2010 of Online Retail
    II. Rank, iterations, candidates, windows and the rankers' values were compared there too, and
    by time as well: a higher rank or one window more is slightly better, but the run may not take
    so long. docs/experiments.md has what was tried and its figures. The other values were set by
    hand.

    half_life_days: an invoice counts half after so many days. sold_within_days: products last
    sold longer ago are retired. candidates: new products by ALS score; extra_candidates: by each
    other sign (twice as many by first-time buyers). window_days, training_windows: rankers learn
    from so many windows before the cut, one after the other, and from one more where fewer than
    enough_customers bought in them: a small shop has time for it, and needs it.
    training_customers: at most, per window. sample_customers: at most so many reach the driver, to
    train the rankers, to judge them, and to see what is bought together; ALS learns from all.
    leaf_pairs: least pairs in a leaf. discover_*, for_you_*: see Boosting.
    """

    rank: int = 48
    iterations: int = 3
    regularization: float = 0.1
    alpha: float = 1.0
    blocks: int = 2
    seed: int = 42
    top_n: int = 10
    half_life_days: float = 60.0
    sold_within_days: int = 120
    candidates: int = 150
    extra_candidates: int = 50
    window_days: int = 30
    training_windows: int = 2
    enough_customers: int = 1_000
    training_customers: int = 4_000
    sample_customers: int = 10_000
    leaf_pairs: int = 100
    discover_trees: int = 100
    discover_rate: float = 0.06
    discover_leaves: int = 15
    discover_negatives: float = 0.2
    for_you_trees: int = 75
    for_you_rate: float = 0.08
    for_you_leaves: int = 31
    for_you_negatives: float = 0.05

    @property
    def discover(self) -> Boosting:
        """How the ranker of ``discover`` learns."""
        return Boosting(
            self.discover_trees, self.discover_rate, self.discover_leaves, self.discover_negatives
        )

    @property
    def for_you(self) -> Boosting:
        """How the ranker of ``for_you`` and ``buy_again`` learns."""
        return Boosting(
            self.for_you_trees, self.for_you_rate, self.for_you_leaves, self.for_you_negatives
        )


@dataclass(frozen=True)
class ValueSettings:
    """Who comes back, when and for how much: chosen on windows of 2010 of Online Retail II.

    What else was tried: docs/experiments.md.
    """

    seed: int = 42
    # At most so many customers reach the driver; what is learnt from them holds for all.
    sample_customers: int = 20_000
    # Orders are averaged over so many days to tell how fast the shop's time runs.
    season_days: int = 28
    # Windows to learn from, the last one ending at the cut, others each so many days before it.
    training_windows: int = 6
    window_step_days: int = 15
    # The first window begins so many days after the first order: before, nobody has a history.
    least_history_days: int = 60
    # Of each of the four models of trees; small trees, as there is little to learn from.
    chance_trees: int = 80
    amount_trees: int = 60
    rate: float = 0.06
    leaves: int = 4
    leaf_customers: int = 60
    # Chances are calibrated on customers that trees of this many parts did not learn from.
    folds: int = 3
    # Weight, in customers, of what is assumed of a shop that tells nothing.
    prior_customers: float = 0.05
    # Windows that a training judges, one after the other.
    judged_windows: int = 2
    # Of any tenth of the customers: between mean chance and share who bought, mean of the windows.
    max_decile_error: float = 0.10


@dataclass(frozen=True)
class Settings:
    """Where a run keeps its things and what it computes.

    home: folder of a local run. catalog: Unity Catalog name; None means plain Delta tables below
    ``home``. schema_prefix: put before ``bronze``, ``silver`` and ``gold``. landing: folder of
    received files, default ``home/landing``; a volume on Databricks. as_of: a run sees only lines
    before this midnight; None: the midnight after the last line.
    """

    home: Path = Path(DEFAULT_HOME)
    catalog: str | None = None
    schema_prefix: str = ""
    landing: Path | None = None
    as_of: date | None = None
    experiment_prefix: str = ""
    git_commit: str = ""
    retrain: bool = False
    sweep: bool = False
    segments: SegmentSettings = field(default_factory=SegmentSettings)
    recommend: RecommendSettings = field(default_factory=RecommendSettings)
    value: ValueSettings = field(default_factory=ValueSettings)

    def __post_init__(self) -> None:
        if self.catalog is not None:
            check_identifier("catalog", self.catalog)
        if self.schema_prefix:
            check_identifier("schema prefix", self.schema_prefix)
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
