"""Figures of the real workbook; its lines by outcome are those that docs/cleaning.md states."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from asset_bundle import ROOT
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import SEGMENTS
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from support import REAL_WORKBOOK, compile_queries

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL_WORKBOOK.exists(), reason="the real workbook is not here"),
]
REASONS = {
    "duplicate_line": 22_523,
    "repeated_line": 11_812,
    "adjustment": 6,
    "non_product": 5_974,
    "non_positive_quantity": 3_362,
    "non_positive_price": 2_566,
}


@pytest.fixture(scope="module", autouse=True)
def compiled(spark) -> Iterator[None]:
    """A million lines are worth compiling for."""
    compile_queries(spark, True)
    yield
    compile_queries(spark, False)


@pytest.fixture(scope="module")
def shop(spark, tmp_path_factory) -> Context:
    home: Path = tmp_path_factory.mktemp("real") / "home"
    ran = Context(Settings(home=home), (str(REAL_WORKBOOK),))
    for name in ("land", "bronze", "silver", "gold", "quality"):
        pipeline.STEPS_BY_NAME[name].run(ran)
    return ran


def stated_in_the_guide() -> dict[str, int]:
    """Lines by outcome in the table of docs/cleaning.md."""
    guide = (ROOT / "docs" / "cleaning.md").read_text()
    rows = re.findall(r"^\| \d+ \| .* `([^`]+)` \| ([\d,]+) \|$", guide, re.MULTILINE)
    return {outcome: int(lines.replace(",", "")) for outcome, lines in rows}


def test_lines_by_outcome_are_those_of_the_guide(shop):
    read = shop.lakehouse.read
    assert read(t.INVOICE_LINES).count() == 1_067_371
    assert read(t.SALES).count() == 1_003_214
    assert read(t.RETURNS).count() == 17_914
    found = read(t.REJECTED_LINES).groupBy("reason").count().collect()
    assert {row["reason"]: row["count"] for row in found} == REASONS
    assert stated_in_the_guide() == {
        **REASONS,
        "unreadable_<column>": 0,
        "implausible_date": 0,
        "silver.returns": 17_914,
        "silver.sales": 1_003_214,
    }
    sales = read(t.SALES)
    assert sales.where("customer_id IS NOT NULL").count() == 776_577
    assert sales.select("customer_id").distinct().where("customer_id IS NOT NULL").count() == 5_852


def test_checks_pass_for_every_sheet(shop):
    checks = shop.lakehouse.read(t.DATA_QUALITY).where("passed IS NOT NULL").collect()
    assert {(row["measure"], row["part"]) for row in checks} == {
        ("lines_balance", "online_retail_II.xlsx / Year 2009-2010"),
        ("lines_balance", "online_retail_II.xlsx / Year 2010-2011"),
        ("money_balance", "ALL"),
        ("units_balance", "ALL"),
    }
    assert all(row["passed"] for row in checks)


def test_a_sale_cancelled_within_the_hour_was_no_purchase(shop):
    giant = shop.lakehouse.read(t.SALES).where("customer_id = '12346' AND quantity = 74215")
    rows = giant.collect()
    assert len(rows) == 1
    assert (rows[0]["reversed_at"] - rows[0]["invoice_date"]).total_seconds() < 3600
    rfm = shop.lakehouse.read(t.CUSTOMER_RFM).where("customer_id = '12346'").collect()
    assert rfm[0]["monetary"] < 1000


def test_segments_are_those_a_shop_recognises_and_stable(shop):
    for name in ("train-value", "publish-value", "train-segments", "publish-segments"):
        pipeline.STEPS_BY_NAME[name].run(shop)
    champion = shop.tracking.champion(SEGMENTS)
    assert champion.failures == ""
    measured = shop.tracking.metrics(champion)
    assert measured["smallest_share"] >= 0.05
    assert measured["bootstrap_ari_mean"] >= 0.95
    assert measured["bootstrap_ari_min"] >= 0.90
    assert measured["named_rightly"] == 1.0
    rows = shop.lakehouse.read(t.SEGMENT_PROFILES).collect()
    profiles = {row["segment"]: row for row in rows}
    assert set(profiles) == {"Champions", "Loyal", "New", "At Risk", "Lost"}
    champions, loyal, at_risk = (profiles[name] for name in ("Champions", "Loyal", "At Risk"))
    assert champions["recency_days_median"] == min(r["recency_days_median"] for r in rows)
    assert champions["frequency_median"] == max(r["frequency_median"] for r in rows)
    assert champions["revenue_share"] + loyal["revenue_share"] > 0.5
    assert at_risk["recency_days_q1"] > 100
    assert at_risk["frequency_median"] > profiles["New"]["frequency_median"]
    assert at_risk["frequency_median"] > profiles["Lost"]["frequency_median"]
