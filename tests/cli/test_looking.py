"""Commands that only look, where there is nothing to see yet, and what shells are told of them."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from retail_lakehouse import cli
from retail_lakehouse.cli import app
from retail_lakehouse.steps.harness import context

pytestmark = pytest.mark.no_spark
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    def no_session(*_, **__):
        raise AssertionError("nothing here needs Spark")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETAIL_LAKEHOUSE_HOME", raising=False)
    monkeypatch.setattr(context, "get_session", no_session)


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("status", "There is nothing in lakehouse yet: run 'retail-lakehouse run' first."),
        ("runs", "No model was trained in lakehouse yet: run 'retail-lakehouse run' first."),
    ],
)
def test_an_empty_home_is_one_sentence_and_nothing_else(
    command, says, options, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(sys, "argv", ["retail-lakehouse", command, *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"retail-lakehouse: {says}\n")
    assert list(tmp_path.iterdir()) == []


def test_looking_takes_no_number_below_one():
    answer = CliRunner().invoke(app, ["runs", "--last", "0"])
    assert answer.exit_code == 2


@pytest.mark.parametrize("option", [("--write", "a.csv"), ("--load", "a.csv")])
def test_json_of_rejects_is_for_looking(option):
    answer = CliRunner().invoke(app, ["rejects", "--json", *option])
    assert str(answer.exception) == "--json is for looking: leave it out, or --write and --load."


def test_inspect_says_the_same_as_json_and_writes_aside(tmp_path):
    line = "489434,85048,LIGHTS\x1b[2J,12,2009-12-01 07:45:00,6.95,13085,France"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{line}\n")
    answer = CliRunner().invoke(app, ["inspect", "a.csv", "--json", "--write", "shop.toml"])
    assert answer.exit_code == 0
    said = json.loads(answer.stdout)
    assert (said["document"], said["lines"], said["sampled"]) == ("inspect", 1, 1)
    columns = {one["ours"]: (one["theirs"], one["example"]) for one in said["columns"]}
    assert columns["stock_code"] == ("StockCode", "85048")
    assert columns["description"] == ("Description", "LIGHTS\x1b[2J")
    assert said["outcomes"] == [{"outcome": "sale", "lines": 1, "examples": ["489434"]}]
    assert said["sheets"][0]["file"] == "a.csv"
    assert said["unclear"] == []
    assert said["shop_toml"] == (tmp_path / "shop.toml").read_text()
    assert answer.stderr.startswith("\nWritten to shop.toml: check it")


def test_inspect_of_what_is_unclear_says_what_would_settle_it(tmp_path):
    names = "Order ID,SKU,Qty,Order Date,Price,Client ID"
    (tmp_path / "a.csv").write_text(f"{names}\n7001,AB1,2,1/2/2023,2.50,C-1\n")
    said = json.loads(CliRunner().invoke(app, ["inspect", "a.csv", "--json"]).stdout)
    (unclear,) = said["unclear"]
    assert (unclear["key"], unclear["where"]) == ("format.dates", "a.csv")
    assert unclear["answers"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(shell):
    """As docs/terminal.md has it."""
    told = _completed(_RETAIL_LAKEHOUSE_COMPLETE=f"{shell}_source")
    assert "_RETAIL_LAKEHOUSE_COMPLETE" in told
    assert "retail-lakehouse" in told


def test_shells_complete_commands_and_options():
    words = {"COMP_WORDS": "retail-lakehouse sta", "COMP_CWORD": "1"}
    assert _completed(_RETAIL_LAKEHOUSE_COMPLETE="bash_complete", **words) == "plain,status\n"
    words = {"COMP_WORDS": "retail-lakehouse runs --js", "COMP_CWORD": "2"}
    assert _completed(_RETAIL_LAKEHOUSE_COMPLETE="bash_complete", **words) == "plain,--json\n"


def _completed(**variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "retail_lakehouse.cli"],
        env=os.environ | variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_help_names_the_commands_that_look():
    told = CliRunner().invoke(app, ["--help"]).output
    for command in ("customer", "product", "runs", "segments", "status"):
        assert f"\n  {command} " in told
