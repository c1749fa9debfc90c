"""Models of a whole run: tracked, judged, promoted, and loaded without a JVM."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pandas as pd
import pytest

from retail_lakehouse import display, pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import RECOMMENDER, SEGMENTS
from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.lifecycle import usable
from retail_lakehouse.policies.cadence import Cadence
from retail_lakehouse.recommend.evaluation.gates import Gate, Verdict
from retail_lakehouse.recommend.evaluation.metrics import Interval
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.steps.harness import inputs
from retail_lakehouse.steps.harness.context import Context
from runs import SMALL, context, put
from support import people

pytestmark = pytest.mark.connect
# A training is not looked for every week only, and its note has no reason for it.
ALWAYS = Cadence(0)


@pytest.fixture(autouse=True)
def _steps_run(monkeypatch):
    """Whatever the shop's tables were made from: what is changed here is no input of a step."""
    monkeypatch.setattr(inputs, "are_made_from", lambda *_: False)


@pytest.fixture(autouse=True)
def _mlflow_asks_the_shop(shop):
    """Its own functions know one store in a process, and other tests have homes of their own."""
    import mlflow

    mlflow.set_tracking_uri(shop.tracking.uri)
    mlflow.set_registry_uri(shop.tracking.uri)


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
basket = pd.DataFrame({"stock_code": bought["stock_code"].head(2), "quantity": [1.0, 2.0]})
assert len(loaded.predict(basket, params={"n": 3})) == 3
assert len(loaded.predict(pd.DataFrame({"stock_code": [""]}))) == 10
"""


@pytest.mark.classic_only
def test_own_history_gives_the_published_lists_without_a_jvm(shop, tmp_path):
    some = "customer_id % 4 = 0"
    bought = shop.lakehouse.read(t.PURCHASES).where(f"reversed_at IS NULL AND {some}").toPandas()
    bought = bought.rename(columns={"sold_at": "invoice_date"})
    types = {"quantity": float, "unit_price": float}
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
    monkeypatch.setattr(
        "retail_lakehouse.recommend.evaluation.validate.compare_all", lambda *given: (lost,)
    )
    other = context(home, recommend=SMALL.changed(seed=7), cadence=ALWAYS)
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
    # Where the champion cannot be used any more, there is nothing better to go on with.
    damage(other, "recommender.npz", (RECOMMENDER.name, "1"))
    with pytest.raises(OtherVersionError, match=r"^This recommender cannot be used \("):
        pipeline.STEPS_BY_NAME["publish-recommendations"].run(other)
    result = pipeline.STEPS_BY_NAME["train-recommender"].run(other)
    assert result.note == (
        f"version 2 was trained on the same rows, publishes all the same: {words}; "
        "not compared with version 1, which cannot be used"
    )
    assert other.tracking.champion(RECOMMENDER).version == 2
    # And it is trained anew where what was trained cannot be used.
    damage(other, "recommender.npz", (RECOMMENDER.name, "2"))
    result = pipeline.STEPS_BY_NAME["train-recommender"].run(other)
    assert result.note.startswith("version 3, ")
    assert other.tracking.champion(RECOMMENDER).version == 3
    pipeline.STEPS_BY_NAME["publish-recommendations"].run(other)


@pytest.mark.classic_only
def test_a_champion_of_other_features_is_neither_compared_nor_published(shop, monkeypatch):
    champion = shop.tracking.champion(RECOMMENDER)
    assert usable(shop.tracking, RECOMMENDER_MODEL, champion) is not None
    assert usable(shop.tracking, RECOMMENDER_MODEL, None) is None
    monkeypatch.setattr("retail_lakehouse.recommend.kept_features.FEATURES", ("another",))
    assert usable(shop.tracking, RECOMMENDER_MODEL, champion) is None
    with pytest.raises(OtherVersionError, match="step 'train-recommender'"):
        pipeline.STEPS_BY_NAME["publish-recommendations"].run(shop)


@pytest.mark.classic_only
def test_a_backtest_judges_what_it_published(shop, tmp_path, monkeypatch):
    copy = tmp_path / "home"
    shutil.copytree(shop.settings.home / "warehouse", copy / "warehouse")
    ran = context(copy)
    versions = {table: ran.lakehouse.version(table) for table in t.TABLES}
    result = pipeline.backtest(2).run(ran)
    assert result.note == "2 windows"
    # The daily job may run beside it: what the steps write, a backtest leaves alone.
    assert {table: ran.lakehouse.version(table) for table in t.TABLES} == versions
    quality = ran.lakehouse.read(t.BACKTEST_QUALITY)
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
        "tifu_knn",
        "tifu_knn_days",
        "up_cf",
        "cosine_knn",
        "cosine_knn_late",
    } < rankings
    forecasts = ran.lakehouse.read(t.VALUE_BACKTEST)
    starts_of_quarters = {row[0] for row in forecasts.select("window_start").distinct().collect()}
    assert starts_of_quarters == {date(2011, 9, 11), date(2011, 8, 12)}
    lists = ran.lakehouse.read(t.RECOMMENDATION_BACKTEST)
    assert {row[0] for row in lists.select("as_of").distinct().collect()} == starts
    # The command prints the means; only a backtest judges ALS at its defaults.
    monkeypatch.setattr("retail_lakehouse.steps.backtest", lambda *given, **named: result)
    with display.console.capture() as printed:
        display.run_backtest(ran, 2)
    every = quality.where("metric = 'ndcg_at_10' AND scope = 'all' AND ranking = 'als_defaults'")
    values = [row["value"] for row in every.collect()]
    assert len(values) == 2
    assert re.search(rf"als_defaults\W+{sum(values) / 2:.4f}\b", printed.get())


@pytest.mark.classic_only
def test_a_search_goes_on_where_it_was_stopped(shop, tmp_path):
    copy = tmp_path / "home"
    shutil.copytree(shop.settings.home / "warehouse", copy / "warehouse")
    early = context(copy, as_of=date(2011, 3, 1))
    assert pipeline.tune(1, 1).run(early).note.startswith("best of 1: ")
    assert pipeline.tune(2, 1).run(early).note.startswith("best of 2: ")
    # Nothing is left to try.
    assert pipeline.tune(2, 1).run(early).note.startswith("best of 2: ")


def gold_only(home, frame, rows, **changes) -> Context:
    """A home with nothing but RFM features in it."""
    settings = SegmentSettings(starts=1, resamples=2, **changes)
    ran = context(home, as_of=date(2011, 1, 1), segments=settings, cadence=ALWAYS)
    ran.lakehouse.create(t.INVOICE_LINES, "files")
    put(ran, t.CUSTOMER_RFM, frame(t.CUSTOMER_RFM, rows))
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
    rows = [row for row in people() if int(row["customer_id"]) < 200]
    ran = gold_only(tmp_path / "home", frame, rows, k=3, min_share=0.4)
    result = pipeline.STEPS_BY_NAME["train-segments"].run(ran)
    assert result.note.startswith("version 1, k=3, stays challenger: smallest segment's share 0.")
    assert result.note.endswith("; version 2, k=2")
    assert ran.tracking.champion(SEGMENTS).version == 2


@pytest.mark.classic_only
def test_a_champion_of_another_kind_of_model_is_refused_with_a_clear_word(shop):
    older = shop.tracking.champion(RECOMMENDER)
    words = r"Version 1 of the model .* holds no segments.json.* \(step 'train-segments'\)"
    with pytest.raises(OtherVersionError, match=words):
        shop.tracking.content(SEGMENTS, older, "segments.json")


def damage(ran, file, version):
    """Cut a version's artifact off."""
    address = ran.tracking._client.get_model_version_download_uri(*version)
    path = Path(url2pathname(urlsplit(address).path)) / "artifacts" / file
    path.write_bytes(path.read_bytes()[:-50])


@pytest.mark.classic_only
def test_segments_that_cannot_be_loaded_are_trained_anew_and_make_way(frame, tmp_path):
    rows = list(people())
    ran = gold_only(tmp_path / "home", frame, rows)
    train, publish = (pipeline.STEPS_BY_NAME[f"{word}-segments"] for word in ("train", "publish"))
    train.run(ran)
    damage(ran, "segments.json", (SEGMENTS.name, "1"))
    with pytest.raises(OtherVersionError, match=r"^This segmentation cannot be used \("):
        publish.run(ran)
    # The same input: what was trained on it is of no use, and is not taken for done.
    useless = "not compared with version 1, which cannot be used"
    assert train.run(ran).note == f"version 2, k=5; {useless}"
    assert ran.tracking.champion(SEGMENTS).version == 2
    # As in a shop's first run the largest number of segments that passes publishes.
    damage(ran, "segments.json", (SEGMENTS.name, "2"))
    strict = gold_only(tmp_path / "home", frame, rows, min_share=0.3)
    note = train.run(strict).note
    assert note.startswith("version 3, k=5, stays challenger: smallest segment's share 0.200 < 0.3")
    assert note.endswith("; not compared with version 2, which cannot be used")
    assert strict.tracking.champion(SEGMENTS).version > 3
    assert train.run(strict).note.startswith("version 3 was trained on the same rows, stays")


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
