import hashlib
import re
import shutil
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import deltalake
import duckdb
import pytest

from retail_lakehouse import pipeline, steps
from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, MissingTableError, SettingsError, SourceError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing import demo
from retail_lakehouse.settings import RecommendSettings, Settings
from retail_lakehouse.steps import Context
from retail_lakehouse.tracking import RECOMMENDER, SEGMENTS

SMALL = RecommendSettings(rank=4, iterations=2)
CSV_HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def context(home: Path, *sources: str, **settings) -> Context:
    return Context(Settings(home=home, recommend=SMALL, **settings), sources)


def run(ran: Context) -> list[str]:
    order = []
    pipeline.run_all(ran, lambda step: None, lambda step, result: order.append(step.name))
    return order


def content(lakehouse: Lakehouse) -> dict[str, str]:
    """A hash of every table's rows, whatever their order; the time of loading left out."""
    hashes = {}
    for table in t.TABLES:
        rows = lakehouse.read(table).drop("ingested_at").collect()
        lines = sorted(repr(row) for row in rows)
        hashes[table.full_name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return hashes


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("source") / "shop.xlsx"
    demo.write(3000, path)
    return path


@pytest.fixture(scope="module")
def shop(spark, workbook, tmp_path_factory) -> Context:
    """One home in which everything ran on a small workbook."""
    ran = context(tmp_path_factory.mktemp("shop") / "home", str(workbook))
    order = run(ran)
    assert sorted(order) == sorted(step.name for step in pipeline.STEPS)
    return ran


def test_every_step_names_a_function_that_exists():
    for step in pipeline.STEPS:
        assert callable(getattr(steps, step.function))


def test_steps_read_only_what_an_earlier_step_writes():
    written = set()
    for step in pipeline.STEPS:
        assert set(step.reads) <= written, step.name
        written |= set(step.writes)
    assert set(t.TABLES) <= written


def test_trainings_stand_side_by_side():
    names = {step.name: pipeline.depends_on(step) for step in pipeline.STEPS}
    assert names["bronze"] == ("land",)
    assert names["train-segments"] == names["train-recommender"] == ("gold",)
    assert names["publish-segments"] == ("train-segments",)
    assert names["publish-recommendations"] == ("train-recommender",)


def test_every_bronze_line_ends_in_one_silver_table(shop):
    read = shop.lakehouse.read
    assert read(t.INVOICE_LINES).count() == 3000
    parts = [read(table).count() for table in (t.SALES, t.RETURNS, t.REJECTED_LINES)]
    assert sum(parts) == 3000
    assert all(parts)
    checks = read(t.DATA_QUALITY).where("passed IS NOT NULL").collect()
    assert len(checks) == 3
    assert all(row["passed"] for row in checks)


def test_every_customer_has_features_a_segment_and_ten_products(shop):
    read = shop.lakehouse.read
    bought = read(t.SALES).where("customer_id IS NOT NULL AND reversed_at IS NULL")
    customers = {row[0] for row in bought.select("customer_id").distinct().collect()}
    for table in (t.CUSTOMER_RFM, t.CUSTOMER_SEGMENTS):
        rows = read(table).select("customer_id").collect()
        assert len(rows) == len(customers)
        assert {row[0] for row in rows} == customers
    listed = read(t.RECOMMENDATIONS).groupBy("customer_id").count().collect()
    assert {row["customer_id"]: row["count"] for row in listed} == dict.fromkeys(customers, 10)
    assert read(t.CUSTOMER_SEGMENTS).select("segment").distinct().count() == 5


def test_money_adds_up_to_the_penny(shop):
    read = shop.lakehouse.read
    standing = read(t.SALES).where("reversed_at IS NULL").collect()
    known = sum((r["amount"] for r in standing if r["customer_id"] is not None), Decimal(0))
    assert sum(r["monetary"] for r in read(t.CUSTOMER_RFM).collect()) == known
    assert sum(r["revenue"] for r in read(t.PRODUCTS).collect()) == sum(
        r["amount"] for r in standing
    )


def test_models_are_tracked_and_champions(shop):
    import mlflow

    client = mlflow.MlflowClient(shop.tracking.uri)
    for kind, metric in ((SEGMENTS, "silhouette_squared_euclidean"), (RECOMMENDER, "density")):
        champion = shop.tracking.champion(kind)
        found = client.get_run(champion.run_id)
        assert metric in found.data.metrics
        assert found.data.params["seed"] == "42"
        assert found.data.tags["as_of"] == "2011-12-10"
        assert re.fullmatch(r"[0-9a-f]{40}", found.data.tags["mlflow.source.git.commit"])
        dataset = found.inputs.dataset_inputs[0].dataset
        assert re.fullmatch(r"gold\.\w+@v\d+", dataset.name)
        model = mlflow.models.get_model_info(champion.uri)
        assert model.signature.inputs.input_names()
        published = shop.lakehouse.read(
            t.CUSTOMER_SEGMENTS if kind is SEGMENTS else t.RECOMMENDATIONS
        )
        assert {r[0] for r in published.select("model_version").distinct().collect()} == {
            champion.version
        }


@pytest.mark.classic_only
def test_running_again_changes_no_table_and_trains_nothing(shop, workbook):
    before = content(shop.lakehouse)
    again = context(shop.settings.home, str(workbook))
    run(again)
    assert content(again.lakehouse) == before
    assert again.tracking.champion(SEGMENTS).version == 1


@pytest.mark.classic_only
@pytest.mark.parametrize("name", ["silver", "gold", "publish-recommendations"])
def test_a_step_alone_gives_what_the_whole_run_gave(shop, name):
    before = content(shop.lakehouse)
    pipeline.STEPS_BY_NAME[name].run(context(shop.settings.home))
    assert content(shop.lakehouse) == before


@pytest.mark.classic_only
def test_as_of_hides_that_day_and_all_after_it(spark, workbook, tmp_path):
    cut = datetime(2011, 6, 1)
    ran = context(tmp_path / "home", str(workbook), as_of=cut.date())
    run(ran)
    read = ran.lakehouse.read
    moments = {
        t.SALES: ("invoice_date", "reversed_at"),
        t.RETURNS: ("invoice_date",),
        t.PRODUCTS: ("last_sold_at",),
        t.CUSTOMER_RFM: ("last_purchase_at",),
        t.INTERACTIONS: ("last_purchased_at",),
    }
    for table, columns in moments.items():
        for column in columns:
            latest = max(row[0] for row in read(table).select(column).collect() if row[0])
            assert latest < cut, (table.full_name, column)
    rejected = read(t.REJECTED_LINES).select("invoice_date").collect()
    assert max(row[0] for row in rejected) < "2011-06-01"
    for table in (t.CUSTOMER_SEGMENTS, t.RECOMMENDATIONS, t.DATA_QUALITY):
        assert {row[0] for row in read(table).select("as_of").collect()} == {date(2011, 6, 1)}
    assert all(r["passed"] for r in read(t.DATA_QUALITY).where("passed IS NOT NULL").collect())


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
    assert context(home).shop() == "demo"
    real = tmp_path / "real.csv"
    real.write_text(CSV_HEADER + "1,22423,CAKE STAND,2,2011-12-09 12:00:00,12.75,1,France\n")
    for name in ("land", "bronze"):
        pipeline.STEPS_BY_NAME[name].run(context(home, str(real)))
    assert context(home).shop() == "files"
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
