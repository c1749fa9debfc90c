"""The tables that a model was trained on, found again."""

import json
from dataclasses import replace

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from local_home import RUN, recommender
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import DELTA_VERSIONS, Tracking

pytestmark = pytest.mark.slow


def test_a_model_s_run_says_how_to_read_the_tables_of_then(tmp_path):
    folder = str(tmp_path / "warehouse" / "gold" / "purchases")
    write_deltalake(folder, pa.table({"customer_id": ["1"]}))
    versions = {"bronze.invoice_lines": 3, "gold.purchases": DeltaTable(folder).version()}
    tracking = Tracking(Settings(home=tmp_path))
    run = replace(RUN, trained_on=replace(RUN.trained_on, versions=versions))
    with tracking.training(RECOMMENDER_MODEL.kind, run.tags) as training:
        model = tracking.log_model(RECOMMENDER_MODEL, recommender(), run, training)
    write_deltalake(folder, pa.table({"customer_id": ["1", "2"]}), mode="overwrite")

    import mlflow

    noted = json.loads(mlflow.get_run(model.run_id).data.tags[DELTA_VERSIONS])
    assert noted == versions
    then = DeltaTable(folder, version=noted["gold.purchases"]).to_pyarrow_table()
    assert then.to_pydict() == {"customer_id": ["1"]}
