"""How good a segmentation is, whether it would come out again, and whether it may publish."""

import warnings
from dataclasses import asdict, dataclass

import numpy as np

from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.naming import is_what_it_is_called, places
from retail_lakehouse.settings import SegmentSettings

# What NumPy may give as the deviation of values that are all alike.
_ALIKE = 1e-9


@dataclass(frozen=True)
class Quality:
    """Measures of one fitted model; those marked (sample) see at most ``sample_size`` customers.

    inertia: sum of squared Euclidean distances to the nearest centre.
    silhouette_*: mean silhouette (Rousseeuw 1987), -1 to 1; None for one segment. Of the squared
    distance over all customers, of the plain distance (sample).
    smallest_share: share of customers in the smallest segment, 0 to 1 (sample).
    named_rightly: share of segments whose customers are, in the mean, what the name says (sample).
    bootstrap_ari_*: adjusted Rand index (Hubert and Arabie 1985) between this model's segments and
    those of models fitted on resamples of the customers; 1: the same groups, 0: chance (sample).
    """

    customers: int
    segments: int
    inertia: float
    silhouette_squared_euclidean: float | None
    silhouette_euclidean: float | None
    smallest_share: float
    named_rightly: float
    bootstrap_ari_mean: float
    bootstrap_ari_min: float

    def metrics(self) -> dict[str, float]:
        """By name, without those that do not exist."""
        return {name: float(v) for name, v in asdict(self).items() if v is not None}


@dataclass(frozen=True)
class Agreement:
    """How far a candidate and the champion agree on the same customers (sample).

    ari: adjusted Rand index of the groups. same_segment_share: customers with the same name.
    """

    ari: float
    same_segment_share: float


@dataclass(frozen=True)
class Gate:
    """One condition that a model must meet before it publishes."""

    name: str
    value: float
    at_least: float

    @property
    def passed(self) -> bool:
        """Whether it is met."""
        return self.value >= self.at_least

    def __str__(self) -> str:
        sign = ">=" if self.passed else "<"
        return f"{self.name} {self.value:.3f} {sign} {self.at_least:g}"


def gates(quality: Quality, settings: SegmentSettings) -> tuple[Gate, ...]:
    """What decides between champion and challenger."""
    return (
        Gate("smallest segment's share", quality.smallest_share, settings.min_share),
        Gate("mean bootstrap ARI", quality.bootstrap_ari_mean, settings.min_bootstrap_ari),
        Gate("segments that are what they are called", quality.named_rightly, 1.0),
    )


def measure(
    model: SegmentModel,
    sample: np.ndarray,
    settings: SegmentSettings,
    customers: int,
    inertia: float,
    silhouette_squared_euclidean: float | None,
) -> Quality:
    """Quality on a sample (customers x 3, raw RFM), with what Spark measured on all customers."""
    labels = model.distances(sample).argmin(axis=1)
    sizes = np.bincount(labels, minlength=len(model.names))
    aris = bootstrap_ari(model, sample, settings)
    return Quality(
        customers=customers,
        segments=len(model.names),
        inertia=inertia,
        silhouette_squared_euclidean=silhouette_squared_euclidean,
        silhouette_euclidean=silhouette(model.standardise(sample), labels),
        smallest_share=float(sizes.min() / len(sample)),
        named_rightly=named_rightly(model, sample, labels),
        bootstrap_ari_mean=float(np.mean(aris)),
        bootstrap_ari_min=float(np.min(aris)),
    )


def named_rightly(model: SegmentModel, sample: np.ndarray, labels: np.ndarray) -> float:
    """Share of segments whose own customers are what the name says; a centre is not only theirs."""
    points = model.standardise(sample)
    right = [
        is_what_it_is_called(name, points[labels == number].mean(axis=0))
        for number, name in enumerate(model.names)
        if (labels == number).any()
    ]
    return sum(right) / len(model.names)


def silhouette(points: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean silhouette with Euclidean distance; None where it is not defined.

    It wants at least two groups, and fewer groups than points.
    """
    from sklearn.metrics import silhouette_score

    groups = len(np.unique(labels))
    if not 2 <= groups < len(points):
        return None
    return float(silhouette_score(points, labels))


def bootstrap_ari(
    model: SegmentModel, sample: np.ndarray, settings: SegmentSettings
) -> tuple[float, ...]:
    """ARI of each of ``settings.resamples`` models, fitted on customers drawn with replacement.

    Each scales and clusters its own resample, held near the archetypes as the model is
    (scikit-learn's k-means: the same procedure without Spark's cost per iteration), and then labels
    the whole sample. One segment is the same in every resample: 1.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import adjusted_rand_score

    if len(model.names) == 1:
        return (1.0,)
    own = model.distances(sample).argmin(axis=1)
    logs = np.log1p(np.maximum(sample, 0.0))
    random = np.random.default_rng(settings.seed)
    found = []
    for number in range(settings.resamples):
        drawn = logs[random.integers(len(logs), size=len(logs))]
        mean, std = drawn.mean(axis=0), drawn.std(axis=0)
        varies = std > _ALIKE
        scale = np.where(varies, std, 1.0)
        points = (drawn - mean) / scale
        k = min(len(model.names), len(np.unique(points, axis=0)))
        held_near = places(k, varies)
        weights = np.repeat([1.0, settings.pull * len(points)], [len(points), k])
        with warnings.catch_warnings():
            # Fewer distinct customers than clusters after all, by rounding: then fewer clusters.
            warnings.simplefilter("ignore", ConvergenceWarning)
            refit = KMeans(k, n_init=settings.resample_starts, random_state=settings.seed + number)
            refit.fit(np.concatenate([points, held_near]), sample_weight=weights)
        found.append(float(adjusted_rand_score(own, refit.predict((logs - mean) / scale))))
    return tuple(found)


def agreement(candidate: SegmentModel, champion: SegmentModel, sample: np.ndarray) -> Agreement:
    """Candidate against champion on raw RFM, customers x 3."""
    from sklearn.metrics import adjusted_rand_score

    new, old = (model.distances(sample).argmin(axis=1) for model in (candidate, champion))
    new_names = np.array(candidate.names)[new]
    old_names = np.array(champion.names)[old]
    return Agreement(float(adjusted_rand_score(old, new)), float((new_names == old_names).mean()))
