"""Fit the rankers: gradient-boosted trees over the candidates of windows of the past."""

from collections.abc import Sequence

import numpy as np

from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.recommend.ranking.feature_columns import DISCOVER, FOR_YOU
from retail_lakehouse.recommend.ranking.ranker import (
    BLEND,
    PriorCorrectedClassifier,
    Ranker,
    Rankers,
)
from retail_lakehouse.recommend.ranking.sample import Sample
from retail_lakehouse.settings import Boosting, RecommendSettings

# Rows by which fitted trees are seen to be kept as they are.
_SOME = 256
# Share of the features that a split may choose among, drawn anew for each: trees differ more, and
# fit in less time.
_SHARE_OF_FEATURES = 0.5


def train(samples: Sequence[Sample], settings: RecommendSettings) -> Rankers:
    """Fit both models on all windows together; BLEND where there is nothing to learn from.

    RuntimeMissingError where scikit-learn keeps its trees in a way that is not known here.
    """
    if not samples:
        return BLEND
    discover, for_you = settings.discover, settings.for_you
    new = [sample.thinned(discover.negatives) & ~sample.own for sample in samples]
    mixed = [sample.thinned(for_you.negatives) for sample in samples]
    if any(len(np.unique(_bought(samples, kept))) < 2 for kept in (new, mixed)):
        return BLEND
    return Rankers(
        discover=_fit(samples, new, len(DISCOVER), discover, settings),
        for_you=_fit(samples, mixed, len(FOR_YOU), for_you, settings),
    )


def _fit(
    samples: Sequence[Sample],
    kept: Sequence[np.ndarray],
    width: int,
    boosting: Boosting,
    settings: RecommendSettings,
) -> Ranker:
    """kept: pairs of each sample. width: leading columns of FOR_YOU."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=boosting.trees,
        learning_rate=boosting.rate,
        max_leaf_nodes=boosting.leaves,
        min_samples_leaf=settings.leaf_pairs,
        l2_regularization=1.0,
        max_features=_SHARE_OF_FEATURES,
        early_stopping=False,
        random_state=settings.seed,
    )
    features = _features(samples, kept, width)
    trees = Trees.of(model.fit(features, _bought(samples, kept)), features[:_SOME])
    return PriorCorrectedClassifier(trees, boosting.negatives)


def _bought(samples: Sequence[Sample], kept: Sequence[np.ndarray]) -> np.ndarray:
    """Which of all kept pairs were bought."""
    return np.concatenate(
        [sample.bought[pairs] for sample, pairs in zip(samples, kept, strict=True)]
    )


def _features(samples: Sequence[Sample], kept: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Of all kept pairs, as scikit-learn wants them: else it would make a copy of its own."""
    features = np.empty((sum(map(np.count_nonzero, kept)), width), np.float64)
    begin = 0
    for sample, pairs in zip(samples, kept, strict=True):
        end = begin + np.count_nonzero(pairs)
        features[begin:end] = sample.features[pairs, :width]
        begin = end
    return features
