"""What is told of trainings, from records as MLflow's client gives them."""

from datetime import date, datetime, timezone
from types import SimpleNamespace

import pytest

from retail_lakehouse.assets import SEGMENTS
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Standing, Tracking
from retail_lakehouse.tracking.trainings import as_standing, newest

pytestmark = pytest.mark.no_spark
BEGAN = datetime(2011, 12, 10, 8, tzinfo=timezone.utc)
AT = int(BEGAN.timestamp() * 1000)


def run(name, status="FINISHED", seconds=90, **tags):
    end = None if seconds is None else AT + seconds * 1000
    return SimpleNamespace(
        info=SimpleNamespace(run_id=name, status=status, start_time=AT, end_time=end),
        data=SimpleNamespace(tags=tags, metrics={"bootstrap_ari_mean": 0.9}),
    )


class Client:
    """A client that knows these runs and versions, and notes what it was asked."""

    def __init__(self, *runs):
        self.runs, self.asked = list(runs), []

    def get_experiment_by_name(self, name):
        return SimpleNamespace(experiment_id="3") if name == "known" else None

    def search_runs(self, *asked, **options):
        self.asked.append((asked, options))
        return self.runs

    def search_model_versions(self, _):
        return [SimpleNamespace(run_id="a", version="4"), SimpleNamespace(run_id="z", version="3")]

    def get_registered_model(self, _):
        return SimpleNamespace(aliases={"challenger": "4", "champion": "3"})

    def get_model_version(self, _, number):
        tags = {"as_of": "2011-12-10", "gate_failures": "too small"} if number == "4" else {}
        return SimpleNamespace(version=number, creation_timestamp=AT, tags=tags)


def test_a_training_says_what_it_made_how_long_and_as_of_when():
    client = Client(
        run("a", as_of="2011-12-10", delta_versions='{"gold.customer_rfm": 2}'),
        run("b", status="RUNNING", seconds=None, stage="fit"),
    )
    done, going = newest(client, "known", {"a": 4}, {"challenger": 4, "champion": 3}, 2)
    assert (done.version, done.aliases, done.state, done.stage) == (
        4,
        ("challenger",),
        "finished",
        "",
    )
    assert (done.started_at, done.seconds, done.as_of) == (BEGAN, 90.0, date(2011, 12, 10))
    assert done.versions == {"gold.customer_rfm": 2}
    assert (going.version, going.aliases, going.state, going.stage) == (None, (), "running", "fit")
    assert (going.seconds, going.as_of, going.versions) == (None, None, {})
    ((asked, options),) = client.asked
    assert asked == (["3"], "tags.training = 'yes'")
    assert options == {"max_results": 2, "order_by": ["attributes.start_time DESC"]}


def test_a_model_without_an_experiment_has_no_trainings():
    assert newest(Client(), "unknown", {}, {}, 5) == []


def test_a_version_says_when_it_was_made_and_what_it_failed():
    version = Client().get_model_version("m", "4")
    assert as_standing("challenger", version) == Standing(
        "challenger", 4, BEGAN, date(2011, 12, 10),
        {"as_of": "2011-12-10", "gate_failures": "too small"},
    )  # fmt: skip


def test_the_registry_names_champion_and_challenger(tmp_path):
    tracking = Tracking(Settings(home=tmp_path))
    tracking._client = Client(run("a"))
    found = tracking.standing(SEGMENTS)
    assert [(one.alias, one.version, one.as_of) for one in found] == [
        ("challenger", 4, date(2011, 12, 10)),
        ("champion", 3, None),
    ]
    tracking.experiment_name = lambda _: "known"
    (trained,) = tracking.trainings(SEGMENTS, 1)
    assert (trained.version, trained.aliases) == (4, ("challenger",))
