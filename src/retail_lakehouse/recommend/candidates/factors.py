"""The item side of a fitted ALS model as plain arrays, which need no JVM."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ItemFactors:
    """What a recommender needs of a fitted model; customers are folded in from their history.

    factors: items x rank. stock_codes: one per row of ``factors``. alpha, regularization: as
    fitted. Bounded by the catalogue, not by customers: 5,000 products of rank 64 are 2.6 MB.
    """

    stock_codes: tuple[str, ...]
    factors: np.ndarray
    alpha: float
    regularization: float
