from collections import Counter
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.recommend.ranking.ranker import BLEND
from toy_shop import CODES, CUT, NAMES, RETIRED, SETTINGS, catalogue, purchases, shop, trained_on

LIVE = set(CODES[:10])  # 10 was never sold, 11 is retired


def basket(*codes, **more):
    return pd.DataFrame({"stock_code": list(codes), **more})


def test_the_artifact_keeps_the_model(model):
    customers = shop()
    rankers = trained_on(customers, (CUT - 30,))
    made = Recommender(catalogue(customers), NAMES, rankers, SETTINGS)
    loaded = Recommender.from_bytes(made.to_bytes())
    some = purchases(customers[:5])
    pd.testing.assert_frame_equal(loaded.lists(np.arange(5), some), made.lists(np.arange(5), some))
    assert loaded.settings == SETTINGS
    assert loaded.cut == CUT


def test_a_bare_basket_is_answered_in_its_taste(model):
    found = answer(
        model, basket(CODES[0], CODES[1], quantity=[1, 500]), Request(n=3, list="discover")
    )
    assert list(found.columns) == list(COLUMNS)
    assert set(found["customer_id"]) == {"0"}
    assert found["rank"].tolist() == [1, 2, 3]
    # Who buys products 0 to 4 is one kind of customer.
    assert set(found["stock_code"]) == set(CODES[2:5])
    again = answer(model, basket(f" {CODES[0].lower()} ", CODES[1]), Request(n=3, list="discover"))
    pd.testing.assert_frame_equal(found, again)


def test_all_lists_of_several_customers_at_once_are_those_of_each_alone(model):
    rows = basket(CODES[0], CODES[7], CODES[1], customer_id=["5", "9", "5"])
    found = answer(model, rows, Request(list="all"))
    assert set(found["list"]) == {"for_you", "discover", "buy_again"}
    for customer in ("5", "9"):
        alone = answer(model, rows[rows["customer_id"] == customer], Request(list="all"))
        both = found[found["customer_id"] == customer].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, both)


def test_unknown_codes_tell_nothing(model):
    known = answer(model, basket(CODES[0]), Request())
    with_unknown = answer(model, basket(CODES[0], "99999X", "POST"), Request())
    pd.testing.assert_frame_equal(known, with_unknown)


@pytest.mark.parametrize("codes", [("99999X",), ("",), (None,)])
def test_of_whom_nothing_is_known_gets_what_is_popular_in_the_country(model, codes):
    rows = basket(*codes, country=["France"] * len(codes))
    found = answer(model, rows, Request(n=4, list="all"))
    # All are of France, and every visit of the last 30 days is an invoice with its two products.
    lines = [line for customer in shop() for line in customer if CUT - 30 <= line[1] < CUT]
    invoices = Counter(CODES[line[0]] for line in lines)
    most = sorted(invoices.values(), reverse=True)[:4]
    for name in ("for_you", "discover"):
        part = found[found["list"] == name]
        assert part["score"].tolist() == most
        assert [invoices[code] for code in part["stock_code"]] == most
        assert set(part["reason"]) == {"popular in France this month"}
        assert part["reason_stock_code"].isna().all()
    assert "buy_again" not in set(found["list"])
    elsewhere = answer(model, basket(*codes, country="Norway"), Request(n=4))
    assert set(elsewhere["reason"]) == {"popular now"}


@pytest.mark.parametrize("n", [0, 1, 10_000])
def test_any_number_of_products(model, n):
    found = answer(model, basket(CODES[0]), Request(n=n))
    assert len(found) == min(n, len(LIVE))
    assert found["stock_code"].is_unique
    cold = answer(model, basket(""), Request(n=n))
    assert len(cold) == min(n, len(LIVE))


def test_excluded_products_are_not_recommended_and_unknown_ones_ignored(model):
    out = (CODES[2].lower(), "99999X")
    for rows in (basket(CODES[0]), basket("")):
        found = answer(model, rows, Request(n=10, exclude=out))
        assert set(found["stock_code"]) == LIVE - {CODES[2]}


def test_everything_bought_leaves_nothing_to_discover(model):
    found = answer(model, basket(*CODES), Request(list="all"))
    assert set(found["list"]) == {"for_you", "buy_again"}
    assert CODES[RETIRED] not in set(found["stock_code"])


def test_days_count_and_later_ones_are_the_models_last(model):
    old, last = datetime(1972, 6, 1), datetime(1972, 9, 26)  # CUT is the day after the last.
    rows = basket(CODES[0], CODES[7], invoice=["a", "b"])
    # By the fixed blend, which counts older purchases less: whether trees of so small a shop happen
    # to part these two days is up to scikit-learn's version.
    by_rule = replace(model, rankers=BLEND)

    def bought_on(day, model=model):
        return answer(model, rows.assign(invoice_date=[day, old]), Request(list="buy_again"))

    found = bought_on(last)
    for no_earlier in (datetime(2030, 1, 1), pd.NaT):
        pd.testing.assert_frame_equal(bought_on(no_earlier), found)

    def chance(day):
        scores = bought_on(day, by_rule).set_index("stock_code")["score"]
        return scores[CODES[0]]

    assert chance(last) > chance(datetime(1972, 8, 1)) > chance(old)


@pytest.mark.parametrize(
    ("request_", "words"),
    [({"n": -1}, "n is -1: ask for 0 or more"), ({"list": "best"}, "list is 'best': ask for one")],
)
def test_a_bad_request_is_named(request_, words):
    with pytest.raises(ValueError, match=words):
        Request.of(request_)


def test_a_quantity_that_is_none_is_named(model):
    with pytest.raises(ValueError, match="quantity is -2 in row 1"):
        answer(model, basket(CODES[0], CODES[1], quantity=[1, -2]), Request())
