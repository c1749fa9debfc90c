import tracemalloc
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from scipy import sparse

from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.inference.related import popular_products, similar_products
from toy_shop import CODES, RETIRED


def test_popular_products_by_country_and_all(model):
    found = popular_products(model, date(2011, 1, 1))
    assert set(found["country"]) == {"France", "ALL"}
    table = model.catalogue.stats
    best = sorted(range(10), key=lambda i: (-table.sales_30[i], i))
    for country in ("France", "ALL"):
        part = found[found["country"] == country]
        assert part["rank"].tolist() == list(range(1, 11))
        assert part["stock_code"].tolist() == [CODES[i] for i in best]
        assert part["invoices"].tolist() == [int(table.sales_30[i]) for i in best]


def test_similar_products_are_of_one_taste_and_have_support(model):
    found = similar_products(model, 3, date(2011, 1, 1))
    assert (found["customers"] >= 5).all()
    assert (found["stock_code"] != found["similar_stock_code"]).all()
    assert CODES[RETIRED] not in set(found["similar_stock_code"])
    for code, part in found.groupby("stock_code"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["score"].is_monotonic_decreasing
        kind = CODES.index(code) // 5
        assert {CODES.index(other) // 5 for other in part["similar_stock_code"]} == {kind}


def test_similar_products_are_the_same_however_many_are_looked_at_together(model, monkeypatch):
    whole = similar_products(model, 3, date(2011, 1, 1))
    monkeypatch.setattr(related, "_BLOCK", 2)
    pd.testing.assert_frame_equal(similar_products(model, 3, date(2011, 1, 1)), whole)
    assert len(whole) > 0


def test_products_bought_with_no_other_are_similar_to_none(model, monkeypatch):
    """Also where a block, or the catalogue, has no other."""
    monkeypatch.setattr(related, "_BLOCK", 2)
    whole = similar_products(model, 3, date(2011, 1, 1))
    affinity = model.catalogue.affinity

    def only(products):
        keep = sparse.diags(np.isin(np.arange(len(CODES)), products).astype(np.float32)).tocsr()
        near, both = (
            sparse.csr_matrix(keep @ pairs @ keep)
            for pairs in (affinity.co_purchase, affinity.co_buyers)
        )
        for pairs in (near, both):
            pairs.eliminate_zeros()
        catalogue = replace(
            model.catalogue, affinity=replace(affinity, co_purchase=near, co_buyers=both)
        )
        return similar_products(replace(model, catalogue=catalogue), 3, date(2011, 1, 1))

    first = only(range(4))
    assert set(first["stock_code"]) == set(CODES[:4])
    nothing = only([])
    assert len(nothing) == 0
    assert nothing.columns.tolist() == whole.columns.tolist()


def test_similar_products_of_a_large_catalogue_do_not_hold_the_factors_of_all_pairs(model):
    products, rank, near = 6_000, 64, 50
    codes = tuple(map(str, range(products)))
    # The 50 products after each, all bought together by ten.
    places = np.arange(products)[:, None] + np.arange(1, near + 1)
    cells = (np.repeat(np.arange(products), near), places.ravel() % products)
    together = sparse.csr_matrix((np.full(len(cells[0]), 10.0), cells), shape=(products, products))
    small, stats = model.catalogue, model.catalogue.stats
    ages = np.ones(products)
    large = replace(
        small,
        factors=ItemFactors(codes, np.ones((products, rank)), 1.0, 0.1),
        stats=replace(stats, age=ages, days_since_last_sale=ages),
        affinity=replace(small.affinity, co_purchase=together / 10, co_buyers=together),
    )
    tracemalloc.start()
    rows = similar_products(replace(model, catalogue=large, names=codes), 3, date(2011, 1, 1))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows) == products * related.TOP
    assert most < products * near * rank * 8
