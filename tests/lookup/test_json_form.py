"""Documents that other programs read: what they hold, and that docs/terminal.md says so."""

import json
import math
import re
from pathlib import Path

import pytest

from retail_lakehouse.lookup.json_form import SCHEMA_VERSION, document
from retail_lakehouse.lookup.known_runs import KnownRuns
from told_facts import DOCUMENTS, example, fields_of, found_in

GUIDE = (Path(__file__).parents[2] / "docs" / "terminal.md").read_text("utf-8")
NASTY = 'MUG\x1b[2J\u202e\x9b31m\x7f "é\ud800'
each_document = pytest.mark.parametrize("name", DOCUMENTS)


def described(name: str) -> dict[str, str]:
    """Fields and types that the guide has of the document."""
    section = GUIDE.partition(f"\n### {name}\n")[2].partition("\n#")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE))


@each_document
def test_the_guide_describes_every_field_and_no_other(name):
    assert described(name) == dict(fields_of(DOCUMENTS[name]))


def test_the_guide_describes_every_document_and_no_other():
    listed = re.findall(r"^### (\w+)$", GUIDE, re.MULTILINE)
    assert listed == list(DOCUMENTS)
    assert f"`schema_version`, now {SCHEMA_VERSION}" in GUIDE


@each_document
def test_what_is_printed_has_the_fields_of_the_guide(name):
    said = json.loads(document(name, example(DOCUMENTS[name])))
    head = {"document": name, "schema_version": SCHEMA_VERSION}
    assert list(said.items())[:2] == list(head.items())
    paths = {path.replace(".MUG", ".*") for path in found_in(said)} - set(head)
    objects = {path for path, kind in described(name).items() if kind.startswith("object")}
    assert paths == set(described(name)) - objects


@each_document
def test_texts_come_whole_and_cannot_move_the_terminal(name):
    text = document(name, example(DOCUMENTS[name], NASTY))
    assert all(" " <= c <= "~" or c == "\n" for c in text)
    assert json.dumps(NASTY) in text
    assert NASTY in str(json.loads(text)) or repr(NASTY) in str(json.loads(text))


def test_a_number_that_is_none_is_null():
    (run,) = example(KnownRuns).runs
    broken = KnownRuns((type(run)(**vars(run) | {"metrics": {"a": math.nan, "b": math.inf}}),))
    (said,) = json.loads(document("runs", broken))["runs"]
    assert said["metrics"] == {"a": None, "b": None}


def test_money_days_and_times_are_as_the_guide_says():
    said = json.loads(document("customer", example(DOCUMENTS["customer"])))
    assert said["customer"]["monetary"] == 12.5
    assert said["customer"]["as_of"] == "2011-12-10"
    status = json.loads(document("status", example(DOCUMENTS["status"])))
    assert status["tables"][0]["written_at"] == "2011-12-09T12:50:00+00:00"
    assert said["expected"]["due_this_week"] is True
