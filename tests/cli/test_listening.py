"""What ``ui`` says when it begins."""

import mlflow
import pytest

from local_home import RUN, recommender
from retail_lakehouse.cli.listening import _pages
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL, SEGMENT_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Tracking

pytestmark = [pytest.mark.no_spark, pytest.mark.slow]


def test_ui_names_each_experiment_and_its_newest_run(tmp_path):
    tracking = Tracking(Settings(home=tmp_path))
    for _ in range(2):
        with tracking.training(RECOMMENDER_MODEL.kind, RUN.tags) as training:
            tracking.log_model(RECOMMENDER_MODEL, recommender(), RUN, training)
    client = mlflow.MlflowClient(tracking.uri)
    segments = client.create_experiment(SEGMENT_MODEL.kind.name)
    products = client.get_experiment_by_name(RECOMMENDER_MODEL.kind.name).experiment_id
    at = "http://127.0.0.1:5000"
    assert [line.split() for line in _pages(tmp_path, at)] == [
        [SEGMENT_MODEL.kind.name, f"{at}/#/experiments/{segments}/runs"],
        [RECOMMENDER_MODEL.kind.name, f"{at}/#/experiments/{products}/runs"],
        ["newest", "run", f"{at}/#/experiments/{products}/runs/{training.run_id}"],
    ]
