"""What training sees of a shop, on the driver: bounded by the catalogue and a customer sample."""

from dataclasses import dataclass

import numpy as np

from retail_lakehouse.recommend.data.item_stats import ItemSales
from retail_lakehouse.recommend.data.purchases import Purchases


@dataclass(frozen=True)
class Products:
    """The catalogue in the order of the first sale: an entry per product.

    names: the latest on a sale, None without one: what people are shown. first_names: the first,
    which tells nothing of later days: what models read. first_days: days since 1970-01-01,
    ascending.
    """

    codes: tuple[str, ...]
    names: tuple[str | None, ...]
    first_names: tuple[str | None, ...]
    first_days: tuple[int, ...]

    def before(self, cut: int) -> int:
        """How many of them were sold before the day ``cut``: the head of the catalogue.

        >>> cups = Products(("1", "2"), ("CUP", "MUG"), ("CUP", "MUG"), first_days=(10, 20))
        >>> [cups.before(cut) for cut in (10, 11, 21)]
        [0, 1, 2]
        """
        return int(np.searchsorted(self.first_days, cut, side="left"))


@dataclass(frozen=True)
class TrainingData:
    """products: all. sales: of all customers. customers: ids of a sample, one per entry of
    ``purchases``; the whole shop where it has no more customers than the sample may have.
    """

    products: Products
    sales: ItemSales
    customers: np.ndarray
    purchases: Purchases
