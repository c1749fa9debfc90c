"""All that ranking needs to know of products, as of one cut; none of it grows with customers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.candidates.fold_in import FoldIn
from retail_lakehouse.recommend.data.customer_history import Histories
from retail_lakehouse.recommend.data.item_stats import ItemStats


@dataclass(frozen=True)
class Affinity:
    """Which products belong together, apart from ALS.

    co_purchase, codes: items x items, symmetric or nearly. co_buyers: how many customers bought
    the two products of each pair in ``co_purchase``. recent_co_purchase: items bought x items they
    led to. words: items x words, rows of length 1 (0: no name).
    """

    co_purchase: sparse.csr_matrix
    co_buyers: sparse.csr_matrix
    recent_co_purchase: sparse.csr_matrix
    codes: sparse.csr_matrix
    words: sparse.csr_matrix


@dataclass(frozen=True)
class Shelf:
    """The columns of what is computed for customers: the live products of a catalogue.

    items: their rows in the catalogue, ascending. column: the reverse, -1 for all others. factors:
    live x rank. near: catalogue x twice the live, ``co_purchase`` and ``recent_co_purchase`` beside
    each other: for one product of both. codes: catalogue x live. words: live x words.
    newest, selling: columns, best first, by first-time buyers of the last 30 days and by sales of
    the last 7.
    """

    items: np.ndarray
    column: np.ndarray
    factors: np.ndarray
    near: sparse.csr_matrix
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
    rebuying: items x AGES, see there.
    half_life: of the ratings ALS was fitted on, days. sold_within: a product last sold more days
    before the cut is retired. excluded: products that may not be recommended for other reasons.
    """

    factors: ItemFactors
    stats: ItemStats
    affinity: Affinity
    rebuying: np.ndarray
    half_life: float
    sold_within: int
    excluded: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.stats) != len(self.factors.stock_codes):
            raise ValueError("the statistics and the factors are of different catalogues")

    def __len__(self) -> int:
        return len(self.stats)

    @cached_property
    def live(self) -> np.ndarray:
        """Which products may be recommended."""
        live = self.stats.sold_within(self.sold_within)
        live[list(self.excluded)] = False
        return live

    @cached_property
    def shelf(self) -> Shelf:
        """What may be recommended, as candidates are looked for in it."""
        items = np.flatnonzero(self.live)
        column = np.full(len(self), -1)
        column[items] = np.arange(len(items))
        stats, affinity = self.stats, self.affinity
        return Shelf(
            items=items,
            column=column,
            factors=self.factors.factors[items],
            near=sparse.hstack(
                [affinity.co_purchase[items].T, affinity.recent_co_purchase[:, items]],
                format="csr",
            ),
            codes=affinity.codes[:, items],
            words=affinity.words[items],
            newest=np.argsort(-stats.newcomers[items], kind="stable"),
            selling=np.argsort(-stats.sales_7[items], kind="stable"),
        )

    def for_lists(self) -> "Catalogue":
        """The same, without what lists of customers do not read."""
        nothing = sparse.csr_matrix(self.affinity.co_buyers.shape, dtype=np.float32)
        return replace(self, affinity=replace(self.affinity, co_buyers=nothing))

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
