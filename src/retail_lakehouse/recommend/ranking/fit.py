"""Fit the rankers: gradient-boosted trees over the candidates of windows of the past."""

from collections.abc import Sequence

import numpy as np

from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.recommend.ranking.feature_columns import DISCOVER
from retail_lakehouse.recommend.ranking.ranker import (
    BLEND,
    PriorCorrectedClassifier,
    Ranker,
    Rankers,
)
from retail_lakehouse.recommend.ranking.sample import Sample, together
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
    pairs = together(samples)
    new = pairs.take(pairs.thinned(settings.discover.negatives) & ~pairs.own)
    mixed = pairs.take(pairs.thinned(settings.for_you.negatives))
    if any(len(np.unique(sample.bought)) < 2 for sample in (new, mixed)):
        return BLEND
    return Rankers(
        discover=_fit(new.features[:, : len(DISCOVER)], new.bought, settings.discover, settings),
        for_you=_fit(mixed.features, mixed.bought, settings.for_you, settings),
    )


def _fit(
    features: np.ndarray, bought: np.ndarray, boosting: Boosting, settings: RecommendSettings
) -> Ranker:
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
    trees = Trees.of(model.fit(features, bought), features[:_SOME])
    return PriorCorrectedClassifier(trees, boosting.negatives)
