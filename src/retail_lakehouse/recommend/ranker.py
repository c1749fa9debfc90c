"""The second stage: gradient-boosted trees over the candidates, one model per kind of list.

Trained on what customers bought in the windows of some days before the cut, with features as of
the start of each window: nothing of a window is in its features, and every window ends at or
before the cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.features import DISCOVER, FOR_YOU, pair_features
from retail_lakehouse.recommend.history import Histories, Purchases, histories
from retail_lakehouse.recommend.retrieve import Pairs, candidates, score_block
from retail_lakehouse.settings import Boosting, RecommendSettings

# Customers scored at a time: 256 x 5,000 products x 6 scores are 60 MB.
BATCH = 256
# Rows by which fitted trees are seen to be kept as they are.
_SOME = 256
_OWN = FOR_YOU.index("own_invoices")


@dataclass(frozen=True)
class Sample:
    """Candidates of customers who bought in a window: features (pairs x FOR_YOU), whether the
    customer bought the product in the window, whether it was an own product before, and a number
    from 0 to 1 by which new products that were not bought are thinned.
    """

    features: np.ndarray
    bought: np.ndarray
    own: np.ndarray
    drawn: np.ndarray

    def thinned(self, negatives: float) -> np.ndarray:
        """Which pairs to learn from: all that were bought or own, and a share of the others."""
        kept: np.ndarray = self.bought | self.own | (self.drawn < negatives)
        return kept

    def take(self, kept: np.ndarray) -> "Sample":
        """Only these pairs."""
        return Sample(self.features[kept], self.bought[kept], self.own[kept], self.drawn[kept])


class Ranker(Protocol):
    """Chances of a purchase from features, as scikit-learn's classifiers give them."""

    @property
    def n_features_in_(self) -> int:
        """Leading columns of FOR_YOU that it reads."""

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2: chances against and for."""


@dataclass(frozen=True)
class Thinned:
    """A classifier that learnt from all own products and from ``kept`` (above 0, at most 1) of the
    new ones that were not bought; its chances are those among all.

    Odds of a new product shrink by that share (prior correction: King and Zeng 2001, Logistic
    Regression in Rare Events Data, section 4.1), so new and own ones compare. Weights while
    fitting would do the same, but rank worse, and scikit-learn's bins take seconds with them.
    """

    model: Ranker
    kept: float

    @property
    def n_features_in_(self) -> int:
        """Leading columns of FOR_YOU that it reads."""
        return self.model.n_features_in_

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2, as scikit-learn gives it."""
        found = self.model.predict_proba(features)[:, 1]
        sees_own = self.n_features_in_ > _OWN
        part = found * (np.where(features[:, _OWN] > 0, 1.0, self.kept) if sees_own else self.kept)
        chance = part / (part + 1.0 - found)
        return np.stack([1.0 - chance, chance], axis=1)


@dataclass(frozen=True)
class Blend:
    """The ranker of a shop whose past is too short to train one: a fixed sum of standard scores.

    ALS, recent sales, and the log of own decayed invoices: the best blend made by hand on Online
    Retail II. Scores are in order of preference, but are no chances.
    """

    n_features_in_: int

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2, as scikit-learn gives it."""
        column = {name: features[:, i] for i, name in enumerate(FOR_YOU[: self.n_features_in_])}
        score = column["als_z"] + column["sales_30"] - 3.0
        if "own_decayed" in column:
            score = score + 4.0 * np.log1p(column["own_decayed"])
        chance = 1.0 / (1.0 + np.exp(-score.astype(np.float64)))
        return np.stack([1.0 - chance, chance], axis=1)


@dataclass(frozen=True)
class Rankers:
    """One per list: fitted (Thinned Trees), or a Blend."""

    discover: Ranker
    for_you: Ranker

    @property
    def fitted(self) -> bool:
        """Whether they learnt from the shop's own past."""
        return not isinstance(self.discover, Blend)


BLEND = Rankers(Blend(len(DISCOVER)), Blend(len(FOR_YOU)))


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
    pairs = candidates(block, settings)
    return known, pairs, pair_features(catalogue, known, block, pairs)


def window_sample(
    catalogue: Catalogue, customers: np.ndarray, purchases: Purchases, settings: RecommendSettings
) -> Sample:
    """What to learn from the window that starts at the catalogue's cut; customers: ids.

    Customers with history who bought in the window count, at most ``training_customers`` of them.
    Of the new products not bought only a share is kept: they are many and alike. Own ones are few,
    and most of for_you's first places go to them.
    """
    random = np.random.default_rng(settings.seed)
    start = catalogue.table.cut
    window = purchases.standing(start, start + settings.window_days)
    past = purchases.standing(0, start)
    active = np.flatnonzero((np.diff(window.indptr) > 0) & (np.diff(past.indptr) > 0))
    if len(active) > settings.training_customers:
        active = np.sort(random.choice(active, settings.training_customers, replace=False))
    most = max(settings.discover.negatives, settings.for_you.negatives)
    parts = []
    for batch in batches(len(active)):
        chosen = active[batch]
        _, pairs, features = featured(catalogue, purchases.take(chosen), settings)
        targets = window.take(chosen).products()
        # A product first sold in the window is a target that the catalogue cannot know yet.
        width = 1 + max(len(catalogue), int(targets.values.max(initial=0)))
        bought = np.isin(pairs.rows * width + pairs.items, targets.rows * width + targets.values)
        own = pairs.own >= 0
        drawn = _uniform(settings.seed + start, customers[chosen][pairs.rows], pairs.items)
        part = Sample(features, bought, own, drawn)
        parts.append(part.take(part.thinned(most)))
    return _together(parts)


def _together(samples: Sequence[Sample]) -> Sample:
    nothing = np.empty(0, dtype=bool)
    return Sample(
        np.concatenate([np.empty((0, len(FOR_YOU)), np.float32), *(s.features for s in samples)]),
        np.concatenate([nothing, *(s.bought for s in samples)]),
        np.concatenate([nothing, *(s.own for s in samples)]),
        np.concatenate([np.empty(0), *(s.drawn for s in samples)]),
    )


def _uniform(seed: int, *numbers: np.ndarray) -> np.ndarray:
    """A number from 0 to 1 of each tuple of ``numbers``, by a hash.

    Unlike a generator's, it does not depend on what else is drawn: a candidate more or less
    changes the sample by itself only.
    """
    found = np.full(len(numbers[0]), seed, dtype=np.uint64)
    for one in numbers:
        found = pd.util.hash_array(found + one.astype(np.uint64))
    return found / 2.0**64


def train(samples: Sequence[Sample], settings: RecommendSettings) -> Rankers:
    """Fit both models on all windows together; BLEND where there is nothing to learn from."""
    if not samples:
        return BLEND
    every = _together(samples)
    new = every.take(every.thinned(settings.discover.negatives) & ~every.own)
    mixed = every.take(every.thinned(settings.for_you.negatives))
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
        early_stopping=False,
        random_state=settings.seed,
    )
    trees = Trees.of(model.fit(features, bought), features[:_SOME])
    return Thinned(trees, boosting.negatives)


def predict(model: Ranker, features: np.ndarray) -> np.ndarray:
    """Chance that a customer who buys at all in the window buys the product, 0 to 1."""
    if len(features) == 0:
        return np.empty(0)
    width = model.n_features_in_
    chance: np.ndarray = model.predict_proba(features[:, :width])[:, 1]
    return chance
