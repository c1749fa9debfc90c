"""When a step's tables can be brought up to date, and when they are made anew."""

from dataclasses import replace

import pytest

from retail_lakehouse.steps.harness.following import Since
from retail_lakehouse.steps.harness.progress import ELSEWHERE, FIRST, Progress, why_anew
from retail_lakehouse.tables import INVOICE_LINES

PARTS = {"the program": "a", "the shop's description": "b"}
OWN = {"silver.sales": (4, "x"), "silver.returns": (3, "y")}
KEPT = Progress("hash", PARTS, {"bronze.invoice_lines": (7, "z")}, OWN, "2011-12-10")


def test_progress_is_read_back_as_it_was_written():
    assert Progress.read(KEPT.as_text()) == KEPT


@pytest.mark.parametrize("text", [None, "", "{", "[]", "3", '{"source": "hash"}'])
def test_what_another_version_wrote_is_no_progress(text):
    assert Progress.read(text) is None


CASES = {
    "as it was": (KEPT, PARTS, OWN, (7, "z"), ""),
    "more lines": (KEPT, PARTS, OWN, (9, "w"), ""),
    "never ran": (None, PARTS, OWN, (7, "z"), FIRST),
    "another program": (
        KEPT, PARTS | {"the program": "c"}, OWN, (7, "z"), "the program has changed",
    ),
    "another description": (
        KEPT, PARTS | {"the shop's description": "c"}, OWN, (7, "z"),
        "the shop's description has changed",
    ),
    "something it did not ask for before": (
        replace(KEPT, parts={"the program": "a"}), PARTS, OWN, (7, "z"),
        "the shop's description has changed",
    ),
    "its own tables changed": (KEPT, PARTS, OWN | {"silver.sales": (5, "v")}, (9, "w"), ELSEWHERE),
    "its own tables are gone": (KEPT, PARTS, {}, (9, "w"), ELSEWHERE),
    "a table of that name": (
        KEPT, PARTS, OWN, (7, "other"), "bronze.invoice_lines is another table",
    ),
    "an older table": (KEPT, PARTS, OWN, (2, "q"), "bronze.invoice_lines is another table"),
}  # fmt: skip


@pytest.mark.parametrize(("kept", "parts", "own", "now", "why"), CASES.values(), ids=CASES)
def test_why_tables_are_made_anew(kept, parts, own, now, why):
    assert why_anew(kept, parts, own, {"bronze.invoice_lines": now}) == why


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        ({}, ""),
        ({"insert": 20}, ""),
        ({"insert": 21}, "more than 20% of bronze.invoice_lines is new"),
        ({"insert": 1, "delete": 1}, "lines were removed from bronze.invoice_lines"),
        ({"update_preimage": 1}, "lines were removed from bronze.invoice_lines"),
    ],
)
def test_changes_that_are_too_many_or_not_additions_are_not_followed(kinds, why):
    since = Since("", kinds={INVOICE_LINES: kinds})
    assert since.anew_if(INVOICE_LINES, lambda: 100, 0.2, adds_only=True) == why
    assert Since(FIRST).anew_if(INVOICE_LINES, lambda: 100, 0.2) == FIRST
    assert since.nothing(INVOICE_LINES) == (not kinds)
