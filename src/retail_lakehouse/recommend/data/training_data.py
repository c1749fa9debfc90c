"""What training sees of a shop, on the driver: bounded by the catalogue and a customer sample."""

from dataclasses import dataclass

import numpy as np

from retail_lakehouse.recommend.candidates.affinity import affinity
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.data.customer_history import Purchases, histories
from retail_lakehouse.recommend.data.item_stats import ItemSales, item_table
from retail_lakehouse.settings import RecommendSettings


@dataclass(frozen=True)
class Products:
    """The catalogue in the order of the first sale: one entry per product.

    names: the latest on a sale, None without one: what people are shown. first_names: the first,
    which tells nothing of later days: what models read. first_days: days since 1970-01-01,
    ascending.
    """

    codes: tuple[str, ...]
    names: tuple[str | None, ...]
    first_names: tuple[str | None, ...]
    first_days: tuple[int, ...]

    def before(self, cut: int) -> int:
        """How many of them were sold before the day ``cut``: the head of the catalogue."""
        return int(np.searchsorted(self.first_days, cut, side="left"))


@dataclass(frozen=True)
class Shop:
    """products: all. sales: of all customers. customers: ids of a sample, one per entry of
    ``purchases``; the whole shop where it has no more customers than the sample may have.
    """

    products: Products
    sales: ItemSales
    customers: np.ndarray
    purchases: Purchases

    def catalogue(self, factors: np.ndarray, cut: int, settings: RecommendSettings) -> Catalogue:
        """Products sold before ``cut``, as they were then. factors: a row for each of them."""
        n = self.products.before(cut)
        stock_codes = self.products.codes[:n]
        known = histories(self.purchases, cut, settings.half_life_days)
        return Catalogue(
            ItemFactors(stock_codes, factors, settings.alpha, settings.regularization),
            item_table(self.sales, n, cut),
            affinity(known, stock_codes, self.products.first_names[:n]),
            settings.half_life_days,
            settings.sold_within_days,
        )
