"""When a model is trained again, and the reason that the step's note and MLflow have."""

from dataclasses import replace
from datetime import date

import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.policies.cadence import Cadence, Drift, LastTraining, decide

DAY = date(2011, 12, 10)
WEEKLY = Cadence(7, 0.25)
LAST = LastTraining(3, date(2011, 12, 7), "s")
CALM, WILD = Drift("monetary", 0.02), Drift("recency_days", 0.31)


def asked(**changes):
    given = {
        "cadence": WEEKLY, "last": LAST, "as_of": DAY, "settings": "s", "drift": lambda: CALM,
        "champion": "",
    }  # fmt: skip
    return decide(**given | changes)


CASES = {
    "too soon": (
        {}, False, "not trained: 3 of 7 days since version 3, the largest drift of monetary is 0.02"
    ),
    "no drift known": ({"drift": lambda: None}, False, "not trained: 3 of 7 days since version 3"),
    "a week": ({"as_of": date(2011, 12, 14)}, True, "trained: 7 days since version 3"),
    "drift": (
        {"drift": lambda: WILD}, True, "trained: drift of recency_days is 0.31, above 0.25"
    ),
    "asked for": ({"cadence": replace(WEEKLY, asked=True)}, True, "trained: it was asked for"),
    "first": (
        {"last": None, "champion": "there is no champion"}, True, "trained: there is no champion"
    ),
    "unusable": (
        {"champion": "the champion cannot be used"}, True, "trained: the champion cannot be used"
    ),
    "settings": ({"settings": "t"}, True, "trained: its settings have changed"),
    "the past": (
        {"as_of": date(2011, 12, 1)}, True, "trained: version 3 has seen lines after 2011-12-01"
    ),
    "always": ({"cadence": Cadence(0)}, True, ""),
    "unknown": (
        {"last": replace(LAST, as_of=None)}, True,
        "trained: nothing is known of the last training",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "due", "reason"), CASES.values(), ids=CASES)
def test_when_a_training_is_due_and_why(given, due, reason):
    found = asked(**given)
    assert (found.due, found.reason) == (due, reason)


def test_drift_is_looked_at_only_where_nothing_else_decides():
    def refuse():
        raise AssertionError("drift was asked for")

    for given in ("a week", "asked for", "first", "settings", "the past", "always"):
        changes = {**CASES[given][0], "drift": refuse}
        assert asked(**changes).due


def test_a_cadence_of_less_than_no_days_is_refused():
    with pytest.raises(SettingsError, match=r"^--train-every -1 is less than 0 days\.$"):
        Cadence(-1)
