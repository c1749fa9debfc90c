"""What commands that only look print: from made-up facts, so no Spark in here."""

import io
import json
from dataclasses import replace
from datetime import date

import pytest

from retail_lakehouse.display import board, customer, json_out, lookups, screen, summary
from retail_lakehouse.display.grids import product, runs, state
from retail_lakehouse.lookup.home_state import HomeState
from retail_lakehouse.lookup.known_customer import KnownCustomer
from retail_lakehouse.lookup.known_product import KnownProduct, Listing
from retail_lakehouse.lookup.known_runs import KnownRuns
from retail_lakehouse.lookup.known_segments import KnownSegments
from retail_lakehouse.lookup.run_outcome import RunOutcome
from retail_lakehouse.plain_text import MARK
from told_facts import example

NASTY = "MUG [/] [bold]:bomb:\x1b[2J\u202e"
SHOWN = f"MUG [/] [bold]:bomb:{MARK}[2J{MARK}"
PARTS = {
    KnownCustomer: customer.parts,
    KnownSegments: lookups.segment_parts,
    KnownProduct: product.parts,
    KnownRuns: runs.parts,
    HomeState: state.parts,
    RunOutcome: summary.parts,
}


def printed(kind, facts) -> str:
    console = screen.new_console(width=300, file=io.StringIO())
    for part in PARTS[kind](facts):
        console.print(part)
    return console.file.getvalue()


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_texts_are_shown_by_their_very_names(kind):
    text = printed(kind, example(kind, NASTY))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert SHOWN in text


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_the_demo_shop_is_called_so(kind):
    assert screen.DEMO_WARNING in printed(kind, example(kind, "demo"))
    assert screen.DEMO_WARNING not in printed(kind, example(kind, "files"))


def test_a_product_says_what_was_sold_and_who_gets_it():
    facts = example(KnownProduct)
    text = printed(KnownProduct, replace(facts, lists=(Listing("for_you", 1200, ("17", "4")),)))
    assert "MUG (MUG): 12.5 units, 12.50 MUG, 7 customers; sold from 2011-12-09" in text
    assert "rank 7 of 7 by revenue" in text
    assert ["7", "MUG", "MUG", "0.250", "7"] in rows(text)
    assert ["For you", "1,200", "17, 4"] in rows(text)


def test_a_product_without_neighbours_and_lists_says_so():
    text = printed(KnownProduct, replace(example(KnownProduct), similar=(), lists=()))
    assert "No product goes with it" in text
    assert "It stands in no customer's list." in text


def test_units_are_never_written_with_an_exponent():
    facts = example(KnownProduct)
    many = replace(facts.product, units=facts.product.units * 96)
    assert ": 1,200 units" in printed(KnownProduct, replace(facts, product=many))


def test_runs_say_version_state_and_gates():
    (run,) = example(KnownRuns).runs
    done = replace(run, model="m", state="finished", stage="", failures="", aliases=("champion",))
    going = replace(
        run, model="m", state="running", stage="ALS", seconds=None, version=None, metrics={}
    )
    text = printed(KnownRuns, KnownRuns((done, going)))
    began = "2011-12-09 12:50"
    assert ["m", "7", "2011-12-10", "champion", "finished", began, "0"] in rows(text)
    assert ["m", "", "2011-12-10", "MUG", "running: ALS", began, ""] in rows(text)
    assert "m version 7: MUG 0.250" in text
    assert "m run MUG did not pass its gates: MUG" in text


def test_status_says_how_fresh_and_what_waits():
    facts = example(HomeState)
    text = printed(HomeState, facts)
    assert "MUG (MUG, source MUG): last line of 2011-12-10, segments as of 2011-12-10" in text
    assert ["MUG", "7", "2011-12-10", "7", "2011-12-09 12:50"] in rows(text)
    assert ["MUG", "MUG", "7", "2011-12-09 12:50", "2011-12-10"] in rows(text)
    assert "MUG version 7 (MUG) did not pass its gates: MUG" in text
    assert "Landed and not in bronze yet: MUG" in text
    assert ["MUG", "MUG"] in rows(text)


def test_status_of_a_home_in_order_and_of_a_new_one():
    facts = replace(example(HomeState), files_waiting=(), steps_waiting=())
    assert "Nothing waits: the next run would change no table." in printed(HomeState, facts)
    new = replace(
        facts, tables=(), models=(), last_line_on=None, as_of=None, source_kind="",
        files_waiting=tuple("abcdefg"),
    )  # fmt: skip
    text = printed(HomeState, new)
    assert "(MUG): nothing is cleaned yet, nothing is published yet" in text
    assert "not in bronze yet: a, b, c, d, e and 2 more" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_json_stands_alone_on_standard_output(as_json, capsys, monkeypatch):
    monkeypatch.setattr(board.console, "stderr", False)
    with json_out.progress_aside(as_json):
        board.console.print("working")
        json_out.show("runs", example(KnownRuns), runs.parts, as_json)
    said = capsys.readouterr()
    assert board.console.stderr is False
    if as_json:
        assert json.loads(said.out)["document"] == "runs"
        assert said.err == "working\n"
    else:
        assert said.out.startswith("working\n")
        assert "Trainings" in said.out
        assert said.err == ""


def test_what_is_printed_as_a_table_and_as_json_is_the_same_day():
    facts = replace(example(HomeState), last_line_on=date(2020, 2, 29))
    assert "last line of 2020-02-29" in printed(HomeState, facts)


def test_no_color_leaves_styles_without_colours(monkeypatch):
    """31 to 37 and 90 to 97 are colours, 1 and 2 bold and dim."""

    def coloured() -> str:
        console = screen.new_console(
            width=200, file=io.StringIO(), force_terminal=True, color_system="truecolor"
        )
        console.print(screen.demo_panel())
        return console.file.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "33m" in coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in coloured()
    assert screen.DEMO_WARNING in coloured()
