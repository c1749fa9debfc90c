from datetime import date, datetime

import numpy as np
import pytest
from chispa import assert_df_equality
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.recommend import als, lists
from retail_lakehouse.recommend.als import ItemFactors
from retail_lakehouse.recommend.fold_in import FoldIn, top_n
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables import INTERACTIONS, PRODUCTS, RECOMMENDATIONS

SMALL = RecommendSettings(rank=4, iterations=6, blocks=2)


@given(st.lists(st.integers(-3, 3), max_size=12), st.integers(0, 14))
def test_top_n_is_the_head_of_a_stable_sort(scores, n):
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:n]
    assert top_n(np.array(scores, dtype=float), n).tolist() == expected


def test_fold_in_solves_the_equations_of_the_paper():
    # Two items, rank 1: y = (1, 2); one purchase of item 1 with rating 3; alpha 2, lambda 0.5.
    # A = 1 + 4 + 2*3*4 + 0.5*1 = 29.5; b = (1 + 6) * 2 = 14; x = 14 / 29.5.
    items = ItemFactors(("a", "b"), np.array([[1.0], [2.0]]), alpha=2.0, regularization=0.5)
    folded = FoldIn(items).solve(np.array([1]), np.array([3.0]))
    assert folded.factors == pytest.approx([14 / 29.5])
    assert folded.contributions(items.factors)[:, 0] == pytest.approx([14 / 29.5, 28 / 29.5])


def test_contributions_add_up_to_the_score():
    random = np.random.default_rng(7)
    items = ItemFactors(tuple("abcdef"), random.normal(size=(6, 3)), 1.5, 0.1)
    folded = FoldIn(items).solve(np.array([0, 2, 5]), np.array([0.7, 2.0, 1.1]))
    parts = folded.contributions(items.factors)
    assert parts.sum(axis=1) == pytest.approx(items.factors @ folded.factors)


def shop():
    """Even customers buy cups, odd ones bags; customer 1 has not bought bag 3 yet."""
    for customer in range(1, 13):
        kind = "1000" if customer % 2 == 0 else "2000"
        for product in range(4):
            if (customer, product) != (1, 3):
                yield {
                    "customer_id": customer,
                    "stock_code": f"{kind}{product}",
                    "quantity": 2 + product,
                    "invoices": 1 + product,
                    "last_purchased_at": datetime(2010, 1, 1),
                }


def names(frame):
    rows = [
        {"stock_code": row["stock_code"], "description": f"NAME {row['stock_code']}"}
        for row in {r["stock_code"]: r for r in shop()}.values()
    ]
    return frame(PRODUCTS, rows)


def test_folding_in_a_training_customer_gives_the_trained_factors(frame):
    interactions = frame(INTERACTIONS, list(shop()))
    model = als.fit(als.training_rows(interactions), SMALL)
    items = als.item_factors(model, SMALL.alpha, SMALL.regularization)
    trained = {r["id"]: r["features"] for r in model.stages[2].userFactors.collect()}
    fold_in = FoldIn(items)
    for customer in (1, 2, 12):
        own = [r for r in shop() if r["customer_id"] == customer]
        history = np.array([items.stock_codes.index(r["stock_code"]) for r in own])
        folded = fold_in.solve(history, np.log1p([r["quantity"] for r in own]))
        assert folded.factors == pytest.approx(trained[customer], abs=1e-4)


def test_lists_hold_what_others_like_them_buy_with_reasons(frame):
    interactions = frame(INTERACTIONS, list(shop()))
    model = als.fit(als.training_rows(interactions), SMALL)
    items = als.item_factors(model, SMALL.alpha, SMALL.regularization)
    ranked = lists.rank_for_you(als.index(model, interactions), items, n=4)
    found = lists.recommendations(ranked, names(frame), 2, date(2011, 1, 1))
    assert found.columns == list(RECOMMENDATIONS.column_names)
    rows = found.orderBy("customer_id", "rank").collect()
    assert [(r["customer_id"], r["rank"]) for r in rows] == [
        (customer, rank) for customer in range(1, 13) for rank in range(1, 5)
    ]
    first = [row for row in rows if row["customer_id"] == 1]
    assert {row["stock_code"] for row in first} == {"20000", "20001", "20002", "20003"}
    assert [row["score"] for row in first] == sorted((r["score"] for r in first), reverse=True)
    new = next(row for row in first if row["stock_code"] == "20003")
    assert new["reason"] == f"because you bought NAME {new['reason_stock_code']}"
    assert new["reason_stock_code"] in {"20000", "20001", "20002"}
    once = next(row for row in first if row["stock_code"] == "20000")
    assert (once["reason"], once["reason_stock_code"]) == ("bought before, on 1 invoice", "20000")
    twice = next(row for row in first if row["stock_code"] == "20001")
    assert twice["reason"] == "bought before, on 2 invoices"


def test_a_list_is_as_long_as_the_catalogue_where_that_is_short(frame):
    interactions = frame(INTERACTIONS, list(shop()))
    model = als.fit(als.training_rows(interactions), SMALL)
    items = als.item_factors(model, SMALL.alpha, SMALL.regularization)
    ranked = lists.rank_for_you(als.index(model, interactions), items, n=10_000)
    assert ranked.where("customer_id = 5").count() == 8
    assert ranked.select("customer_id", "stock_code").distinct().count() == ranked.count()


def test_training_size_counts_customers_products_and_pairs(frame):
    size = als.measure(als.training_rows(frame(INTERACTIONS, list(shop()))))
    assert (size.users, size.items, size.pairs) == (12, 8, 47)
    assert size.density == pytest.approx(47 / 96)


def test_training_rows_do_not_depend_on_the_order_they_come_in(frame):
    rows = list(shop())
    first, second = (als.training_rows(frame(INTERACTIONS, r)) for r in (rows, rows[::-1]))
    assert_df_equality(first, second)
