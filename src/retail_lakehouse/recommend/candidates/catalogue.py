"""All that ranking needs to know of products, as of one cut; none of it grows with customers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.affinity import Affinity
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.candidates.fold_in import FoldIn
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.data.item_stats import ItemTable


@dataclass(frozen=True)
class Shelf:
    """The columns of what is computed for customers: the live products of a catalogue.

    items: their rows in the catalogue, ascending. place: the reverse, -1 for all others. factors:
    live x rank. together, lately, codes: catalogue x live. words: live x words. newest, selling:
    places, best first, by first-time buyers of the last 30 days and by sales of the last 7.
    """

    items: np.ndarray
    place: np.ndarray
    factors: np.ndarray
    together: sparse.csr_matrix
    lately: sparse.csr_matrix
    codes: sparse.csr_matrix
    words: sparse.csr_matrix
    newest: np.ndarray
    selling: np.ndarray

    def __len__(self) -> int:
        return len(self.items)


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

    @cached_property
    def shelf(self) -> Shelf:
        """What may be recommended, as candidates are looked for in it."""
        items = np.flatnonzero(self.live)
        place = np.full(len(self), -1)
        place[items] = np.arange(len(items))
        table, affinity = self.table, self.affinity
        return Shelf(
            items=items,
            place=place,
            factors=self.factors.factors[items],
            together=affinity.together[items].T.tocsr(),
            lately=affinity.lately[:, items],
            codes=affinity.codes[:, items],
            words=affinity.words[items],
            newest=np.argsort(-table.newcomers[items], kind="stable"),
            selling=np.argsort(-table.sales_7[items], kind="stable"),
        )

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
        return self.fold_in.factors(histories.indptr, histories.items, histories.decayed)


def aligned(factors: ItemFactors, stock_codes: Sequence[str]) -> ItemFactors:
    """``factors`` in the order of another catalogue; zeros for products they do not know."""
    fitted = {code: number for number, code in enumerate(factors.stock_codes)}
    both = [(row, fitted[code]) for row, code in enumerate(stock_codes) if code in fitted]
    matrix = np.zeros((len(stock_codes), factors.factors.shape[1]))
    matrix[[row for row, _ in both]] = factors.factors[[number for _, number in both]]
    return replace(factors, stock_codes=tuple(stock_codes), factors=matrix)
