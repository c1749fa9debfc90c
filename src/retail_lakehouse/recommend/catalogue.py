"""All that ranking needs to know of products, as of one cut; none of it grows with customers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from retail_lakehouse.recommend.affinity import Affinity
from retail_lakehouse.recommend.factors import ItemFactors
from retail_lakehouse.recommend.fold_in import FoldIn
from retail_lakehouse.recommend.history import Histories
from retail_lakehouse.recommend.item_table import ItemTable


@dataclass(frozen=True)
class Catalogue:
    """Products in one order throughout: ``factors.stock_codes``.

    A product without factors (none bought it before ALS was fitted) has a row of zeros.
    half_life: of the ratings ALS was fitted on, days. sold_within: a product last sold more days
    before the cut is retired. excluded: products that may not be recommended for other reasons.
    """

    factors: ItemFactors
    table: ItemTable
    affinity: Affinity
    half_life: float
    sold_within: int
    excluded: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.table) != len(self.factors.stock_codes):
            raise ValueError("the item table and the factors are of different catalogues")

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def live(self) -> np.ndarray:
        """Which products may be recommended."""
        live = self.table.sold_within(self.sold_within)
        live[list(self.excluded)] = False
        return live

    def without(self, items: Sequence[int]) -> "Catalogue":
        """The same, but these products are never recommended."""
        return replace(self, excluded=(*self.excluded, *items))

    @cached_property
    def fold_in(self) -> FoldIn:
        """The user step under these factors."""
        return FoldIn(self.factors)

    @cached_property
    def factor_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the factors over products: rank, rank x rank."""
        y = self.factors.factors
        return y.mean(axis=0), np.cov(y, rowvar=False, bias=True).reshape(y.shape[1], y.shape[1])

    def customer_factors(self, histories: Histories) -> np.ndarray:
        """Customers x rank, folded in from their decayed invoices."""
        x = np.zeros((len(histories), self.factors.factors.shape[1]))
        for row in range(len(histories)):
            own = slice(histories.indptr[row], histories.indptr[row + 1])
            if own.stop > own.start:
                items, ratings = histories.items[own], histories.decayed[own]
                x[row] = self.fold_in.solve(items, ratings).factors
        return x


def aligned(factors: ItemFactors, stock_codes: Sequence[str]) -> ItemFactors:
    """``factors`` in the order of another catalogue; zeros for products they do not know."""
    fitted = {code: number for number, code in enumerate(factors.stock_codes)}
    both = [(row, fitted[code]) for row, code in enumerate(stock_codes) if code in fitted]
    matrix = np.zeros((len(stock_codes), factors.factors.shape[1]))
    matrix[[row for row, _ in both]] = factors.factors[[number for _, number in both]]
    return replace(factors, stock_codes=tuple(stock_codes), factors=matrix)
