"""A training that is under way, as MLflow shows it."""

import gc

import mlflow
import pytest

from local_home import RUN, recommender
from retail_lakehouse.machine.watch import Done
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL, SEGMENT_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Tracking

pytestmark = [pytest.mark.no_spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    return Tracking(Settings(home=tmp_path_factory.mktemp("stages")))


def run_of(tracking, training):
    return mlflow.MlflowClient(tracking.uri).get_run(training.run_id)


def test_the_run_shows_stages_as_they_go_and_lasts_as_long_as_the_training(tracking):
    told: list[Done] = []
    with tracking.training(RECOMMENDER_MODEL.kind, RUN.tags, told.append) as training:
        with training.stage("fit"):
            going = run_of(tracking, training)
        between = run_of(tracking, training)
        version = tracking.log_model(RECOMMENDER_MODEL, recommender(), RUN, training)
    ended = run_of(tracking, training)
    assert (going.info.status, going.data.tags["stage"]) == ("RUNNING", "fit")
    assert "stage" not in between.data.tags
    assert set(ended.data.metrics) == {"ndcg", "stage_seconds/fit"}
    assert ended.data.metrics["stage_seconds/fit"] >= 0
    assert ended.info.status == "FINISHED"
    assert ended.data.tags["mlflow.note.content"] == "A card of a model."
    assert version.run_id == training.run_id
    assert told == [Done("fit")]


def test_a_training_that_fails_is_shown_as_failed(tracking):
    with (
        pytest.raises(ValueError, match="no customers"),
        tracking.training(RECOMMENDER_MODEL.kind, RUN.tags) as training,
        training.stage("fit"),
    ):
        raise ValueError("no customers")
    ended = run_of(tracking, training)
    assert ended.info.status == "FAILED"
    # Where it failed.
    assert ended.data.tags["stage"] == "fit"


def test_an_experiment_opens_with_the_pages_for_models_and_not_for_language_models(tracking):
    with tracking.training(RECOMMENDER_MODEL.kind, RUN.tags):
        pass
    client = mlflow.MlflowClient(tracking.uri)
    kept = client.get_experiment_by_name(RECOMMENDER_MODEL.kind.name)
    assert kept.tags["mlflow.experimentKind"] == "custom_model_development"


def test_an_experiment_of_an_earlier_version_opens_with_them_too(tracking):
    client = mlflow.MlflowClient(tracking.uri)
    earlier = client.create_experiment(SEGMENT_MODEL.kind.name)
    with tracking.training(SEGMENT_MODEL.kind, RUN.tags):
        pass
    assert (
        client.get_experiment(earlier).tags["mlflow.experimentKind"] == "custom_model_development"
    )


def test_mlflow_holds_no_model_that_was_logged(tracking):
    with tracking.training(RECOMMENDER_MODEL.kind, RUN.tags) as training:
        tracking.log_model(RECOMMENDER_MODEL, recommender(), RUN, training)
    gc.collect()
    assert "RecommenderPyfunc" not in {type(held).__name__ for held in gc.get_objects()}
