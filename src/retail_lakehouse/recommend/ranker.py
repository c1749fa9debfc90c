"""The second stage: gradient-boosted trees over the candidates, one model per kind of list.

Trained on what customers bought in the windows of some days before the cut, with features as of
the start of each window: nothing of a window is in its features, and every window ends at or
before the cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.features import DISCOVER, FOR_YOU, pair_features
from retail_lakehouse.recommend.history import Histories, Purchases, histories
from retail_lakehouse.recommend.retrieve import Pairs, candidates, score_block
from retail_lakehouse.settings import RecommendSettings

# Customers scored at a time: 256 x 5,000 products x 6 scores are 60 MB.
BATCH = 256


@dataclass(frozen=True)
class Sample:
    """Candidates of customers who bought in a window: features (pairs x FOR_YOU), whether the
    customer bought the product in the window, and whether it was an own product before.
    """

    features: np.ndarray
    bought: np.ndarray
    own: np.ndarray


@dataclass(frozen=True)
class Rankers:
    """One fitted model per list (scikit-learn HistGradientBoostingClassifier)."""

    discover: Any
    for_you: Any


def batches(n: int) -> Iterator[np.ndarray]:
    """0 to n - 1 in runs of BATCH."""
    for start in range(0, n, BATCH):
        yield np.arange(start, min(start + BATCH, n))


def featured(
    catalogue: Catalogue, purchases: Purchases, settings: RecommendSettings
) -> tuple[Histories, Pairs, np.ndarray]:
    """Histories, candidates and features of a batch of customers as of the catalogue's cut."""
    known = histories(purchases, catalogue.table.cut, catalogue.half_life)
    block = score_block(catalogue, known)
    pairs = candidates(catalogue, block, settings)
    return known, pairs, pair_features(catalogue, known, block, pairs)


def window_sample(
    catalogue: Catalogue, purchases: Purchases, settings: RecommendSettings
) -> Sample:
    """What to learn from the window that starts at the catalogue's cut.

    Customers with history who bought in the window count, at most ``training_customers`` of them.
    Of the candidates not bought only a share is kept: they are many and alike.
    """
    random = np.random.default_rng(settings.seed)
    start = catalogue.table.cut
    window = purchases.standing(start, start + settings.window_days)
    past = purchases.standing(0, start)
    active = np.flatnonzero((np.diff(window.indptr) > 0) & (np.diff(past.indptr) > 0))
    if len(active) > settings.training_customers:
        active = np.sort(random.choice(active, settings.training_customers, replace=False))
    parts = []
    for batch in batches(len(active)):
        chosen = active[batch]
        _, pairs, features = featured(catalogue, purchases.take(chosen), settings)
        targets = window.take(chosen).products()
        width = len(catalogue)
        bought = np.isin(pairs.rows * width + pairs.items, targets.rows * width + targets.values)
        keep = bought | (random.random(len(bought)) < settings.negatives)
        parts.append(Sample(features[keep], bought[keep], pairs.own[keep] >= 0))
    return Sample(
        np.concatenate([np.empty((0, len(FOR_YOU)), np.float32), *(p.features for p in parts)]),
        np.concatenate([np.empty(0, dtype=bool), *(p.bought for p in parts)]),
        np.concatenate([np.empty(0, dtype=bool), *(p.own for p in parts)]),
    )


def train(samples: Sequence[Sample], settings: RecommendSettings) -> Rankers | None:
    """Fit both models on all windows together; None where there is nothing to learn from."""
    features = np.concatenate([sample.features for sample in samples])
    bought = np.concatenate([sample.bought for sample in samples])
    own = np.concatenate([sample.own for sample in samples])
    new = ~own
    if any(len(np.unique(labels)) < 2 for labels in (bought, bought[new])):
        return None
    return Rankers(
        discover=_fit(features[new][:, : len(DISCOVER)], bought[new], settings),
        for_you=_fit(features, bought, settings),
    )


def _fit(features: np.ndarray, bought: np.ndarray, settings: RecommendSettings) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=settings.trees,
        learning_rate=settings.learning_rate,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.leaf_pairs,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=settings.seed,
    )
    # Scores stay probabilities of a purchase, though only some negatives were kept.
    return model.fit(features, bought, sample_weight=np.where(bought, 1.0, 1 / settings.negatives))


def predict(model: Any, features: np.ndarray) -> np.ndarray:
    """Chance that a customer who buys at all in the window buys the product, 0 to 1."""
    if len(features) == 0:
        return np.empty(0)
    width = model.n_features_in_
    chance: np.ndarray = model.predict_proba(features[:, :width])[:, 1]
    return chance
