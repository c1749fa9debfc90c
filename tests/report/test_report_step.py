"""The report of a small shop, made by the step, against gold."""

from collections import Counter
from decimal import Decimal

import pytest

from report_browser import opened
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import MODELS, REPORT
from retail_lakehouse.report import page
from retail_lakehouse.steps import report_writing as reporting
from retail_lakehouse.steps.harness import documents
from retail_lakehouse.steps.harness.io import StepIO
from runs import context

pytestmark = pytest.mark.connect
STEP = pipeline.STEPS_BY_NAME["report"]


@pytest.fixture(scope="module")
def path(shop):
    found = documents.path_of(shop.settings, REPORT)
    assert found.is_file()
    # Other tests may have written tables anew since.
    STEP.run(context(shop.settings.home))
    return found


@pytest.fixture(scope="module")
def facts(shop, path):
    return reporting.facts_of(StepIO(STEP, shop))


def test_the_run_has_made_it(shop, facts, path):
    html = path.read_text("utf-8")
    assert path == shop.settings.home / "report.html"
    assert html == page.html(facts, documents.made_from(path))
    assert path.stat().st_size <= page.MOST_BYTES


@pytest.mark.classic_only
def test_it_is_written_again_only_where_something_has_changed(shop, path):
    before = path.stat()
    again = context(shop.settings.home)
    assert STEP.run(again).note == "unchanged"
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_money_and_orders_are_gold_s(shop, facts):
    read = shop.lakehouse.read
    products = read(t.PRODUCTS).agg({"revenue": "sum"}).collect()[0][0]
    assert sum((month.revenue for month in facts.months), Decimal(0)) == products
    customers = read(t.CUSTOMER_RFM).count()
    assert sum(month.new_customers for month in facts.months) == facts.sample.of == customers
    assert (facts.shop.source_kind, facts.shop.as_of) == (shop.source_kind(), shop.as_of())


def test_every_line_is_in_the_flow(shop, facts):
    lines = facts.lines
    assert sum(one.sold + one.returned + one.rejected for one in lines.sources) == 3000
    rejected = Counter(
        row[0] for row in shop.lakehouse.read(t.REJECTED_LINES).select("reason").collect()
    )
    assert {one.name: one.lines for one in lines.reasons} == rejected
    sales = shop.lakehouse.read(t.SALES)
    assert lines.taken_back == sales.where("reversed_at IS NOT NULL").count()
    assert (lines.checked, lines.failed, lines.warned) == (9, 0, 1)


def test_segments_lists_and_value_are_gold_s(shop, facts):
    read = shop.lakehouse.read
    profiles = {row["segment"]: row["customers"] for row in read(t.SEGMENT_PROFILES).collect()}
    assert {one.segment: one.customers for one in facts.segments} == profiles
    assert len(facts.dots) == len(facts.sample.people) == facts.sample.of
    due = read(t.CUSTOMER_VALUE).where("due_this_week").count()
    assert facts.value.due_count == due
    assert [one.outlook.due_this_week for one in facts.sample.people] == (
        [True] * due + [False] * (facts.sample.of - due)
    )
    first = read(t.RECOMMENDATIONS).where("list = 'discover' AND rank = 1")
    wanted = {row["customer_id"]: row["stock_code"] for row in first.collect()}
    shown = {
        person.customer_id: one.stock_code
        for person in facts.sample.people
        for one in person.suggestions
        if (one.list, one.rank) == ("discover", 1)
    }
    assert shown == wanted
    assert [one.name for one in facts.origin.models] == [kind.name for kind in MODELS]
    assert all(f"/runs/{one.run_id}" in one.page for one in facts.origin.models)
    versions = {one.name: one.version for one in facts.origin.tables}
    assert versions["gold.products"] == shop.lakehouse.version(t.PRODUCTS)


def test_what_it_reads_is_what_it_shows_the_versions_of():
    assert set(reporting.TABLES) == {asset for asset in STEP.reads if isinstance(asset, t.Table)}


@pytest.mark.classic_only
def test_a_browser_shows_gold_s_figures(facts, path):
    with opened(path) as tab:
        tab.click("#tab-made")
        assert tab.inner_text("h1") == facts.shop.name
        tab.click("#tab-quality")
        assert f"{sum(one.lines for one in facts.lines.reasons):,} of 3,000" in tab.inner_text(
            "#quality"
        )
        tab.click("#tab-customers")
        person = facts.sample.people[-1]
        tab.fill("#customers input[name=who]", person.customer_id)
        tab.click(f".people button:has-text('{person.customer_id}')")
        shown = tab.inner_text(".person")
        assert f"Customer {person.customer_id}, {person.segment}" in shown
        assert f"{person.monetary:,.2f} {facts.shop.currency}" in shown
        first = person.suggestions[0]
        assert (first.description or first.stock_code) in shown
