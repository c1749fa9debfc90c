"""Every command that the guides show is one: parsed here; test_shown.py runs them."""

import re
from itertools import chain

import click
import pytest

from asset_bundle import ROOT
from guides import GUIDES, IN_BLOCKS, IN_SENTENCES, NAME, blocks, calls, inline, own
from retail_lakehouse.cli import app
from retail_lakehouse.landing import demo
from retail_lakehouse.settings import DEMO_ROWS

MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()
# Of 'databricks bundle': test_commands.py looks at the values.
DATABRICKS = {"--params", "--var"}
PROGRAMS = "".join(
    path.read_text()
    for folder in ("scripts", "benchmarks")
    for path in (ROOT / folder).glob("*.py")
)
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)


def command(words):
    """The command of that name; an assertion fails where there is none."""
    assert words[0] in app.commands, f"{NAME} has no command {words[0]}"
    return app.commands[words[0]]


def parse(words):
    """As the command line does it. Raises UsageError where it would."""
    command(words).make_context(words[0], list(words[1:]))


def options_of(found):
    return {name for parameter in found.params for name in parameter.opts} | {"--help", "--version"}


def test_guides_show_commands():
    assert len(IN_BLOCKS) > 15
    assert len(IN_SENTENCES) > 5


@pytest.mark.parametrize("words", IN_BLOCKS, ids=" ".join)
def test_a_command_in_a_block_is_parsed(words):
    parse(words)


@pytest.mark.parametrize("words", IN_SENTENCES, ids=" ".join)
def test_a_command_in_a_sentence_is_parsed(words):
    """Named alone, it is the command itself that is meant, whatever it needs."""
    if len(words) == 1:
        command(words)
    else:
        parse(words)


def test_a_line_may_call_several_programs():
    line = f"{NAME} silver --home a && {NAME} gold > out.txt && … | jq -r '.a | .b'  # a remark"
    assert list(own([line])) == [["silver", "--home", "a"], ["gold"]]


@pytest.mark.parametrize(
    "line",
    [
        "run --hom x",
        "export lists out.csv",
        "customer",
        "backtest --windows 0",
        "silver --home a b",
    ],
)
def test_what_is_no_command_would_be_found(line):
    with pytest.raises(click.UsageError):
        parse(line.split())


@each_guide
def test_options_within_sentences_exist(guide):
    """Of the command that stands before them, or else of any."""
    every = set().union(*map(options_of, app.commands.values()))
    for code in inline(guide.read_text()):
        words = code.removeprefix(f"{NAME} ").split()
        options = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
        if code.startswith(("databricks ", "python ")):
            continue
        if words and words[0] in app.commands:
            assert options <= options_of(app.commands[words[0]]), code
        for option in options - every - DATABRICKS:
            assert f'"{option}"' in PROGRAMS, code


@each_guide
def test_targets_of_make_and_their_variables_exist(guide):
    text = guide.read_text()
    lines = [line for line in chain(blocks(text), inline(text)) if line.startswith("make ")]
    for _, target, *variables in chain.from_iterable(map(calls, lines)):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for variable in variables:
            assert f"$({variable.partition('=')[0]})" in MAKEFILE, variable


@each_guide
def test_programs_that_python_runs_exist(guide):
    text = guide.read_text()
    for line in chain(blocks(text), inline(text)):
        if line.startswith("python "):
            path = ROOT / line.split()[1]
            assert path.is_file(), line
            for option in re.findall(r"--[a-z-]+", line):
                assert f'"{option}"' in path.read_text(), line


@pytest.mark.parametrize("name", app.commands)
def test_the_readme_names_every_command(name):
    assert re.search(rf"`(?:{NAME} )?{name}[ `]", README)


@pytest.mark.slow
def test_the_customer_of_the_tour_is_one_of_the_demo_shop(tmp_path):
    (customer,) = {
        w[1] for w in own(blocks(README)) if "lakehouse-demo" in w and w[0] == "customer"
    }
    demo.write(DEMO_ROWS, tmp_path / "demo.csv")
    lines = (tmp_path / "demo.csv").read_text().splitlines()
    assert len([line for line in lines if f",{customer}," in line]) > 100
