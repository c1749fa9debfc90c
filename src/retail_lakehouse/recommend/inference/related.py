"""What needs no customer: popular products of a country, and products that go together."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from retail_lakehouse.recommend.candidates.best import top_n
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.tables import POPULAR_PRODUCTS, SIMILAR_PRODUCTS
from retail_lakehouse.tables import columns as c

ALL_COUNTRIES = "ALL"
TOP = 20
# So many customers must have bought both products before one is shown with the other.
SUPPORT = 5
# Products whose pairs are looked at together.
_BLOCK = 1024


def popular(catalogue: Catalogue, country: str | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``n`` live products with most invoices of the last 30 days, and those invoices.

    In a country first by its own invoices, then by those of all: a small country's list is full.
    A country that nobody bought from, or None: all countries.
    """
    stats = catalogue.stats
    everywhere = stats.sales_30
    if country in stats.country_names:
        own = stats.by_country[stats.country_names.index(country)]
        scores = own + everywhere / (everywhere.max(initial=0.0) + 1.0)
    else:
        own = scores = everywhere
    best = top_n(np.where(catalogue.live, scores, -np.inf), n)
    best = best[catalogue.live[best]]
    return best, own[best].astype(np.int64)


def popular_products(model: Recommender, as_of: date) -> pd.DataFrame:
    """Rows of gold.popular_products: TOP for each country and for all; countries x TOP."""
    catalogue = model.catalogue
    countries = [name for name in catalogue.stats.country_names if name]

    def rows() -> Iterator[tuple[object, ...]]:
        for country in (*countries, ALL_COUNTRIES):
            for rank, (item, invoices) in enumerate(
                zip(*popular(catalogue, country, TOP), strict=True), start=1
            ):
                code, name = catalogue.factors.stock_codes[item], model.names[item]
                yield country, rank, code, name, int(invoices), as_of

    return pd.DataFrame(rows(), columns=list(POPULAR_PRODUCTS.column_names))


def similar_products(model: Recommender, version: int, as_of: date) -> pd.DataFrame:
    """Rows of gold.similar_products: at most TOP per product of the catalogue.

    Score: mean of the shrunk cosine of the two sets of buyers (``affinity.co_purchase``) and the
    cosine of the ALS factors. Retired products are not shown with others.
    """
    catalogue, names = model.catalogue, np.array(model.names, dtype=object)
    codes = np.array(catalogue.factors.stock_codes, dtype=object)
    unit = _unit(catalogue.factors.factors)
    # Factors of all pairs at once are some thousand numbers a product.
    blocks = range(0, max(len(catalogue), 1), _BLOCK)
    pairs = pd.concat([_pairs(catalogue, unit, codes, start) for start in blocks])
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    rows = pd.DataFrame(
        {
            c.STOCK_CODE: codes[first],
            c.SIMILAR_STOCK_CODE: codes[second],
            c.DESCRIPTION: names[first],
            c.SIMILAR_DESCRIPTION: names[second],
            c.SCORE: pairs[c.SCORE].to_numpy(),
            c.CUSTOMERS: pairs[c.CUSTOMERS].to_numpy(),
            c.RANK: pairs[c.RANK].to_numpy(),
            c.MODEL_VERSION: version,
            c.AS_OF: as_of,
        }
    ).sort_values([c.STOCK_CODE, c.RANK], ignore_index=True)
    columns: pd.DataFrame = rows[list(SIMILAR_PRODUCTS.column_names)]
    return columns


def _unit(factors: np.ndarray) -> np.ndarray:
    """The factors, each product's of length 1; zeros stay.

    >>> _unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    length = np.linalg.norm(factors, axis=1)
    unit: np.ndarray = factors / np.where(length > 0, length, 1.0)[:, None]
    return unit


def _pairs(catalogue: Catalogue, unit: np.ndarray, codes: np.ndarray, start: int) -> pd.DataFrame:
    """``first, second`` (rows of the catalogue), ``score, customers, rank``: the TOP of each
    product of the block that begins there.
    """
    affinity = catalogue.affinity
    close = affinity.co_purchase[start : start + _BLOCK].tocoo()
    customers = np.zeros(close.nnz)
    # Asked for no cell, SciPy answers with a matrix.
    if close.nnz:
        customers = np.asarray(affinity.co_buyers[start + close.row, close.col]).ravel()
    keep = catalogue.live[close.col] & (customers >= SUPPORT)
    first, second = start + close.row[keep], close.col[keep]
    cosine = np.einsum("ij,ij->i", unit[first], unit[second])
    pairs = pd.DataFrame(
        {
            "first": first,
            "second": second,
            c.SCORE: (close.data[keep] + cosine) / 2,
            c.CUSTOMERS: customers[keep].astype(np.int64),
            "code": codes[second],
        }
    ).sort_values(["first", c.SCORE, "code"], ascending=[True, False, True])
    pairs[c.RANK] = pairs.groupby("first").cumcount() + 1
    return pairs[pairs[c.RANK] <= TOP]
