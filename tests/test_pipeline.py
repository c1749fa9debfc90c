import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import deltalake
import duckdb
import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import MIGRATION_FLOW, REPORT, SEGMENTS, SOURCE_KIND
from retail_lakehouse.errors import (
    EmptyShopError,
    MissingTableError,
    SettingsError,
    SourceError,
    UndeclaredError,
)
from retail_lakehouse.serving.specs import SEGMENT_MODEL
from retail_lakehouse.steps.harness import following, inputs
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import Step, StepResult
from runs import content, context, put, run, watched_steps
from support import CSV_HEADER, bronze_row

pytestmark = pytest.mark.connect


def test_steps_read_only_what_an_earlier_step_writes():
    written = set()
    for step in pipeline.STEPS:
        assert set(step.reads) <= written, step.name
        # Of what others write too: it is there, if need be without rows.
        written |= {*step.writes, *step.prepares}
    assert set(t.TABLES) <= written


@pytest.mark.parametrize("step", pipeline.STEPS, ids=lambda step: step.name)
def test_a_step_that_wrote_nothing_has_its_tables_made_all_the_same(step, monkeypatch):
    made = []
    monkeypatch.setattr(inputs, "unless_unchanged", lambda step, context, work: work(""))
    monkeypatch.setattr(StepIO, "_create", lambda io, table: made.append(table))
    idle = replace(step, work=lambda io: StepResult(0, 0))
    idle.run(SimpleNamespace(look_again=lambda: None, fit_session=lambda: None))
    assert made == [*(t_ for t_ in step.writes if isinstance(t_, t.Table)), *step.prepares]


def test_trainings_stand_side_by_side():
    names = {step.name: pipeline.depends_on(step) for step in pipeline.STEPS}
    assert names["bronze"] == ("land",)
    assert names["train-segments"] == names["train-recommender"] == ("gold",)
    assert names["train-value"] == ("gold",)
    assert names["publish-value"] == ("train-value",)
    # Profiles say how likely customers return.
    assert names["publish-segments"] == ("publish-value", "train-segments")
    assert names["segment-history"] == ("train-segments",)
    assert names["publish-recommendations"] == ("train-recommender",)
    # It shows what all of them say.
    ends = ("publish-recommendations", "publish-segments", "segment-history", "quality")
    assert names["report"] == ends


def test_steps_use_all_that_they_declare(watched_shop):
    """And nothing else: what is not declared is refused."""
    _, steps = watched_shop
    for step in steps:
        assert step.used == {*step.reads, *step.writes}, step.name


UNDECLARED = {
    "read": lambda io: io.read(t.SALES),
    "count": lambda io: io.counted((t.SALES,), ()),
    "emptiness": lambda io: io.is_known_empty(t.SALES),
    "version": lambda io: io.version(t.SALES),
    "replace": lambda io: io.replace(t.SALES, None),
    "replace where": lambda io: io.replace_where(t.SALES, None, None),
    "merge": lambda io: io.merge(t.SALES, None),
    "append": lambda io: io.append_after(t.SALES, None, 0),
    # It may be read, and not be written.
    "write an input": lambda io: io.replace(t.INVOICE_LINES, None),
    "begin a shop": lambda io: io.begin_shop(t.INVOICE_LINES, "demo"),
    "begin anew": lambda io: io.begin_anew(t.INVOICE_LINES, "demo"),
    "as_of": lambda io: io.as_of(),
    "landing": lambda io: io.landing(),
    "landed files": lambda io: io.parquet([], ""),
    "champion": lambda io: io.champion(SEGMENT_MODEL),
    "train": lambda io: io.lifecycle(SEGMENT_MODEL),
    "picture": lambda io: io.add_picture(MIGRATION_FLOW, None, None),
    "document": lambda io: io.write(REPORT, str),
    "version that publishes": lambda io: io.published(SEGMENTS),
    "runs": lambda io: io.log_sweep(SEGMENTS, None),
    "steps of a study": lambda io: io.steps_of(SEGMENTS, ""),
}


@pytest.mark.parametrize("use", UNDECLARED.values(), ids=UNDECLARED)
def test_what_a_step_does_not_declare_is_refused(use):
    step = Step("one", "Does little", (t.INVOICE_LINES, SOURCE_KIND), (t.RETURNS,), use)
    with pytest.raises(
        UndeclaredError, match=r"^The step one does not declare that it (read|write)s"
    ):
        step.run(SimpleNamespace())


def test_every_bronze_line_ends_in_one_silver_table(shop):
    read = shop.lakehouse.read
    assert read(t.INVOICE_LINES).count() == 3000
    parts = [read(table).count() for table in (t.SALES, t.RETURNS, t.REJECTED_LINES)]
    assert sum(parts) == 3000
    assert all(parts)
    checks = read(t.DATA_QUALITY).where("passed IS NOT NULL AND level IS NULL").collect()
    assert len(checks) == 4
    assert all(row["passed"] for row in checks)
    expected = read(t.DATA_QUALITY).where("level IS NOT NULL").collect()
    assert {row["measure"] for row in expected if row["level"] == "fail"} == {"keys", "money"}
    # The demo shop's last line is of 2011.
    assert "freshness" in {row["measure"] for row in expected if not row["passed"]}


def test_every_customer_has_features_a_segment_and_lists(shop):
    read = shop.lakehouse.read
    bought = read(t.SALES).where("customer_id IS NOT NULL AND reversed_at IS NULL")
    customers = {row[0] for row in bought.select("customer_id").distinct().collect()}
    for table in (t.CUSTOMER_RFM, t.CUSTOMER_SEGMENTS):
        rows = read(table).select("customer_id").collect()
        assert len(rows) == len(customers)
        assert {row[0] for row in rows} == customers
    lists = read(t.RECOMMENDATIONS)
    for name in ("for_you", "discover"):
        listed = lists.where(f"list = '{name}'").groupBy("customer_id").count().collect()
        assert {row["customer_id"]: row["count"] for row in listed} == dict.fromkeys(customers, 10)
    own = read(t.INTERACTIONS).select("customer_id", "stock_code")
    both = ["customer_id", "stock_code"]
    assert lists.where("list = 'discover'").join(own, on=both).isEmpty()
    assert lists.where("list = 'buy_again'").join(own, on=both, how="left_anti").isEmpty()
    assert not lists.where("list = 'buy_again'").isEmpty()
    why = lists.where("reason LIKE 'because you bought %'")
    assert not why.isEmpty()
    behind = own.withColumnRenamed("stock_code", "reason_stock_code")
    of_own = ["customer_id", "reason_stock_code"]
    assert why.join(behind, on=of_own, how="left_anti").isEmpty()
    assert why.join(own, on=both).isEmpty()
    assert read(t.CUSTOMER_SEGMENTS).select("segment").distinct().count() == 5


def test_money_adds_up_to_the_penny(shop):
    read = shop.lakehouse.read
    standing = read(t.SALES).where("reversed_at IS NULL").collect()
    known = sum((r["amount"] for r in standing if r["customer_id"] is not None), Decimal(0))
    assert sum(r["monetary"] for r in read(t.CUSTOMER_RFM).collect()) == known
    assert sum(r["revenue"] for r in read(t.PRODUCTS).collect()) == sum(
        r["amount"] for r in standing
    )


def test_what_is_published_of_segments_adds_up(shop):
    read = shop.lakehouse.read
    sizes = {
        r["segment"]: r["count"]
        for r in read(t.CUSTOMER_SEGMENTS).groupBy("segment").count().collect()
    }
    profiles = read(t.SEGMENT_PROFILES).collect()
    assert {row["segment"]: row["customers"] for row in profiles} == sizes
    assert sum(row["customer_share"] for row in profiles) == pytest.approx(1.0)
    assert sum(row["revenue_share"] for row in profiles) == pytest.approx(1.0)
    months = (
        read(t.SEGMENT_HISTORY)
        .groupBy("month_end", "segment")
        .agg({"*": "count", "monetary": "sum"})
    )
    moves = (
        read(t.SEGMENT_MIGRATIONS)
        .where("to_segment <> '(none)'")
        .groupBy("month_end", "to_segment")
        .agg({"customers": "sum", "revenue": "sum"})
    )
    assert sorted(map(tuple, months.collect())) == sorted(map(tuple, moves.collect()))
    ends = {row[0] for row in read(t.SEGMENT_HISTORY).select("month_end").distinct().collect()}
    assert (len(ends), min(ends), max(ends)) == (22, date(2010, 3, 1), date(2011, 12, 1))


@pytest.fixture(scope="module")
def shop_content(shop) -> dict[str, str]:
    """What the tables of ``shop`` hold; no test may change it."""
    return content(shop.lakehouse)


@pytest.mark.classic_only
def test_running_again_changes_no_table_and_trains_nothing(shop, shop_content, workbook):
    again, steps = context(shop.settings.home, str(workbook)), watched_steps()
    run(again, steps)
    assert content(again.lakehouse) == shop_content
    assert again.tracking.champion(SEGMENTS).version == 1
    assert not {table for step in steps for table in step.wrote}
    versions = {table: again.lakehouse.version(table) for table in t.TABLES}
    assert versions == {table: shop.lakehouse.version(table) for table in t.TABLES}


@pytest.mark.classic_only
@pytest.mark.parametrize("name", ["silver", "gold", "publish-recommendations"])
def test_a_step_alone_gives_what_the_whole_run_gave(shop, shop_content, name, monkeypatch):
    monkeypatch.setattr(inputs, "are_made_from", lambda *_: False)
    # As if it had never run: else it would see that nothing has changed, and write nothing.
    monkeypatch.setattr(following, "kept_progress", lambda *_: None)
    (step,) = (step for step in watched_steps() if step.name == name)
    step.run(context(shop.settings.home))
    assert content(shop.lakehouse) == shop_content
    # Written anew as a whole, so no rows of earlier runs are kept.
    assert step.wrote == set(step.tables)
    assert not any(table.keeps_rows for table in step.tables)


@pytest.mark.classic_only
def test_as_of_hides_that_day_and_all_after_it(spark, workbook, tmp_path):
    cut = datetime(2011, 6, 1)
    ran = context(tmp_path / "home", str(workbook), as_of=cut.date())
    run(ran)
    read = ran.lakehouse.read
    moments = {
        t.PRODUCTS: ("last_sold_at",),
        t.CUSTOMER_RFM: ("last_purchase_at",),
        t.INTERACTIONS: ("last_purchased_at",),
        t.PURCHASES: ("sold_at", "reversed_at"),
    }
    for table, columns in moments.items():
        for column in columns:
            latest = max(row[0] for row in read(table).select(column).collect() if row[0])
            assert latest < cut, (table.full_name, column)
    # Silver holds all lines: as_of is an argument of reading.
    parts = [read(table).count() for table in (t.SALES, t.RETURNS, t.REJECTED_LINES)]
    assert sum(parts) == read(t.INVOICE_LINES).count() == 3000
    assert (
        max(row[0] for row in read(t.SEGMENT_HISTORY).select("month_end").collect()) == cut.date()
    )
    for table in (t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS, t.FEATURE_DRIFT):
        assert all(row["as_of"] == row["month_end"] for row in read(table).collect())
    derived = (
        *(t.CUSTOMER_SEGMENTS, t.SEGMENT_PROFILES),
        *(t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.SIMILAR_PRODUCTS),
    )
    for table in (*derived, t.DATA_QUALITY):
        assert {row[0] for row in read(table).select("as_of").collect()} == {date(2011, 6, 1)}
    balances = read(t.DATA_QUALITY).where("passed IS NOT NULL AND level IS NULL").collect()
    assert all(row["passed"] for row in balances)


def test_as_of_follows_what_silver_holds(frame, tmp_path):
    ran = context(tmp_path / "home")
    ran.lakehouse.create(t.INVOICE_LINES, "files")
    for table in (t.SALES, t.RETURNS):
        put(ran, table, frame(table, []))
    for day in (3, 7):
        line = bronze_row(1, "A1", "B", "1", f"2011-06-0{day} 09:00", "1", None)
        rejected = line | {"reason": "adjustment"}
        put(ran, t.REJECTED_LINES, frame(t.REJECTED_LINES, [rejected]))
        assert ran.as_of() == ran.as_of() == date(2011, 6, day + 1)


@pytest.mark.classic_only
def test_a_second_file_is_added_and_a_known_one_is_not(shop, tmp_path, workbook):
    home = tmp_path / "home"
    shutil.copytree(shop.settings.home / "landing", home / "landing")
    more = tmp_path / "more.csv"
    line = "999001,22423,CAKE STAND,2,2011-12-09 12:00:00,12.75,12346,France\n"
    more.write_text(CSV_HEADER + line)
    ran = context(home, str(workbook), str(more))
    for name in ("land", "bronze", "silver"):
        pipeline.STEPS_BY_NAME[name].run(ran)
    assert ran.lakehouse.read(t.INVOICE_LINES).count() == 3001
    assert ran.lakehouse.read(t.SALES).where("invoice = '999001'").count() == 1


@pytest.mark.classic_only
def test_real_lines_replace_the_demo_shop(spark, tmp_path, monkeypatch):
    monkeypatch.setattr("retail_lakehouse.landing.land.DEMO_ROWS", 600)
    home = tmp_path / "home"
    for name in ("land", "bronze"):
        pipeline.STEPS_BY_NAME[name].run(context(home, "demo"))
    assert context(home).source_kind() == "demo"
    real = tmp_path / "real.csv"
    real.write_text(CSV_HEADER + "1,22423,CAKE STAND,2,2011-12-09 12:00:00,12.75,1,France\n")
    for name in ("land", "bronze"):
        pipeline.STEPS_BY_NAME[name].run(context(home, str(real)))
    assert context(home).source_kind() == "files"
    assert context(home).lakehouse.read(t.INVOICE_LINES).count() == 1
    with pytest.raises(SourceError, match="choose another --home"):
        pipeline.STEPS_BY_NAME["land"].run(context(home, "demo"))


def test_steps_before_their_time_say_what_to_do(spark, tmp_path):
    with pytest.raises(SettingsError, match="--source is missing"):
        pipeline.STEPS_BY_NAME["land"].run(context(tmp_path))
    with pytest.raises(EmptyShopError, match="run the step 'land'"):
        pipeline.STEPS_BY_NAME["bronze"].run(context(tmp_path))
    with pytest.raises(MissingTableError, match=r"bronze\.invoice_lines"):
        pipeline.STEPS_BY_NAME["silver"].run(context(tmp_path))


@pytest.mark.classic_only
def test_a_shop_without_known_customers_cannot_be_learnt_from(spark, tmp_path):
    anonymous = tmp_path / "anonymous.csv"
    anonymous.write_text(CSV_HEADER + "1,22423,CAKE STAND,2,2011-12-09 12:00:00,12.75,,France\n")
    with pytest.raises(EmptyShopError, match="no identified customer"):
        run(context(tmp_path / "home", str(anonymous)))


def test_other_programs_open_gold_by_path_without_spark(shop):
    folder = shop.lakehouse.path(t.CUSTOMER_SEGMENTS)
    expected = {
        (row["segment"], row["count"])
        for row in shop.lakehouse.read(t.CUSTOMER_SEGMENTS).groupBy("segment").count().collect()
    }
    rows = deltalake.DeltaTable(folder).to_pyarrow_table()
    # DuckDB reads Delta folders itself with an extension it downloads; over Arrow it needs none.
    with duckdb.connect() as connection:
        connection.register("segments", rows)
        found = connection.execute("SELECT segment, count(*) FROM segments GROUP BY 1").fetchall()
    assert set(found) == expected


def test_help_needs_neither_spark_nor_mlflow():
    check = (
        "import sys; from retail_lakehouse.cli import app\n"
        "app.main(['--help'], standalone_mode=False)\n"
        "assert not {'pyspark', 'mlflow', 'pandas'} & set(sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    for step in pipeline.STEPS:
        assert step.name in answer.stdout
