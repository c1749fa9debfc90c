from datetime import date, datetime
from decimal import Decimal
from math import log

import pytest
from chispa import assert_df_equality

from retail_lakehouse.medallion import gold
from retail_lakehouse.segments.model import FEATURES, Bins, SegmentModel
from retail_lakehouse.segments.months import history
from retail_lakehouse.tables import (
    FEATURE_DRIFT,
    SALES,
    SEGMENT_HISTORY,
    SEGMENT_MIGRATIONS,
)

AS_OF = date(2010, 6, 15)
JAN, FEB, MAR, APR, MAY, JUN = (date(2010, month, 1) for month in range(1, 7))
# By money alone: the border lies between 1 and 100 GBP.
MODEL = SegmentModel(
    (0.0,) * 3,
    (0.0, 0.0, 1.0),
    ((0.0, 0.0, log(2)), (0.0, 0.0, log(101))),
    ("New", "Loyal"),
    {
        "recency_days": Bins((10.0,), (0.5, 0.5)),
        "frequency": Bins((1.0,), (0.8, 0.2)),
        "monetary": Bins((), (1.0,)),
    },
)
RFM = (
    "customer_id STRING, month_end DATE, recency_days INT, frequency BIGINT, monetary DECIMAL(22,4)"
)


def sale(invoice, customer, at, amount, reversed_at=None):
    return {
        "invoice": invoice,
        "line_number": 1,
        "customer_id": customer,
        "invoice_date": at,
        "amount": Decimal(amount),
        "reversed_at": reversed_at,
    }


SHOP = [
    sale("1", 1, datetime(2010, 1, 31, 23, 59), "1"),
    # Midnight of the first belongs to the month that begins.
    sale("2", 1, datetime(2010, 3, 1), "99"),
    # Two lines of one invoice; one is taken back in April, seen from the end of April on.
    sale("3", 2, datetime(2010, 2, 10, 9), "5"),
    sale("3", 2, datetime(2010, 2, 10, 9), "95", reversed_at=datetime(2010, 4, 2)),
    # Bought and taken back within May: no month's end ever saw it.
    sale("4", 3, datetime(2010, 5, 3), "50", reversed_at=datetime(2010, 5, 4)),
    # Stands for one month's end, then everything is taken back.
    sale("5", 4, datetime(2010, 2, 28), "7", reversed_at=datetime(2010, 3, 1)),
    sale("6", None, datetime(2010, 2, 1), "1000"),
    # After the last whole month.
    sale("7", 5, datetime(2010, 6, 2), "10"),
]
EXPECTED = [
    (1, FEB, 1, 1, 1), (1, MAR, 29, 1, 1), (1, APR, 31, 2, 100), (1, MAY, 61, 2, 100),
    (1, JUN, 92, 2, 100),
    (2, MAR, 19, 1, 100), (2, APR, 50, 1, 100), (2, MAY, 80, 1, 5), (2, JUN, 111, 1, 5),
    (4, MAR, 1, 1, 7),
]  # fmt: skip


def rows(spark, values):
    money = [(str(c), m, r, f, Decimal(v)) for c, m, r, f, v in values]
    return spark.createDataFrame(money, RFM)


def test_rfm_of_every_month_end_is_what_was_known_then(spark, frame):
    found = history.rfm_by_month(frame(SALES, SHOP), AS_OF)
    assert_df_equality(
        found.orderBy("customer_id", "month_end"), rows(spark, EXPECTED), ignore_nullable=True
    )


@pytest.mark.parametrize("month_end", [FEB, MAR, APR, MAY, JUN])
def test_a_month_end_equals_a_run_as_of_that_day(spark, frame, month_end):
    known = gold.standing_sales(frame(SALES, SHOP), month_end)
    then = gold.customer_rfm(known, month_end).select("customer_id", *FEATURES)
    of_history = rows(spark, [row for row in EXPECTED if row[1] == month_end])
    assert_df_equality(
        then.orderBy("customer_id"),
        of_history.drop("month_end").orderBy("customer_id"),
        ignore_nullable=True,
    )


def test_an_as_of_on_the_first_includes_the_month_before(spark, frame):
    found = history.rfm_by_month(frame(SALES, SHOP), MAR).orderBy("customer_id", "month_end")
    expected = [row for row in EXPECTED if row[1] <= MAR]
    assert_df_equality(found, rows(spark, expected), ignore_nullable=True)


def test_a_shop_younger_than_a_month_has_no_history(spark, frame):
    found = history.rfm_by_month(frame(SALES, SHOP), date(2010, 1, 31))
    assert found.count() == 0
    scored = history.segment_history(found, MODEL, 1)
    assert history.segment_migrations(scored, 1, AS_OF).count() == 0
    assert history.feature_drift(scored, MODEL, 1).count() == 0


@pytest.fixture
def scored(spark):
    return history.segment_history(rows(spark, EXPECTED), MODEL, 3)


def test_history_scores_every_month_with_one_model(scored):
    assert scored.columns == list(SEGMENT_HISTORY.column_names)
    found = {(r["customer_id"], r["month_end"]): r["segment"] for r in scored.collect()}
    assert len(found) == len(EXPECTED)
    assert [found["1", m] for m in (FEB, MAR, APR, MAY, JUN)] == ["New"] * 2 + ["Loyal"] * 3
    assert [found["2", m] for m in (MAR, APR, MAY, JUN)] == ["Loyal"] * 2 + ["New"] * 2
    assert {r["model_version"] for r in scored.collect()} == {3}
    # A month's rows are the same on whatever later day they are written.
    assert all(r["as_of"] == r["month_end"] for r in scored.collect())


def test_migrations_count_every_customer_once_a_month(frame, scored):
    found = history.segment_migrations(scored, 3, AS_OF)
    expected = [
        (FEB, "(none)", "New", 1, 1),
        (MAR, "(none)", "Loyal", 1, 100), (MAR, "(none)", "New", 1, 7), (MAR, "New", "New", 1, 1),
        # May saw no sale at all, and people still have a place.
        (APR, "Loyal", "Loyal", 1, 100), (APR, "New", "(none)", 1, 0),
        (APR, "New", "Loyal", 1, 100),
        (MAY, "Loyal", "Loyal", 1, 100), (MAY, "Loyal", "New", 1, 5),
        (JUN, "Loyal", "Loyal", 1, 100), (JUN, "New", "New", 1, 5),
    ]  # fmt: skip
    names = ("month_end", "from_segment", "to_segment", "customers", "revenue")
    wanted = [
        dict(zip(names, (*row[:4], Decimal(row[4])), strict=True))
        | {"model_version": 3, "as_of": row[0]}
        for row in expected
    ]
    assert_df_equality(
        found.orderBy("month_end", "from_segment", "to_segment"),
        frame(SEGMENT_MIGRATIONS, wanted),
        ignore_nullable=True,
    )


def test_drift_compares_with_training_and_with_the_month_before(scored):
    found = history.feature_drift(scored, MODEL, 3)
    assert found.columns == list(FEATURE_DRIFT.column_names)
    by_key = {(r["month_end"], r["feature"], r["reference"]): r for r in found.collect()}
    # The first month is compared with the training only: 5 months x 3 features x 2, less 3.
    assert len(by_key) == 27
    # March: recencies 29, 19 and 1 lie 1/3 and 2/3 in bins that held a half each.
    march = by_key[MAR, "recency_days", "training"]
    assert march["psi"] == pytest.approx((1 / 3 - 0.5) * log(2 / 3) + (2 / 3 - 0.5) * log(4 / 3))
    assert (march["drift"], march["customers"]) == ("moderate", 3)
    # February had one customer, in the lower bin: the empty bin counts as 0.0001.
    before = by_key[MAR, "recency_days", "previous_month"]
    assert before["psi"] == pytest.approx(
        (1 / 3 - 1) * log(1 / 3) + (2 / 3 - 1e-4) * log((2 / 3) / 1e-4)
    )
    assert before["drift"] == "large"
    # One bin holds everyone, then and now.
    assert by_key[MAR, "monetary", "training"]["psi"] == 0.0
    assert by_key[MAR, "monetary", "training"]["drift"] == "none"
