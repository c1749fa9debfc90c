"""A home with a recommender in it that took no Spark to make, and servers over a home."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

from matplotlib.figure import Figure

from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Tracking, TrainedOn, TrainingRun
from toy_shop import NAMES, SETTINGS, catalogue, shop, trained_on

RUN = TrainingRun(
    trained_on=TrainedOn("gold.purchases", 1, 10, {"stock_code": "string"}),
    fingerprint="print",
    parameters={"seed": 42},
    metrics={"ndcg": 0.5},
    tags={"as_of": "2011-12-10", "shop": "demo"},
    description="A card of a model.",
)


def recommender():
    customers = shop()
    return Recommender(catalogue(customers), NAMES, trained_on(customers), SETTINGS)


def register(home, model, file=RECOMMENDER_MODEL.file, content=None):
    """A champion in the home, as the training step registers one; its version and Tracking."""
    spec = replace(RECOMMENDER_MODEL, file=file)
    if content is not None:
        spec = replace(spec, dump=lambda _: content)
    tracking = Tracking(Settings(home=home))
    run = replace(RUN, figures={"pictures/map.png": Figure()})
    with tracking.training(spec.kind, run.tags) as training:
        version = tracking.log_model(spec, model, run, training)
    tracking.promote(spec.kind, version)
    return tracking, version


@contextmanager
def serving(command, home, *options, variables=None, end=signal.SIGTERM):
    """The command's server on a free port: its address, and the process; told to end at last."""
    process = subprocess.Popen(
        [sys.executable, "-m", "retail_lakehouse.cli", command, "--home", str(home), "--port", "0",
         *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables,
    )  # fmt: skip
    try:
        found = re.search(r"http://[^/\s]+", process.stdout.readline())
        assert found, process.communicate()[1]
        yield found[0], process
        process.send_signal(end)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        # 'ui' names its pages, and then says no more.
        pages = output.splitlines()
        assert all(line.startswith("  ") and found[0] in line for line in pages)
        assert command == "ui" or not pages
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()
