import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import deltalake
import duckdb
import pandas as pd
import pytest

from retail_lakehouse import pipeline, steps
from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, MissingTableError, SettingsError, SourceError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing import demo
from retail_lakehouse.recommend.evaluation import Verdict
from retail_lakehouse.recommend.gates import Gate
from retail_lakehouse.recommend.metrics import Interval
from retail_lakehouse.settings import RecommendSettings, SegmentSettings, Settings
from retail_lakehouse.steps import Context
from retail_lakehouse.steps.backtest import backtest, tune
from retail_lakehouse.tracking import RECOMMENDER, SEGMENTS
from support import bronze_row, people

SMALL = RecommendSettings(
    rank=4, iterations=2, training_windows=2, discover_trees=10, for_you_trees=10
)
# Two dozen customers are no stable groups, and the gates have tests of their own.
ANY_SEGMENTS = SegmentSettings(starts=1, resamples=2, min_bootstrap_ari=0.0)
CSV_HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def context(home: Path, *sources: str, **settings) -> Context:
    models = {"recommend": SMALL, "segments": ANY_SEGMENTS}
    return Context(Settings(home=home, **models | settings), sources)


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
    assert names["publish-segments"] == names["segment-history"] == ("train-segments",)
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
    for kind, metric in (
        (SEGMENTS, "silhouette_squared_euclidean"),
        (RECOMMENDER, "ndcg_at_10.discover.new"),
    ):
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


def test_the_run_of_the_champion_shows_what_it_is(shop):
    import mlflow

    client = mlflow.MlflowClient(shop.tracking.uri)
    champion = shop.tracking.champion(SEGMENTS)
    run = client.get_run(champion.run_id)
    assert {"bootstrap_ari_mean", "silhouette_euclidean", "smallest_share"} <= set(run.data.metrics)
    card = run.data.tags["mlflow.note.content"]
    assert "named segments" in card
    assert client.get_model_version(SEGMENTS.name, str(champion.version)).description == card
    assert [file.path for file in client.list_artifacts(champion.run_id)] == [
        "model_card.md",
        "pictures",
    ]
    assert [file.path for file in client.list_artifacts(champion.run_id, "pictures")] == [
        "pictures/migration_flow.png",
        "pictures/profile_heatmap.png",
        "pictures/segment_map.png",
        "pictures/sizes.png",
    ]


LOAD = """
import sys
sys.modules["pyspark"] = None
import mlflow, pandas as pd
uri, model, source, out = sys.argv[1:]
mlflow.set_tracking_uri(uri)
loaded = mlflow.pyfunc.load_model(model)
"""


def scored_without_a_jvm(shop, kind, code, rows, folder):
    """What ``code`` writes, run on ``rows`` and the champion without Java and PySpark."""
    rows.to_parquet(folder / "in")
    champion = shop.tracking.champion(kind)
    answer = subprocess.run(
        [sys.executable, "-c", LOAD + code, shop.tracking.uri, champion.uri,
         str(folder / "in"), str(folder / "out")],
        capture_output=True, text=True, env={"PATH": "", "JAVA_HOME": ""}, cwd=folder,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return pd.read_parquet(folder / "out")


# Reads RFM, writes segments.
SCORE = """
customers = pd.read_parquet(source)
loaded.predict(customers).to_parquet(out)
for bad, words in (
    (customers.drop(columns="monetary"), "monetary"),
    (customers.assign(monetary=float("nan")), "monetary is nan in row 0"),
):
    try:
        loaded.predict(bad)
    except Exception as error:
        assert words in str(error), error
    else:
        raise AssertionError(words)
"""


@pytest.mark.classic_only
def test_the_model_loads_without_a_jvm_and_agrees_on_every_customer(shop, tmp_path):
    columns = ("segment", "cluster", "distance", "next_segment", "next_distance")
    published = shop.lakehouse.read(t.CUSTOMER_SEGMENTS).toPandas()
    features = published[["recency_days", "frequency"]].astype("int64")
    features = features.assign(monetary=published["monetary"].astype(float))
    found = scored_without_a_jvm(shop, SEGMENTS, SCORE, features, tmp_path)
    pd.testing.assert_frame_equal(found, published[[*columns]], check_dtype=False)


# Reads purchases, writes all lists.
RECOMMEND = """
bought = pd.read_parquet(source)
loaded.predict(bought, params={"list": "all"}).to_parquet(out)
basket = pd.DataFrame({"stock_code": bought["stock_code"].head(2), "quantity": [1, 2]})
assert len(loaded.predict(basket, params={"n": 3})) == 3
assert len(loaded.predict(pd.DataFrame({"stock_code": [""]}))) == 10
"""


@pytest.mark.classic_only
def test_own_history_gives_the_published_lists_without_a_jvm(shop, tmp_path):
    some = "customer_id % 4 = 0"
    bought = shop.lakehouse.read(t.PURCHASES).where(f"reversed_at IS NULL AND {some}").toPandas()
    bought = bought.rename(columns={"sold_at": "invoice_date"})
    types = {"customer_id": "int64", "unit_price": float}
    columns = ["stock_code", "customer_id", "quantity", "invoice", "invoice_date", "unit_price"]
    bought = bought.astype(types)[[*columns, "country"]]
    found = scored_without_a_jvm(shop, RECOMMENDER, RECOMMEND, bought, tmp_path)
    published = shop.lakehouse.read(t.RECOMMENDATIONS).where(some).toPandas()
    keys = ["customer_id", "list", "rank"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True),
        published.sort_values(keys, ignore_index=True)[found.columns],
        check_dtype=False,
        check_exact=False,
    )


@pytest.mark.classic_only
def test_a_recommender_that_fails_stays_challenger_and_the_champion_publishes(
    shop, tmp_path, monkeypatch
):
    import mlflow

    home = tmp_path / "home"
    shutil.copytree(shop.settings.home, home)
    worse = Interval(-0.2, -0.3, -0.1)
    lost = Gate(Verdict("discover", "recent_popularity", 40, 0.1, 0.3, worse), "low")
    monkeypatch.setattr("retail_lakehouse.recommend.trial.compare_all", lambda *given: (lost,))
    other = context(home, recommend=replace(SMALL, seed=7))
    result = pipeline.STEPS_BY_NAME["train-recommender"].run(other)
    words = (
        "discover NDCG@10 0.1000 against 0.3000 of recent_popularity "
        "(-0.2000, 95 % -0.3000 to -0.1000, 40 customers)"
    )
    assert result.note.endswith(f"stays challenger: {words}")
    assert other.tracking.champion(RECOMMENDER).version == 1
    client = mlflow.MlflowClient(other.tracking.uri)
    challenger = client.get_model_version_by_alias(RECOMMENDER.name, "challenger")
    assert (challenger.version, challenger.tags["gate_failures"]) == (2, words)
    # The champion's settings are others than these, and its lists are what they were.
    before = sorted(map(repr, other.lakehouse.read(t.RECOMMENDATIONS).collect()))
    pipeline.STEPS_BY_NAME["publish-recommendations"].run(other)
    assert sorted(map(repr, other.lakehouse.read(t.RECOMMENDATIONS).collect())) == before


@pytest.mark.classic_only
def test_a_backtest_judges_what_it_published(shop, tmp_path):
    copy = tmp_path / "home"
    shutil.copytree(shop.settings.home / "warehouse", copy / "warehouse")
    ran = context(copy)
    result = backtest(ran, 2)
    assert result.note == "2 windows"
    quality = ran.lakehouse.read(t.RECOMMENDATION_QUALITY)
    starts = {row[0] for row in quality.select("window_start").distinct().collect()}
    assert starts == {date(2011, 11, 10), date(2011, 10, 11)}
    rankings = {row[0] for row in quality.select("ranking").distinct().collect()}
    assert {
        "discover",
        "for_you",
        "buy_again",
        "als",
        "als_defaults",
        "ease",
        "item_knn",
    } < rankings
    lists = ran.lakehouse.read(t.RECOMMENDATION_BACKTEST)
    assert {row[0] for row in lists.select("as_of").distinct().collect()} == starts


@pytest.mark.classic_only
def test_a_search_goes_on_where_it_was_stopped(shop, tmp_path):
    copy = tmp_path / "home"
    shutil.copytree(shop.settings.home / "warehouse", copy / "warehouse")
    early = context(copy, as_of=date(2011, 3, 1))
    assert tune(early, 1, 1).note.startswith("best of 1: ")
    assert tune(early, 2, 1).note.startswith("best of 2: ")
    # Nothing is left to try.
    assert tune(early, 2, 1).note.startswith("best of 2: ")


def gold_only(home, frame, rows, **changes) -> Context:
    """A home with nothing but RFM features in it."""
    settings = SegmentSettings(starts=1, resamples=2, **changes)
    ran = context(home, as_of=date(2011, 1, 1), segments=settings)
    ran.lakehouse.create(t.INVOICE_LINES, "files")
    ran.replace(t.CUSTOMER_RFM, frame(t.CUSTOMER_RFM, rows))
    return ran


@pytest.mark.classic_only
def test_a_candidate_that_fails_a_gate_stays_challenger_with_the_reason(frame, tmp_path):
    import mlflow

    rows = list(people())
    first = gold_only(tmp_path / "home", frame, rows)
    pipeline.STEPS_BY_NAME["train-segments"].run(first)
    strict = gold_only(tmp_path / "home", frame, rows, min_share=0.3)
    result = pipeline.STEPS_BY_NAME["train-segments"].run(strict)
    failure = "smallest segment's share 0.200 < 0.3"
    assert result.note == f"version 2, k=5, stays challenger: {failure}"
    assert strict.tracking.champion(SEGMENTS).version == 1
    client = mlflow.MlflowClient(strict.tracking.uri)
    challenger = client.get_model_version_by_alias(SEGMENTS.name, "challenger")
    assert (challenger.version, challenger.tags["gate_failures"]) == (2, failure)
    run = client.get_run(challenger.run_id)
    assert run.data.tags["gate_failures"] == failure
    assert run.data.metrics["champion_ari"] == 1.0
    # Again: found, not trained, and still no champion.
    again = pipeline.STEPS_BY_NAME["train-segments"].run(strict)
    assert again.note == f"version 2 was trained on the same rows, stays challenger: {failure}"
    assert strict.tracking.champion(SEGMENTS).version == 1


@pytest.mark.classic_only
def test_a_first_model_that_fails_gives_way_to_fewer_segments(frame, tmp_path):
    rows = [row for row in people() if row["customer_id"] < 200]
    ran = gold_only(tmp_path / "home", frame, rows, k=3, min_share=0.4)
    result = pipeline.STEPS_BY_NAME["train-segments"].run(ran)
    assert result.note.startswith("version 1, k=3, stays challenger: smallest segment's share 0.")
    assert result.note.endswith("; version 2, k=2")
    assert ran.tracking.champion(SEGMENTS).version == 2


@pytest.mark.classic_only
def test_a_champion_of_another_kind_of_model_is_refused_with_a_clear_word(shop):
    older = shop.tracking.champion(RECOMMENDER)
    with pytest.raises(SettingsError, match=r"Version 1 of the model .* another --home"):
        shop.tracking.content(SEGMENTS, older, "segments.json")


@pytest.mark.classic_only
def test_a_sweep_is_a_run_with_a_picture_and_a_run_for_each_k(frame, tmp_path):
    import mlflow

    ran = gold_only(tmp_path / "home", frame, list(people())[::15])
    swept = replace(ran, settings=replace(ran.settings, sweep=True))
    pipeline.STEPS_BY_NAME["train-segments"].run(swept)
    client = mlflow.MlflowClient(ran.tracking.uri)
    experiment = client.get_experiment_by_name(SEGMENTS.name).experiment_id
    runs = client.search_runs([experiment])
    parent = next(run for run in runs if run.info.run_name.startswith("customer_segments sweep"))
    files = client.list_artifacts(parent.info.run_id, "pictures")
    assert [file.path for file in files] == ["pictures/sweep.png"]
    children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {run.info.run_name for run in children} == {"k = 2", "k = 3", "k = 4"}
    for run in children:
        assert run.data.metrics["segments"] == int(run.data.params["k"])
        assert "inertia" in run.data.metrics


@pytest.fixture(scope="module")
def shop_content(shop) -> dict[str, str]:
    """What the tables of ``shop`` hold; no test may change it."""
    return content(shop.lakehouse)


@pytest.mark.classic_only
def test_running_again_changes_no_table_and_trains_nothing(shop, shop_content, workbook):
    again = context(shop.settings.home, str(workbook))
    run(again)
    assert content(again.lakehouse) == shop_content
    assert again.tracking.champion(SEGMENTS).version == 1


@pytest.mark.classic_only
@pytest.mark.parametrize("name", ["silver", "gold", "publish-recommendations"])
def test_a_step_alone_gives_what_the_whole_run_gave(shop, shop_content, name):
    pipeline.STEPS_BY_NAME[name].run(context(shop.settings.home))
    assert content(shop.lakehouse) == shop_content


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
        t.PURCHASES: ("sold_at", "reversed_at"),
    }
    for table, columns in moments.items():
        for column in columns:
            latest = max(row[0] for row in read(table).select(column).collect() if row[0])
            assert latest < cut, (table.full_name, column)
    rejected = read(t.REJECTED_LINES).select("invoice_date").collect()
    assert max(row[0] for row in rejected) < "2011-06-01"
    assert (
        max(row[0] for row in read(t.SEGMENT_HISTORY).select("month_end").collect()) == cut.date()
    )
    derived = (
        *(t.CUSTOMER_SEGMENTS, t.SEGMENT_PROFILES, t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS),
        *(t.FEATURE_DRIFT, t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.SIMILAR_PRODUCTS),
    )
    for table in (*derived, t.DATA_QUALITY):
        assert {row[0] for row in read(table).select("as_of").collect()} == {date(2011, 6, 1)}
    assert all(r["passed"] for r in read(t.DATA_QUALITY).where("passed IS NOT NULL").collect())


def test_as_of_follows_what_silver_holds(frame, tmp_path):
    ran = context(tmp_path / "home")
    ran.lakehouse.create(t.INVOICE_LINES, "files")
    for table in (t.SALES, t.RETURNS):
        ran.replace(table, frame(table, []))
    for day in (3, 7):
        line = bronze_row(1, "A1", "B", "1", f"2011-06-0{day} 09:00", "1", None)
        rejected = line | {"reason": "adjustment"}
        ran.replace(t.REJECTED_LINES, frame(t.REJECTED_LINES, [rejected]))
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
