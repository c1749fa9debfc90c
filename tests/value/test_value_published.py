"""Rows of gold.customer_value, and answers to requests, of made-up customers."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.tables import CUSTOMER_VALUE, MODEL_ORIGIN
from retail_lakehouse.value.card import model_card
from retail_lakehouse.value.judging.trial import Trial, trial
from retail_lakehouse.value.model import CURVE, TREES, ValueModel
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.pictures import of_trial
from retail_lakehouse.value.publishing import answers
from retail_lakehouse.value.publishing.answers import answer
from retail_lakehouse.value.publishing.published import columns_of, percentile_ends, rows_of
from retail_lakehouse.value.publishing.rhythm import phrase, reasons
from retail_lakehouse.value.training import train
from retail_lakehouse.value_settings import ValueSettings
from value_shop import sales_of, shop

CUT = 500
NO_ENDS = np.empty(0)


@pytest.fixture(scope="module")
def sales() -> Sales:
    return shop(customers=400, days=540)


@pytest.fixture(scope="module")
def models(sales) -> dict[str, ValueModel]:
    return train(sales, Daily.of(sales), CUT, ValueSettings())


def row_of(model: ValueModel, *lines) -> dict:
    (row,) = rows_of(model, sales_of(lines), CUT, NO_ENDS).to_dict("records")
    return row


@pytest.mark.parametrize("kind", [CURVE, TREES])
def test_rows_are_as_the_contract_has_them(sales, models, kind):
    ends = percentile_ends(models[kind], sales, CUT)
    rows = rows_of(models[kind], sales, CUT, ends)
    assert list(rows) == [c.name for c in CUSTOMER_VALUE.columns if c not in MODEL_ORIGIN]
    assert rows["customer_id"].is_unique and len(rows) == (sales.before(CUT).total() > 0).sum()
    for column in CUSTOMER_VALUE.columns:
        if not column.nullable and column not in MODEL_ORIGIN:
            assert not rows[column.name].isna().any(), column.name
    assert (rows["total_value"] == rows["spend"] + rows["expected_spend_12_months"]).all()
    for name in ("orders_90_days", "orders_12_months", "spend_90_days", "spend_12_months"):
        low, mean, high = (rows[f"expected_{name}{end}"] for end in ("_low", "", "_high"))
        assert (low <= mean).all() and (mean <= high).all()
    assert (rows["next_order_on"] >= date_of(CUT)).all()
    assert set(rows["model"]) == {kind}


def test_percentiles_part_the_customers_evenly(sales, models):
    ends = percentile_ends(models[CURVE], sales, CUT)
    rows = rows_of(models[CURVE], sales, CUT, ends)
    percentile = rows["percentile"].to_numpy()
    assert percentile.min() == 0 and percentile.max() == 99
    assert abs((percentile < 50).mean() - 0.5) < 0.02
    best = rows.loc[rows["expected_spend_12_months"].idxmax()]
    assert best["percentile"] == 99


def test_what_a_customer_did_so_far_by_hand(models):
    row = row_of(models[CURVE], (7, 400, 10.0), (7, 420, 20.5), (7, 420, 1.5), (7, 450, 4.0))
    assert (row["customer_id"], row["orders"], row["spend"]) == (7, 4, Decimal("36.0000"))
    assert row["average_basket"] == Decimal("9.0000")
    # Three days with an order in 50 days, the last one 50 days before the cut.
    assert (row["days_between_orders"], row["days_since_order"]) == (25, 50)
    assert row["reason"].startswith("usually every 4 weeks, now 7 weeks; 2.0 times the usual gap")


def test_money_is_exact(models):
    lines = [(1, 400 + day, 0.1) for day in range(30)]
    assert row_of(models[CURVE], *lines)["spend"] == Decimal("3.0000")


def test_a_returned_first_order_is_none(models):
    row = row_of(models[CURVE], (1, 400, 500.0, 410), (1, 480, 20.0))
    assert (row["orders"], row["spend"], row["days_since_order"]) == (1, Decimal("20.0000"), 20)
    assert pd.isna(row["days_between_orders"])
    assert row["reason"] == "bought once, 20 days ago"


def test_churn_bands_follow_the_risk(sales, models):
    rows = rows_of(models[CURVE], sales, CUT, NO_ENDS)
    for band, low, high in (("low", 0, 1 / 3), ("medium", 1 / 3, 2 / 3), ("high", 2 / 3, 1.01)):
        risk = rows.loc[rows["churn_band"] == band, "churn_risk"]
        assert len(risk) and risk.between(low, high, inclusive="left").all(), band


def test_who_is_due_this_week_by_rhythm_or_by_rate(models):
    model = models[CURVE]
    monthly = [(1, CUT - 28 - 30 * n, 20.0) for n in range(6)]
    assert row_of(model, *monthly)["due_this_week"]
    # A week earlier it is not due yet, and a gap of two orders is no rhythm.
    assert not row_of(model, *[(1, day + 14, 20.0) for _, day, _ in monthly])["due_this_week"]
    assert not row_of(model, *monthly[:2])["due_this_week"]
    daily = row_of(model, *[(1, day, 20.0) for day in range(300, CUT)])
    assert daily["due_this_week"] and daily["next_order_on"] <= date_of(CUT) + timedelta(days=3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((3, 3, 7.0, 3.0), "usually every 7 days, last 3 days ago"),
        ((9, 9, 1.2, 1.0), "usually every day, last 1 day ago"),
        ((2, 2, 200.0, 410.0), "usually every 7 months, now 13 months"),
        ((3, 1, float("nan"), 5.0), "bought on one day, 5 days ago"),
    ],
)
def test_reasons_are_sentences_of_a_person(given, words):
    assert phrase(*given) == words


def test_reasons_name_what_is_unusual():
    one = np.ones(1)
    late = reasons(one * 4, one * 4, one * 20, one * 50, one * 90, one * 40, one > 0)
    assert late == [
        "usually every 20 days, now 7 weeks; 2.5 times the usual gap; last order larger than "
        "usual; ordered at this time last year"
    ]
    usual = reasons(one * 4, one * 4, one * 20, one * 5, one * 40, one * 40, one < 0)
    assert usual == ["usually every 20 days, last 5 days ago"]


def orders_of(*rows: tuple) -> pd.DataFrame:
    names = ("customer_id", "invoice_date", "amount")
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.assign(invoice_date=pd.to_datetime(frame["invoice_date"]))


def moment(day: int) -> pd.Timestamp:
    return pd.Timestamp(date_of(day)) + pd.Timedelta(hours=9)


@pytest.mark.parametrize("kind", [CURVE, TREES])
def test_a_request_is_answered_as_published(models, kind):
    lines = [("1", 300, 20.0), ("1", 360, 25.0), ("2", 480, 60.0)]
    found = answer(models[kind], orders_of(*((c, moment(d), a) for c, d, a in lines)))
    expected = columns_of(models[kind], sales_of(lines), CUT, NO_ENDS)
    assert list(found) == [column.name for column in answers.COLUMNS]
    assert found["customer_id"].tolist() == list(expected["customer_id"]) == ["1", "2"]
    for name in ("spend", "probability_90_days", "expected_spend_12_months"):
        assert found[name].to_numpy() == pytest.approx(np.asarray(expected[name]))
    assert found["reason"].tolist() == expected["reason"]


def test_a_request_without_customers_and_invoices_is_one_customer_of_orders_by_day(models):
    rows = pd.DataFrame(
        {"invoice_date": [moment(400), moment(400), moment(430)], "amount": [5, 6, 7]}
    )
    found = answer(models[TREES], rows)
    assert (len(found), found["orders"].item(), found["spend"].item()) == (1, 2, 18.0)
    assert found["customer_id"].tolist() == [""]
    told = answer(models[TREES], rows.assign(invoice=["a", "b", None]))
    assert told["orders"].item() == 3


def test_a_request_may_look_from_a_later_day(models):
    rows = orders_of((1, moment(CUT + 20), 5.0))
    assert answer(models[CURVE], rows)["days_since_order"].item() == 1
    later = answer(models[CURVE], rows, as_of=str(date_of(CUT + 50)))
    assert later["days_since_order"].item() == 30


def test_customers_are_texts(models):
    found = answer(models[CURVE], orders_of(("B", moment(400), 5.0), ("A", moment(400), 5.0)))
    assert found["customer_id"].tolist() == ["A", "B"]
    numbers = answer(models[CURVE], orders_of((12, moment(400), 5.0), ("7", moment(400), 5.0)))
    assert numbers["customer_id"].tolist() == ["12", "7"]


GOOD = {"customer_id": "1", "invoice_date": "1971-01-05", "amount": 5.0}


@pytest.mark.parametrize(
    ("rows", "as_of", "words"),
    [
        ([{"amount": 5.0}], "", "invoice_date is missing"),
        ([{"invoice_date": "1971-01-05"}], "", "amount is missing"),
        ([GOOD, {**GOOD, "amount": -3}], "", "amount is -3.0 in row 1: give money above 0"),
        ([{**GOOD, "amount": float("inf")}], "", "amount is inf in row 0"),
        ([{**GOOD, "amount": "much"}], "", "amount is 'much' in row 0"),
        ([{**GOOD, "invoice_date": "soon"}], "", "invoice_date is 'soon' in row 0"),
        ([GOOD, {**GOOD, "customer_id": None}], "", "customer_id is None in row 1"),
        ([{**GOOD, "invoice_date": None}], "", "invoice_date is None in row 0"),
        ([{**GOOD, "invoice_date": "2200-01-01"}], "", "as_of is 2200-01-02: the model knows"),
        ([GOOD], "later", "as_of is 'later': write it as YYYY-MM-DD"),
        ([GOOD], "1971-01-01", "as_of is 1971-01-01: the model knows the shop until 1971-05-16"),
    ],
)
def test_a_request_that_cannot_be_answered_is_told_why(models, rows, as_of, words):
    with pytest.raises(RequestError) as told:
        answer(models[CURVE], pd.DataFrame(rows), as_of)
    assert str(told.value).startswith(words)


def test_a_request_of_no_rows_is_told_so(models):
    with pytest.raises(RequestError, match="There are no rows"):
        answer(models[CURVE], orders_of((1, moment(400), 5.0)).head(0))


@pytest.fixture(scope="module")
def judged(sales) -> Trial:
    return trial(sales, Daily.of(sales), 540, ValueSettings(), None)


def test_a_trial_judges_windows_and_chooses_a_kind(judged):
    assert [window.start for window in judged.windows] == [450, 360]
    assert judged.kind in (CURVE, TREES)
    metrics = judged.metrics()
    assert {"brier_90.trees", "auc_30.curve", "gini_spend.own_rate", "worst_tenth"} <= set(metrics)
    assert not any(np.isnan(list(metrics.values())))


def test_a_champion_that_has_not_seen_the_windows_is_compared(sales):
    champion = train(sales, Daily.of(sales), 350, ValueSettings(), (CURVE,))[CURVE]
    found = trial(sales, Daily.of(sales), 540, ValueSettings(), champion)
    assert all("champion" in window.predictions for window in found.windows)
    assert len(found.gates) == 3
    later = train(sales, Daily.of(sales), 455, ValueSettings(), (CURVE,))[CURVE]
    found = trial(sales, Daily.of(sales), 540, ValueSettings(), later)
    assert not any("champion" in window.predictions for window in found.windows)


def test_a_young_shop_has_no_trial_and_says_so():
    young = shop(customers=60, days=100)
    found = trial(young, Daily.of(young), 100, ValueSettings(), None)
    assert (found.kind, found.windows, found.metrics()) == (CURVE, (), {})
    assert "no window with history" in found.failures
    model = train(young, Daily.of(young), 100, ValueSettings(), (CURVE,))[CURVE]
    card = model_card(model, found, "silver.sales, Delta version 0", "1970-04-11", "files")
    assert "too young" in card and "taken to go on as it does" in card
    assert list(of_trial(model, found)) == ["pictures/survival.png"]


def test_card_and_pictures_show_what_was_judged(judged, models):
    card = model_card(models[TREES], judged, "silver.sales, Delta version 0", "1971-06-25", "demo")
    assert card.startswith("**DEMO SHOP: synthetic data.**")
    for words in ("own rate", "recency alone", "Gini of spend", "Delta version 0"):
        assert words in card
    assert set(of_trial(models[TREES], judged)) == {
        "pictures/survival.png", "pictures/calibration.png", "pictures/brier.png",
    }  # fmt: skip
    assert date_of(540) == date(1971, 6, 25)
