"""What rankers learn from: what customers bought in windows of some days before the cut.

Features are as of the start of each window: nothing of a window is in its features, and every
window ends at or before the cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.util import hash_array

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Candidates, batches
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.ranking.feature_columns import FOR_YOU
from retail_lakehouse.recommend.ranking.features import featured
from retail_lakehouse.settings import RecommendSettings

# More may be too large for 64 bits.
_DIGITS = 19


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


def window_sample(
    catalogue: Catalogue, customers: np.ndarray, purchases: Purchases, settings: RecommendSettings
) -> Sample:
    """What to learn from the window that starts at the catalogue's cut; customers: ids.

    Customers with history who bought in the window count, ``training_customers`` of them at most.
    Of the new products not bought only a share is kept: they are many and alike. Own ones are few,
    and most of for_you's first places go to them.
    """
    start, numbers = catalogue.stats.cut, customer_numbers(customers)
    window = purchases.standing(start, start + settings.windows.days)
    active = _active(window, purchases.standing(0, start), settings)
    negatives = max(settings.discover.negatives, settings.for_you.negatives)
    parts = []
    for batch in batches(len(active), len(catalogue)):
        chosen = active[batch]
        seen = featured(catalogue, purchases.take(chosen), settings.candidates)
        pairs = seen.candidates
        bought = _bought(pairs, window.take(chosen).products(), len(catalogue))
        drawn = hashed_uniform(settings.seed + start, numbers[chosen][pairs.rows], pairs.items)
        part = Sample(seen.features, bought, pairs.is_own, drawn)
        parts.append(part.take(part.thinned(negatives)))
    return together(parts)


def _active(window: Purchases, past: Purchases, settings: RecommendSettings) -> np.ndarray:
    """Rows of customers to learn by, the same ones on every run."""
    active = np.flatnonzero((window.lengths > 0) & (past.lengths > 0))
    most = settings.windows.training_customers
    if len(active) <= most:
        return active
    return np.sort(np.random.default_rng(settings.seed).choice(active, most, replace=False))


def _bought(candidates: Candidates, targets: RaggedRows, n_items: int) -> np.ndarray:
    """Which candidates are among their customer's targets."""
    # A product first sold in the window is a target that the catalogue cannot know yet.
    width = 1 + max(n_items, int(targets.values.max(initial=0)))
    bought: np.ndarray = np.isin(
        candidates.rows * width + candidates.items, targets.rows * width + targets.values
    )
    return bought


def together(samples: Sequence[Sample]) -> Sample:
    """All of their pairs, in order; an empty sample for none."""
    nothing = np.empty(0, dtype=bool)
    return Sample(
        np.concatenate([np.empty((0, len(FOR_YOU)), np.float32), *(s.features for s in samples)]),
        np.concatenate([nothing, *(s.bought for s in samples)]),
        np.concatenate([nothing, *(s.own for s in samples)]),
        np.concatenate([np.empty(0), *(s.drawn for s in samples)]),
    )


def customer_numbers(ids: np.ndarray) -> np.ndarray:
    """A number for each id: its own if it is a whole one, else a hash.

    >>> numbers = customer_numbers(np.array(["12346", "CG-12520"], dtype=object))
    >>> int(numbers[0]), len(set(numbers))
    (12346, 2)
    """
    texts = np.array(list(map(str, ids)), dtype=object)
    hashes = hash_array(texts, categorize=False)
    own = [int(i) if i.isascii() and i.isdigit() and len(i) < _DIGITS else -1 for i in texts]
    numbers = np.array(own, dtype=np.int64)
    chosen: np.ndarray = np.where(numbers >= 0, numbers.astype(np.uint64), hashes)
    return chosen


def hashed_uniform(seed: int, *numbers: np.ndarray) -> np.ndarray:
    """A number from 0 to 1 of each tuple of ``numbers``, by a hash.

    Unlike a generator's, it does not depend on what else is drawn: a candidate more or less
    changes the sample by itself only.

    >>> alone = hashed_uniform(42, np.array([5]))
    >>> bool(hashed_uniform(42, np.array([1, 5]))[1] == alone[0])
    True
    """
    hashes = np.full(len(numbers[0]), seed, dtype=np.uint64)
    for column in numbers:
        hashes = pd.util.hash_array(hashes + column.astype(np.uint64))
    return hashes / 2.0**64
