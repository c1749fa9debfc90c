"""A shop's catalogue as of a cut, out of what training sees of it."""

from collections.abc import Sequence

import numpy as np

from retail_lakehouse.recommend.candidates.catalogue import Affinity, Catalogue
from retail_lakehouse.recommend.candidates.co_purchase import co_purchase, recent_co_purchase
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.candidates.product_names import codes, words
from retail_lakehouse.recommend.data.customer_history import Histories, histories
from retail_lakehouse.recommend.data.item_stats import item_stats
from retail_lakehouse.recommend.data.rebuying import rebuying
from retail_lakehouse.recommend.data.training_data import TrainingData
from retail_lakehouse.settings import RecommendSettings


def catalogue_of(
    data: TrainingData, factors: np.ndarray, cut: int, settings: RecommendSettings
) -> Catalogue:
    """Products sold before ``cut``, as they were then. factors: a row for each of them."""
    n, als = data.products.before(cut), settings.als
    stock_codes = data.products.codes[:n]
    known = histories(data.purchases, cut, als.half_life_days)
    return Catalogue(
        ItemFactors(stock_codes, factors, als.alpha, als.regularization),
        item_stats(data.sales, n, cut),
        affinity(known, stock_codes, data.products.first_names[:n]),
        rebuying(data.purchases, n, cut, settings.windows.days),
        als.half_life_days,
        settings.candidates.sold_within_days,
    )


def affinity(
    histories: Histories, stock_codes: Sequence[str], names: Sequence[str | None]
) -> Affinity:
    """From what customers bought together, and from codes and names of the catalogue."""
    together, buyers_of_both = co_purchase(histories, len(stock_codes))
    return Affinity(
        together,
        buyers_of_both,
        recent_co_purchase(histories, len(stock_codes)),
        codes(stock_codes),
        words(names),
    )
