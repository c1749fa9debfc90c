from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest
from chispa import assert_df_equality

from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.medallion import gold
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.candidates.fold_in import FoldIn
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.data.customer_history import NEVER
from retail_lakehouse.recommend.data.training_data import Products
from retail_lakehouse.recommend.evaluation.validate import trial
from retail_lakehouse.recommend.inference.batch import recommendations
from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables import PRODUCTS, PURCHASES, RECOMMENDATIONS
from support import table_frame

SMALL = RecommendSettings(
    rank=4,
    iterations=6,
    candidates=6,
    extra_candidates=2,
    leaf_pairs=5,
    discover_trees=5,
    discover_negatives=1.0,
    for_you_trees=5,
    for_you_negatives=1.0,
    training_windows=2,
    enough_customers=1,
)
AS_OF = date(2011, 6, 1)
CUT = loader.day_number(AS_OF)


def bought(customer, day, code, invoice, price="2.5", back=None, country="France", first=False):
    return {
        "customer_id": customer,
        "invoice": invoice,
        "stock_code": code,
        "sold_at": datetime.combine(day, datetime.min.time()) + timedelta(hours=10),
        "reversed_at": back,
        "quantity": 3,
        "unit_price": Decimal(price),
        "country": country,
        "first_time": first,
    }


def past(until=AS_OF, customers=36):
    """Even customers buy cups 20000 to 20004, odd ones bags 30000 to 30004, two of them on every
    visit; customer 36 has been once; 40000 was bought once, long ago.
    """
    random = np.random.default_rng(3)
    rows = [bought(1, date(2010, 10, 1), "40000", "0")]
    for customer in range(1, customers + 1):
        day, visit = date(2010, 12, 1) + timedelta(days=customer % 9), 0
        while day < until:
            codes = 20000 + 10000 * (customer % 2) + random.choice(5, 2, replace=False)
            visit += 1
            rows += [bought(customer, day, str(code), f"{customer}-{visit}") for code in codes]
            if customer == customers:
                break
            day += timedelta(days=17)
    seen: set[tuple[int, str]] = set()
    for row in sorted(rows, key=lambda r: r["sold_at"]):
        row["first_time"] = (row["customer_id"], row["stock_code"]) not in seen
        seen.add((row["customer_id"], row["stock_code"]))
    return rows


def named(frame, rows, name="NAME"):
    codes = sorted({row["stock_code"] for row in rows})
    products = [
        {"stock_code": c, "description": f"{name} {c}", "first_description": f"NAME {c}"}
        for c in codes
    ]
    return frame(PRODUCTS, products)


def windows_of(frame, rows, as_of=AS_OF, settings=SMALL, name="NAME"):
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows, name), as_of)
    numbers = loader.numbered(table, catalogue, as_of)
    return Windows(numbers, loader.shop(numbers, catalogue, 100, 42), settings)


@pytest.fixture(scope="module")
def trained(spark):
    """Built once: the module's tests only look at it."""
    windows = windows_of(partial(table_frame, spark), past())
    return windows, windows.recommender(CUT, SMALL.training_windows)


def test_products_stand_in_the_order_of_their_first_sale(frame):
    rows = [
        bought(1, date(2011, 2, 2), "20001", "b"),
        bought(2, date(2011, 2, 1), "20002", "a", back=datetime(2011, 2, 3)),
        bought(2, date(2011, 2, 2), "20000", "c"),
        bought(2, AS_OF, "20003", "d"),
    ]
    found = loader.products(
        frame(PURCHASES, rows),
        frame(
            PRODUCTS,
            [{"stock_code": "20000", "description": "CUP", "first_description": "OLD CUP"}],
        ),
        AS_OF,
    )
    day = loader.day_number(date(2011, 2, 1))
    assert found == Products(
        codes=("20002", "20000", "20001"),
        names=(None, "CUP", None),
        first_names=(None, "OLD CUP", None),
        first_days=(day, day + 1, day + 1),
    )
    assert [found.before(day + i) for i in range(3)] == [0, 1, 3]


def test_purchases_in_numbers_know_nothing_of_the_day_and_later(frame):
    rows = [
        bought(1, date(2011, 5, 30), "20000", "a", back=datetime(2011, 5, 31, 9), first=True),
        bought(1, date(2011, 5, 31), "20000", "b", back=datetime(2011, 6, 1), country=None),
        bought(1, AS_OF, "20000", "c"),
    ]
    catalogue = Products(("20000",), ("CUP",), ("CUP",), (CUT - 2,))
    found = loader.numbered(frame(PURCHASES, rows), catalogue, AS_OF).drop("invoice")
    expected = frame(PURCHASES, []).sparkSession.createDataFrame(
        [
            (1, 0, CUT - 2, CUT - 1, 3, Decimal("2.5"), "France", True),
            (1, 0, CUT - 1, NEVER, 3, Decimal("2.5"), "", False),
        ],
        "customer_id INT, item INT, day INT, reversed_day INT, quantity BIGINT, "
        "unit_price DECIMAL(12,4), country STRING, first_time BOOLEAN",
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)


def test_ratings_are_invoices_halved_with_age(frame):
    rows = [
        bought(1, date(2011, 5, 2), "20000", "a"),  # 30 days: 1/2
        bought(1, date(2011, 4, 2), "20000", "b"),  # 60 days: 1/4
        bought(1, date(2011, 5, 2), "20001", "a", back=datetime(2011, 5, 20)),
        bought(2, date(2011, 5, 2), "20001", "c"),
    ]
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows), AS_OF)
    numbers = loader.numbered(table, catalogue, AS_OF)
    found = als.ratings(numbers, CUT, half_life=30.0)
    expected = table.sparkSession.createDataFrame(
        [(1, 0, 0.75), (2, 1, 0.5)], "customer_id INT, item INT, rating DOUBLE"
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)
    # On 2011-05-15 the cancellation had not come yet.
    earlier = als.ratings(numbers, CUT - 17, half_life=30.0)
    assert earlier.where("customer_id = 1").count() == 2
    size = als.measure(found)
    assert (size.users, size.items, size.pairs, size.density) == (2, 2, 2, 0.5)
    units = als.quantities(numbers, CUT).collect()
    assert sorted((r["customer_id"], r["item"], r["rating"]) for r in units) == [
        (1, 0, 6.0),
        (2, 1, 3.0),
    ]


def test_item_sales_by_day_and_country(frame):
    rows = [
        bought(1, date(2011, 5, 2), "20000", "a", "2.0", first=True),
        bought(2, date(2011, 5, 2), "20000", "b", "4.0", first=True),
        bought(3, date(2011, 5, 2), "20000", "c", "5.0", country="Norway"),
        bought(1, date(2011, 5, 9), "20000", "d", "2.0"),
    ]
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows), AS_OF)
    found = loader.item_sales(loader.numbered(table, catalogue, AS_OF))
    assert found.country_names == ("France", "Norway")
    columns = (found.days - CUT, found.countries, found.invoices, found.newcomers, found.price_sum)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == [
        (-30, 0, 2, 2, 6.0),
        (-30, 1, 1, 0, 5.0),
        (-23, 0, 1, 0, 2.0),
    ]


def test_a_sample_is_the_same_customers_whatever_the_order(frame):
    rows = past()
    found = []
    for some in (rows, rows[::-1]):
        table = frame(PURCHASES, some)
        picked = loader.sampled(table, 5, 42).select("customer_id").distinct().collect()
        found.append({row[0] for row in picked})
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_folding_in_a_training_customer_gives_the_trained_factors(trained):
    windows, _ = trained
    rows = als.ratings(windows.bought, CUT, SMALL.half_life_days)
    model = als.fit(rows, SMALL)
    catalogue = windows.shop.catalogue(
        als.item_matrix(model, len(windows.shop.products.codes)), CUT, SMALL
    )
    own = rows.where("customer_id = 5").collect()
    (folded,) = FoldIn(catalogue.factors).factors(
        np.array([0, len(own)]),
        np.array([r["item"] for r in own]),
        np.array([r["rating"] for r in own]),
    )
    assert folded == pytest.approx(als.user_matrix(model, np.array([5]))[0], abs=1e-4)


def test_every_customer_has_the_lists_they_can_have(trained):
    windows, model = trained
    found = recommendations(windows.bought, model, 7, AS_OF)
    assert found.columns == list(RECOMMENDATIONS.column_names)
    rows = found.toPandas()
    assert set(rows["model_version"]) == {7}
    assert set(rows["as_of"]) == {AS_OF}
    own = {c: {r["stock_code"] for r in past() if r["customer_id"] == c} for c in range(1, 37)}
    for customer, mine in own.items():
        lists = {
            name: part.sort_values("rank")
            for name, part in rows[rows["customer_id"] == customer].groupby("list")
        }
        assert set(lists) == {"for_you", "discover", "buy_again"}
        for part in lists.values():
            assert part["rank"].tolist() == list(range(1, len(part) + 1))
            assert part["stock_code"].is_unique
            assert part["score"].is_monotonic_decreasing
            # 40000 is no longer sold.
            assert "40000" not in set(part["stock_code"])
        assert not mine & set(lists["discover"]["stock_code"])
        assert set(lists["buy_again"]["stock_code"]) == mine - {"40000"}
    named_by_model = dict(zip(rows["stock_code"], rows["description"], strict=True))
    assert named_by_model["20000"] == "NAME 20000"
    why = rows[rows["reason"].str.startswith("because you bought")]
    assert len(why) > 0
    assert (why["reason"] == "because you bought NAME " + why["reason_stock_code"]).all()


def test_as_of_is_never_crossed(frame, trained):
    windows, model = trained
    planted = [bought(c, AS_OF + timedelta(days=c % 20), "20004", f"f{c}") for c in range(1, 37)]
    planted.append(bought(1, AS_OF, "50000", "g"))
    # Taken back on the day: it still stood the day before.
    rows = past()
    rows[-1]["reversed_at"] = datetime.combine(AS_OF, datetime.min.time())
    future = windows_of(frame, rows + planted, AS_OF)
    assert future.shop.products == windows.shop.products
    other = future.recommender(CUT, SMALL.training_windows)
    lists = [
        one.lists(w.shop.customers, w.shop.purchases)
        for w, one in ((windows, model), (future, other))
    ]
    pd.testing.assert_frame_equal(*lists)


def test_a_window_is_judged_by_a_model_of_the_past_alone(frame):
    start = AS_OF - timedelta(days=30)
    thinned = replace(SMALL, discover_negatives=0.5, for_you_negatives=0.3)
    before = [row for row in past() if row["sold_at"].date() < start]
    alone = windows_of(frame, before, start, thinned)
    # In the window a customer came who stands before all others, and every product was renamed.
    new = [bought(0, start, code, f"n{code}", first=True) for code in ("20000", "50000")]
    later = windows_of(frame, past() + new, AS_OF, thinned, name="TEAPOT")
    lists = []
    for windows in (alone, later):
        shop, twin = windows.shop, windows.twin(CUT - 30)
        assert twin.rankers.fitted
        rows = twin.lists(shop.customers, shop.purchases)
        columns = ["customer_id", "list", "rank", "stock_code", "score"]
        lists.append(rows.loc[rows["customer_id"] > 0, columns].reset_index(drop=True))
    pd.testing.assert_frame_equal(*lists, check_exact=True)


def test_the_trial_compares_lists_with_trivial_ones_on_the_last_window(trained):
    windows, _ = trained
    found = trial(windows, CUT, None)
    assert found.judged.start == CUT - 30
    # All but customer 36, who came once, bought in the window; nobody was new in it.
    assert (len(found.judged), found.judged.cold) == (35, 0.0)
    assert [(g.verdict.name, g.verdict.rival, g.end) for g in found.gates] == [
        ("discover", "recent_popularity", "low"),
        ("for_you", "own_then_recent", "low"),
    ]
    # Who buys two of five cups every time can be served well, and popularity cannot.
    scores = {key: score.mean("ndcg") for key, score in found.scores.items()}
    assert scores["for_you", "all"] > scores["popularity", "all"]
    assert found.metrics()["ndcg_at_10.for_you.all"] == scores["for_you", "all"]


def test_a_shop_younger_than_a_window_gets_lists_and_no_verdict(frame):
    rows = [row for row in past() if row["sold_at"].date() > date(2010, 11, 1)]
    young = windows_of(frame, rows, date(2010, 12, 20))
    cut = loader.day_number(date(2010, 12, 20))
    found = trial(young, cut, None)
    assert (found.judged, found.gates, found.metrics()) == (None, (), {})
    assert found.failures == "no window with history before it to judge by"
    model = young.recommender(cut, SMALL.training_windows)
    assert not model.rankers.fitted
    assert len(recommendations(young.bought, model, 1, AS_OF).toPandas()) > 0


def test_where_few_bought_one_window_more_is_learnt_from(trained):
    windows, _ = trained
    for enough, expected in ((1, [CUT - 30]), (1_000, [CUT - 30, CUT - 60])):
        asked = windows.with_settings(replace(SMALL, enough_customers=enough))
        assert asked.to_learn_from(CUT, 1) == expected


def test_a_model_restated_for_its_own_day_is_the_same_model(trained):
    windows, model = trained
    shop = windows.shop
    again = Recommender.from_bytes(model.to_bytes()).at(shop, CUT)
    pd.testing.assert_frame_equal(
        again.lists(shop.customers, shop.purchases), model.lists(shop.customers, shop.purchases)
    )


def test_a_model_of_other_features_is_refused_with_the_remedy(trained, monkeypatch):
    _, model = trained
    content = model.to_bytes()
    monkeypatch.setattr("retail_lakehouse.recommend.artifact.FOR_YOU", ("another",))
    with pytest.raises(OtherVersionError, match="step 'train-recommender'"):
        Recommender.from_bytes(content)


def test_a_customers_own_history_folded_in_gives_the_published_lists(trained):
    windows, model = trained
    loaded = Recommender.from_bytes(model.to_bytes())
    published = recommendations(windows.bought, model, 1, AS_OF).toPandas()
    columns = [c for c in published.columns if c not in ("model_version", "as_of")]
    for customer in (1, 2, 36):
        history = pd.DataFrame(
            {
                "customer_id": customer,
                "stock_code": r["stock_code"],
                "invoice": r["invoice"],
                "invoice_date": r["sold_at"],
                "unit_price": float(r["unit_price"]),
                "quantity": r["quantity"],
                "country": r["country"],
            }
            for r in past()
            if r["customer_id"] == customer
        )
        served = answer(loaded, history, Request(list="all"))
        expected = published.loc[published["customer_id"] == customer, columns]
        pd.testing.assert_frame_equal(
            served, expected.reset_index(drop=True), check_dtype=False, check_exact=False
        )


def test_purchases_of_a_shop_without_any_are_none(frame):
    empty = gold.purchases(
        frame(PURCHASES, []).sparkSession.createDataFrame(
            [],
            "invoice STRING, line_number INT, stock_code STRING, quantity INT, "
            "invoice_date TIMESTAMP, unit_price DECIMAL(12,4), customer_id INT, country STRING, "
            "reversed_at TIMESTAMP",
        ),
        AS_OF,
    )
    assert empty.count() == 0
    assert loader.products(frame(PURCHASES, []), frame(PRODUCTS, []), AS_OF).codes == ()
