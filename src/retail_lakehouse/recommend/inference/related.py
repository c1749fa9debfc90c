"""What needs no customer: popular products of a country, and products that go together."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from retail_lakehouse.recommend.candidates.best import top_n
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.tables import POPULAR_PRODUCTS, SIMILAR_PRODUCTS

ALL_COUNTRIES = "ALL"
TOP = 20
# So many customers must have bought both products before one is shown with the other.
SUPPORT = 5


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
    catalogue = model.catalogue
    close, both = catalogue.affinity.co_purchase.tocoo(), catalogue.affinity.co_buyers.tocsr()
    factors = catalogue.factors.factors
    length = np.linalg.norm(factors, axis=1)
    unit = factors / np.where(length > 0, length, 1.0)[:, None]
    first, second = close.row, close.col
    customers = np.asarray(both[first, second]).ravel().astype(np.int64)
    score = (close.data + np.einsum("ij,ij->i", unit[first], unit[second])) / 2
    keep = catalogue.live[second] & (customers >= SUPPORT)
    codes = np.array(catalogue.factors.stock_codes, dtype=object)
    names = np.array(model.names, dtype=object)
    rows = pd.DataFrame(
        {
            "stock_code": codes[first],
            "similar_stock_code": codes[second],
            "description": names[first],
            "similar_description": names[second],
            "score": score,
            "customers": customers,
            "model_version": version,
            "as_of": as_of,
        }
    )[keep]
    rows = rows.sort_values(
        ["stock_code", "score", "similar_stock_code"], ascending=[True, False, True]
    )
    rows["rank"] = rows.groupby("stock_code").cumcount() + 1
    head = rows[rows["rank"] <= TOP].reset_index(drop=True)
    columns: pd.DataFrame = head[list(SIMILAR_PRODUCTS.column_names)]
    return columns
