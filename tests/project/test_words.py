"""The dashboard says what the report says with the same words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboards import titles
from dashboards.build import PAGES as BOARD
from dashboards.widgets import Text
from report_facts import DEMO
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.report.pages import PAGES as REPORT
from retail_lakehouse.tables.lists import TITLES

# The dashboard shows the shop of the last run and the last window, whichever these are.
LATEST = {
    "who moved in the last whole month": "who moved in november 2011",
    "how good forecasts of the last 90 days were": "how good forecasts of 90 days from",
}
# What the report says about nothing, or with the segment, list or currency beside it.
ONLY_THERE = {
    "as of",
    "lines received", "checks that failed", "share of lines rejected, by as-of date",
    "drift against the training customers", "drift against the month before", "psi", "feature",
    "month's end", "into", "customers who moved into a segment", "spent",
    "revenue from known customers", "of all customers", "of all revenue", "of all products",
    "list (coverage, most recommended)", "most recommended", "the last window",
    "products judged", "novelty, bits",
    "order within 30 days", "orders in 90 days", "each, in 12 months",
}  # fmt: skip


def of_report(thing) -> Iterator[str]:
    """Titles, headings and labels of a page's block, and of the table behind it."""
    for name in ("title", "question", "label", "text"):
        if isinstance(words := getattr(thing, name, None), str):
            yield words
    for part in (*getattr(thing, "items", ()), *getattr(thing, "headings", ())):
        yield from of_report(part)
    if table := getattr(thing, "table", None):
        yield from of_report(table)


def judged_twice() -> Facts:
    """With an earlier window and another ranking in each scope: all that the report may show."""
    lists = DEMO.recommendations
    judged = [*lists.judged]
    judged += [replace(one, ranking="als") for one in judged if one.scope == "repeat"]
    judged += [
        replace(one, window_start=one.window_start - timedelta(days=30)) for one in [*judged]
    ]
    return replace(DEMO, recommendations=replace(lists, judged=tuple(judged)))


@pytest.fixture(scope="module")
def report():
    """In small letters; what was spent stands there in the shop's currency."""
    found = {page.title for page in REPORT}
    for page in REPORT:
        for block in page.blocks(judged_twice()):
            found.update(of_report(block))
    return {words.lower().replace(DEMO.shop.currency.lower(), "spent") for words in found}


def fields(encodings) -> Iterator[str]:
    if isinstance(encodings, dict):
        if "displayName" in encodings:
            yield encodings["displayName"]
        for value in encodings.values():
            yield from fields(value)
    elif isinstance(encodings, list):
        for value in encodings:
            yield from fields(value)


def board() -> set[str]:
    """Titles of pages and widgets, and their fields' labels, in small letters."""
    found = {page.title for page in BOARD}
    for page in BOARD:
        for widget in (one for row in page.rows for one in row.widgets):
            if not isinstance(widget, Text):
                spec = widget.content()["spec"]
                found |= {spec["frame"]["title"], *fields(spec["encodings"])}
    return {words.lower() for words in found}


# Axes are drawn, and stand in no heading.
AXES = {"chance that was said", "share who ordered"}


@pytest.mark.parametrize("words", sorted(board() - ONLY_THERE - AXES))
def test_the_report_uses_the_same_words(words, report):
    if words in LATEST:
        assert any(said.startswith(LATEST[words]) for said in report), words
    else:
        assert words in report


def test_what_only_the_dashboard_says_is_said_there():
    assert board() >= ONLY_THERE


def test_axes_have_the_same_names():
    drawn = str(
        [block.spec for page in REPORT for block in page.blocks(DEMO) if block.kind == "chart"]
    )
    assert {words for words in AXES if words in drawn} == AXES <= board()


def test_lists_and_rankings_are_called_as_in_the_report():
    assert titles.LISTS == TITLES
    assert titles.in_words("SELECT TITLE_OF_LIST(r.list) AS list") == (
        "SELECT CASE r.list WHEN 'for_you' THEN 'For you' WHEN 'discover' THEN 'To discover' "
        "WHEN 'buy_again' THEN 'To buy again' ELSE r.list END AS list"
    )
    said = titles.in_words("TITLE_OF_RANKING(ranking)")
    assert "WHEN 'own_then_recent' THEN 'own, then recent'" in said
    assert r"THEN 'ALS, Spark\'s defaults'" in said


def test_names_of_no_known_kind_are_refused():
    with pytest.raises(ValueError, match="TITLE_OF_COLOUR is unknown: there are titles of LIST"):
        titles.in_words("SELECT TITLE_OF_COLOUR(x)")
