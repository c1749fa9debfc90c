"""What orders the candidates: gradient-boosted trees, or a fixed blend where there is no past."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from retail_lakehouse.recommend.ranking.feature_columns import COLUMN, DISCOVER, FOR_YOU, Feature


class Ranker(Protocol):
    """Chances of a purchase from features, as scikit-learn's classifiers give them."""

    @property
    def n_features_in_(self) -> int:
        """Leading columns of FOR_YOU that it reads."""

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2: chances against and for."""


@dataclass(frozen=True)
class PriorCorrectedClassifier:
    """A classifier that learnt from all own products and from ``kept`` (above 0, at most 1) of the
    new ones that were not bought; its chances are those among all.

    Odds of a new product shrink by that share (prior correction: King and Zeng 2001, Logistic
    Regression in Rare Events Data, section 4.1), so new and own ones compare. Weights while
    fitting would do the same, but rank worse, and scikit-learn's bins take seconds with them.

    reads: the columns that the classifier reads, where it learnt before FOR_YOU had more between
    them; else empty: the leading ones.
    """

    model: Ranker
    kept: float
    reads: tuple[int, ...] = ()

    @property
    def n_features_in_(self) -> int:
        """Leading columns of FOR_YOU that it reads, or that hold those it reads."""
        return 1 + max(self.reads) if self.reads else self.model.n_features_in_

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2, as scikit-learn gives it."""
        seen = features[:, list(self.reads)] if self.reads else features
        learnt = self.model.predict_proba(seen)[:, 1]
        return _both(prior_corrected(learnt, self._share_kept(features)))

    def _share_kept(self, features: np.ndarray) -> np.ndarray:
        """Of pairs such as each of these; all own ones were kept."""
        own = COLUMN[Feature.OWN_INVOICES]
        if self.n_features_in_ <= own:
            return np.full(len(features), self.kept)
        return np.where(features[:, own] > 0, 1.0, self.kept)


def prior_corrected(chance: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Chances among all pairs, from those where only a share ``kept`` of the negatives is left.

    Odds times ``kept``. As many bought as left of ten times as many that were not: 1 in 11.

    >>> prior_corrected(np.array([0.5, 0.5]), np.array([0.1, 1.0])).round(4)
    array([0.0909, 0.5   ])
    """
    part = chance * kept
    corrected: np.ndarray = part / (part + 1.0 - chance)
    return corrected


@dataclass(frozen=True)
class Blend:
    """The ranker of a shop whose past is too short to train one: a fixed sum of standard scores.

    ALS, recent sales, and the log of own decayed invoices: the best blend made by hand on Online
    Retail II. Scores are in order of preference, but are no chances.
    """

    n_features_in_: int

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Pairs x 2, as scikit-learn gives it."""
        score = features[:, COLUMN[Feature.ALS_Z]] + features[:, COLUMN[Feature.SALES_30]] - 3.0
        if COLUMN[Feature.OWN_DECAYED] < self.n_features_in_:
            score = score + 4.0 * np.log1p(features[:, COLUMN[Feature.OWN_DECAYED]])
        return _both(1.0 / (1.0 + np.exp(-score.astype(np.float64))))


def _both(chance: np.ndarray) -> np.ndarray:
    """Chances against and for."""
    return np.stack([1.0 - chance, chance], axis=1)


@dataclass(frozen=True)
class Rankers:
    """One of new products, one of own and new ones: fitted trees, or a Blend."""

    discover: Ranker
    for_you: Ranker

    @property
    def fitted(self) -> bool:
        """Whether they learnt from the shop's own past."""
        return not isinstance(self.discover, Blend)

    def of(self, name: Literal["discover", "for_you"]) -> Ranker:
        """The ranker that a list names."""
        return self.discover if name == "discover" else self.for_you


BLEND = Rankers(Blend(len(DISCOVER)), Blend(len(FOR_YOU)))


def predict(model: Ranker, features: np.ndarray) -> np.ndarray:
    """Chance that a customer who buys at all in the window buys the product, 0 to 1."""
    if len(features) == 0:
        return np.empty(0)
    width = model.n_features_in_
    chance: np.ndarray = model.predict_proba(features[:, :width])[:, 1]
    return chance
