"""Customer value of a whole run: published, tracked, and answered without a JVM."""

import re
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.arrays.days import NEVER, day_number
from retail_lakehouse.assets import VALUE
from retail_lakehouse.lifecycle import load
from retail_lakehouse.serving.specs import VALUE_MODEL
from retail_lakehouse.steps.harness import inputs
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.publishing import orders_loader as loader
from retail_lakehouse.value.publishing.published import percentile_ends, rows_of


def line(invoice, customer, day, amount, back=None) -> dict:
    return {
        "invoice": invoice,
        "line_number": 1,
        "customer_id": customer,
        "invoice_date": datetime.fromisoformat(day),
        "amount": Decimal(amount),
        "reversed_at": back and datetime.fromisoformat(back),
    }


def test_sales_become_orders_as_seen_on_the_day(frame):
    sales = frame(
        t.SALES,
        [
            line("A", "1", "2011-01-03T09:00", "10.5"),
            line("A", "1", "2011-01-03T09:00", "2.25"),
            line("A", "1", "2011-01-03T09:00", "7", back="2011-01-05T10:00"),
            line("B", "1", "2011-01-09T23:59", "5", back="2011-01-10T00:00"),
            line("C", "2", "2011-01-10T00:00", "5"),
            # Numbers that start again: an invoice of another day is another one.
            line("A", "2", "2011-01-06T09:00", "5"),
            line("A", "2", "2011-01-07T09:00", "5"),
            line("D", None, "2011-01-04T09:00", "5"),
        ],
    )
    rows = loader.orders(sales, date(2011, 1, 10)).orderBy("customer_id", "day", "reversed_day")
    third, fifth, ninth = (day_number(date(2011, 1, day)) for day in (3, 5, 9))
    assert [tuple(row) for row in rows.collect()] == [
        # customer, invoice, day, day of reversal, amount, lines
        ("1", "A", third, fifth, Decimal("7.0000"), 1),
        ("1", "A", third, NEVER, Decimal("12.7500"), 2),
        # Taken back on the day itself: nobody knew.
        ("1", "B", ninth, NEVER, Decimal("5.0000"), 1),
        ("2", "A", fifth + 1, NEVER, Decimal("5.0000"), 1),
        ("2", "A", fifth + 2, NEVER, Decimal("5.0000"), 1),
    ]
    bought = loader.orders(sales, date(2011, 1, 11))
    everyone, daily = loader.sampled(bought, 10, 42), loader.daily(bought)
    assert everyone.ids.tolist() == ["1", "2"]
    cut = day_number(date(2011, 1, 11))
    assert (
        daily.before(cut).tolist()
        == Daily.of(everyone).before(cut).tolist()
        == ([1, 0, 0, 1, 1, 0, 0, 1])
    )
    assert len(loader.sampled(bought, 1, 42)) == 1


def published(shop) -> pd.DataFrame:
    return shop.lakehouse.read(t.CUSTOMER_VALUE).orderBy("customer_id").toPandas()


def test_every_customer_of_rfm_has_a_row_that_agrees_with_it(shop):
    rows = published(shop)
    rfm = shop.lakehouse.read(t.CUSTOMER_RFM).orderBy("customer_id").toPandas()
    assert rows["customer_id"].tolist() == rfm["customer_id"].tolist()
    assert rows["orders"].tolist() == rfm["frequency"].tolist()
    assert rows["spend"].tolist() == rfm["monetary"].tolist()
    assert rows["days_since_order"].tolist() == rfm["recency_days"].tolist()
    champion = shop.tracking.champion(VALUE)
    assert set(rows["model_version"]) == {champion.version}
    assert set(rows["as_of"]) == {date(2011, 12, 10)}


def test_rows_are_those_of_the_arrays_whatever_the_groups(shop, monkeypatch):
    champion = shop.tracking.champion(VALUE)
    model = load(shop.tracking, VALUE_MODEL, champion)
    as_of = date(2011, 12, 10)
    bought = loader.orders(shop.lakehouse.read(t.SALES), as_of)
    sales = loader.sampled(bought, 20_000, 42)
    ends = percentile_ends(model, sales, model.cut)
    expected = rows_of(model, sales, model.cut, ends).set_index("customer_id")
    monkeypatch.setattr(loader, "_GROUP", 5)
    found = loader.customer_value(bought, model, ends, champion.version, as_of).toPandas()
    found = found.set_index("customer_id").loc[expected.index]
    for name in expected:
        if expected[name].dtype == float:
            assert found[name].to_numpy() == pytest.approx(expected[name].to_numpy()), name
        elif expected[name].dtype.kind in "biu":
            assert (found[name] == expected[name]).all(), name
    assert found["reason"].tolist() == expected["reason"].tolist()


def test_the_model_is_tracked_with_card_and_pictures(shop):
    import mlflow

    client = mlflow.MlflowClient(shop.tracking.uri)
    champion = shop.tracking.champion(VALUE)
    run = client.get_run(champion.run_id)
    assert "Who comes back, when and for how much" in run.data.tags["mlflow.note.content"]
    assert run.data.params["kind"] in ("curve", "trees")
    assert run.data.params["seed"] == "42"
    (dataset,) = run.inputs.dataset_inputs
    assert re.fullmatch(r"silver\.sales@v\d+", dataset.dataset.name)
    files = [file.path for file in client.list_artifacts(champion.run_id, "pictures")]
    assert "pictures/survival.png" in files
    judged = shop.lakehouse.read(t.VALUE_QUALITY)
    assert ("pictures/calibration.png" in files) == (not judged.isEmpty())


ANSWER = """
import sys
sys.modules["pyspark"] = None
import mlflow, pandas as pd
uri, model, source, out = sys.argv[1:]
mlflow.set_tracking_uri(uri)
loaded = mlflow.pyfunc.load_model(model)
rows = pd.read_parquet(source)
loaded.predict(rows).to_parquet(out)
try:
    loaded.predict(rows.assign(amount=-1.0))
except Exception as error:
    assert "amount is -1.0 in row 0: give money above 0." in str(error), error
else:
    raise AssertionError("negative money")
"""


@pytest.mark.classic_only
def test_own_orders_give_the_published_forecasts_without_a_jvm(shop, tmp_path):
    sales = shop.lakehouse.read(t.SALES).where("customer_id IS NOT NULL AND reversed_at IS NULL")
    columns = ["customer_id", "invoice", "invoice_date", "amount"]
    rows = sales.select(*columns).toPandas().astype({"amount": float})
    rows.to_parquet(tmp_path / "in")
    champion = shop.tracking.champion(VALUE)
    answer = subprocess.run(
        [sys.executable, "-c", ANSWER, shop.tracking.uri, champion.uri,
         str(tmp_path / "in"), str(tmp_path / "out")],
        capture_output=True, text=True, env={"PATH": "", "JAVA_HOME": ""}, cwd=tmp_path,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    found, rows = pd.read_parquet(tmp_path / "out"), published(shop)
    assert found["customer_id"].tolist() == rows["customer_id"].tolist()
    for name in ("probability_30_days", "probability_90_days", "churn_risk"):
        assert found[name].to_numpy() == pytest.approx(rows[name].to_numpy()), name
    expected = rows["expected_spend_12_months"].to_numpy(np.float64)
    assert found["expected_spend_12_months"].to_numpy() == pytest.approx(expected, abs=1e-4)


@pytest.mark.classic_only
def test_publishing_again_gives_the_same_rows_and_training_finds_the_version(shop, monkeypatch):
    before = published(shop)
    monkeypatch.setattr(inputs, "are_made_from", lambda *_: False)
    note = pipeline.STEPS_BY_NAME["train-value"].run(shop).note
    assert note.startswith("version 1 was trained on the same rows")
    pipeline.STEPS_BY_NAME["publish-value"].run(shop)
    # Others look at the same home, and the next run would do it.
    pipeline.STEPS_BY_NAME["publish-segments"].run(shop)
    pd.testing.assert_frame_equal(published(shop), before)


def test_profiles_say_who_returns(shop):
    profiles = shop.lakehouse.read(t.SEGMENT_PROFILES).collect()
    value = published(shop)
    assert sum(row["expected_spend_12_months"] for row in profiles) == pytest.approx(
        value["expected_spend_12_months"].sum(), abs=Decimal("0.01")
    )
    assert sum(row["worth_writing_to"] for row in profiles) == (value["percentile"] >= 50).sum()
    for row in profiles:
        assert 0 <= row["probability_90_days"] <= 1
        away = row["segment"] in ("At Risk", "Lost")
        assert ("order within 90 days" in row["recommended_action"]) == away


def test_sales_of_nobody_are_none():
    none = pd.DataFrame({name: [] for name in ("customer_id", "invoice", "day", "reversed_day")})
    empty = Sales.of(none.assign(amount=[], products=[]))
    assert len(empty) == 0
    assert empty.before(10).total().tolist() == []
