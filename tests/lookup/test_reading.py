"""Facts of a whole run, against what its tables hold; a home that is not done yet."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import MODELS
from retail_lakehouse.errors import MissingTableError, SettingsError
from retail_lakehouse.landing import landed
from retail_lakehouse.lookup import (
    home_state,
    known_customer,
    known_product,
    known_runs,
    known_segments,
    run_outcome,
)
from retail_lakehouse.lookup.what_waits import CHANGED, NOT_DONE, files_waiting, steps_waiting
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES


def test_a_customer_is_known_with_all_that_is_published(shop):
    read = shop.lakehouse.read
    row = read(t.CUSTOMER_SEGMENTS).orderBy(F.desc("frequency"), "customer_id").first()
    own = F.col("customer_id") == row["customer_id"]
    found = known_customer.look_up(shop, row["customer_id"])
    assert vars(found.customer) == {name: row[name] for name in vars(found.customer)}
    assert found.currency == shop.description.unit_of_money
    assert len(found.months) == read(t.SEGMENT_HISTORY).where(own).count()
    value = read(t.CUSTOMER_VALUE).where(own).first()
    assert vars(found.expected) == {name: value[name] for name in vars(found.expected)}
    listed = read(t.RECOMMENDATIONS).where(own).select("list", "rank", "stock_code").collect()
    assert {(one.list, one.rank, one.stock_code) for one in found.lists} == {*map(tuple, listed)}
    standing = read(t.SALES).where(own & F.col("reversed_at").isNull())
    assert len(found.purchases) == min(10, standing.count())
    assert found.purchases[0].invoice_date == standing.agg(F.max("invoice_date")).first()[0]


def test_segments_come_with_the_largest_revenue_first(shop):
    found = known_segments.look_up(shop).segments
    rows = {row["segment"]: row for row in shop.lakehouse.read(t.SEGMENT_PROFILES).collect()}
    assert {one.segment for one in found} == set(rows)
    assert [one.revenue for one in found] == sorted(r["revenue"] for r in rows.values())[::-1]
    for one in found:
        row = rows[one.segment]
        assert one.customers == row["customers"]
        assert one.recommended_action == row["recommended_action"]
        assert [p.stock_code for p in one.top_products] == [
            product["stock_code"] for product in row["top_products"]
        ]


def test_a_product_is_known_with_its_rank_neighbours_and_lists(shop):
    read = shop.lakehouse.read
    products = read(t.PRODUCTS).orderBy(F.desc("revenue")).collect()
    listed = {row["stock_code"] for row in read(t.RECOMMENDATIONS).select("stock_code").collect()}
    row = next(one for one in products if one["stock_code"] in listed)
    own = F.col("stock_code") == row["stock_code"]
    # Codes are upper case, whatever is typed.
    found = known_product.look_up(shop, f" {row['stock_code'].lower()} ")
    assert (found.product.units, found.product.revenue) == (row["units"], row["revenue"])
    assert found.product.products == len(products)
    more = sum(one["revenue"] > row["revenue"] for one in products)
    assert found.product.rank_by_revenue == more + 1
    similar = read(t.SIMILAR_PRODUCTS).where(own).orderBy("rank").collect()
    assert [one.similar_stock_code for one in found.similar] == [
        one["similar_stock_code"] for one in similar
    ]
    counts = read(t.RECOMMENDATIONS).where(own).groupBy("list").count().collect()
    assert {one.list: one.customers for one in found.lists} == dict(map(tuple, counts))
    for one in found.lists:
        assert 1 <= len(one.first) == min(5, one.customers)


def test_a_product_nobody_sold_is_one_sentence_that_says_what_may_be_meant(shop):
    with pytest.raises(SettingsError) as caught:
        known_product.look_up(shop, "NO SUCH THING")
    assert str(caught.value) == (
        f"No product NO SUCH THING was sold in {shop.lakehouse.place}: give a code of "
        "gold.products."
    )
    best = shop.lakehouse.read(t.PRODUCTS).orderBy(F.desc("revenue"), "stock_code").first()
    with pytest.raises(SettingsError) as caught:
        known_product.look_up(shop, best["description"].lower())
    assert f"did you mean {best['stock_code']} ({best['description']})" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_runs_are_those_of_the_champions(shop):
    found = known_runs.look_up(shop, 5).runs
    assert {run.model for run in found} == {kind.name for kind in MODELS}
    for kind in MODELS:
        champion = shop.tracking.champion(kind)
        (run,) = (one for one in found if "champion" in one.aliases and one.model == kind.name)
        assert (run.version, run.run_id) == (champion.version, champion.run_id)
        assert (run.state, run.stage, run.failures) == ("finished", "", champion.failures)
        assert run.as_of == shop.as_of()
        assert run.seconds > 0


def test_a_run_of_all_leaves_nothing_that_waits(shop):
    found = home_state.look_up(shop)
    there = [table for table in (*TABLES, *BACKTEST_TABLES) if shop.lakehouse.exists(table)]
    counts = shop.lakehouse.counts(there)
    assert {one.table: one.rows for one in found.tables} == {
        table.full_name: rows for table, rows in counts.items()
    }
    newest = {
        table.full_name: shop.lakehouse.read(table).agg(F.max(column).cast("date")).first()[0]
        for table, column in ((t.SALES, "invoice_date"), (t.CUSTOMER_SEGMENTS, "as_of"))
    }
    days = {one.table: one.newest for one in found.tables}
    assert newest == {name: days[name] for name in newest}
    assert days[t.CUSTOMER_RFM.full_name] is None
    for table, one in zip(there, found.tables, strict=True):
        assert one.version == shop.lakehouse.last_write(table).version
        assert one.written_at is not None
    assert (found.as_of, found.source_kind) == (shop.as_of(), shop.source_kind())
    assert found.last_line_on is not None and found.last_line_on < found.as_of
    champions = {one.model: one.version for one in found.models if one.alias == "champion"}
    assert champions == {kind.name: shop.tracking.champion(kind).version for kind in MODELS}
    assert (found.files_waiting, found.steps_waiting) == ((), ())


def test_other_settings_and_new_files_wait(shop, monkeypatch):
    asked = shop.as_of().replace(day=1)
    other = Context(replace(shop.settings, as_of=asked), opened=shop.opened)
    waiting = {one.step: one.why for one in steps_waiting(other)}
    assert waiting["gold"] == CHANGED
    # Silver holds all lines, whatever the day.
    assert not {"bronze", "silver"} & waiting.keys()
    files = (*landed.landed_files(shop.settings.landing_dir), Path("files-new.parquet"))
    monkeypatch.setattr("retail_lakehouse.lookup.what_waits.landed_files", lambda _: files)
    assert files_waiting(shop) == ("files-new.parquet",)


def test_a_home_that_has_only_landed_says_what_waits(spark, tmp_path):
    fresh = Context(Settings(home=tmp_path / "home"), reads_only=True)
    with pytest.raises(MissingTableError, match="There is nothing in"):
        home_state.look_up(fresh)
    lines = landed.lines_folder(fresh.settings.landing_dir)
    lines.mkdir(parents=True)
    (lines / "files-1.parquet").touch()
    found = home_state.look_up(fresh)
    assert found.files_waiting == ("files-1.parquet",)
    assert (found.tables, found.models, found.steps_waiting) == ((), (), ())
    assert (found.source_kind, found.last_line_on, found.as_of) == ("", None, None)


def test_a_step_that_was_never_run_waits(shop, monkeypatch):
    exists = shop.lakehouse.exists
    monkeypatch.setattr(
        shop.lakehouse, "exists", lambda table: table != t.POPULAR_PRODUCTS and exists(table)
    )
    waiting = {one.step: one.why for one in steps_waiting(shop)}
    assert waiting == {"publish-recommendations": NOT_DONE, "report": CHANGED}


def test_the_outcome_of_a_run_adds_up(shop):
    found, read = run_outcome.look_up(shop), shop.lakehouse.read
    lines = found.lines
    rejected = sum(one.count for one in lines.rejected)
    assert lines.sales + lines.returns + rejected == read(t.INVOICE_LINES).count()
    assert 1 <= len(found.typical) <= 3
    for one in found.typical:
        assert [product.rank for product in one.list] == [*range(1, len(one.list) + 1)]
        assert {product.list for product in one.list} == {"for_you"}
