"""The guides lead where they say, and figures of experiments stand in one of them."""

import re

import pytest
import table_guide

from asset_bundle import ROOT
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import ModelKind
from retail_lakehouse.tables.schema import Column, Table

GUIDES = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)


def anchors(guide):
    """The headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", guide.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@each_guide
def test_links_lead_to_files_and_headings(guide):
    for link in re.findall(r"\]\(([^)\s]+)\)", guide.read_text()):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (guide.parent / path).resolve() if path else guide
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_guide_is_linked_from_the_readme_or_contributing():
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    for guide in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{guide.name})" in text


def test_steps_of_the_guides_are_those_of_the_run():
    steps = {step.name for step in pipeline.STEPS}
    commands = (ROOT / "README.md").read_text().partition("\n## Commands\n")[2]
    named = commands.partition(":")[2].partition(".")[0]
    assert set(re.findall(r"`([\w-]+)`", named)) == steps
    times = (ROOT / "docs" / "deploy.md").read_text().partition("\n| step |")[2]
    rows = re.findall(r"^\| `([\w-]+)` \|", times.partition("\n\n")[0], re.MULTILINE)
    assert sorted(rows) == sorted(steps)


def test_the_picture_of_the_readme_has_the_steps_as_they_follow_and_their_tables():
    text = (ROOT / "README.md").read_text().partition("```mermaid\n")[2].partition("```")[0]
    labels = dict(re.findall(r'(\w+)\["([^"]+)"\]', text))
    named = {identity: label.partition("<br/>")[0] for identity, label in labels.items()}
    edges = re.findall(r"^ +(\w+)\S* *(?:\S.*)?--> (\w+)", text, re.MULTILINE)
    drawn = {(named.get(start), named[end]) for start, end in edges}
    follow = {
        (before, step.name) for step in pipeline.STEPS for before in pipeline.depends_on(step)
    }
    assert drawn == {(None, "land"), *follow}
    for identity, name in named.items():
        shown = set(re.split(r"<br/>| · ", labels[identity])[1:])
        step = pipeline.STEPS_BY_NAME[name]
        assert {table.name for table in t.written_by(name)} <= shown
        models = {f"model {asset.name}" for asset in step.writes if isinstance(asset, ModelKind)}
        assert {word for word in shown if word.startswith("model ")} == models


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", "CHANGELOG.md", "src/retail_lakehouse/settings.py"]
)
def test_figures_of_experiments_stand_in_their_guide_alone(name):
    """A metric, such as .151, and a time, such as 17:27, are of the day they were taken."""
    assert re.findall(r"(?<![\w.])\.\d{2,4}\b|\b\d+:\d\d\b", (ROOT / name).read_text()) == []


def test_every_experiment_says_what_came_of_it():
    """Tables of experiments end with whether it was kept, those of mere times with the command."""
    text = (ROOT / "docs" / "experiments.md").read_text()
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert tables
    for table in tables:
        head, rule, *rows = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
        ]
        assert head[-1] in ("kept", "command")
        assert rows
        assert {len(row) for row in rows} == {len(head)} == {len(rule)}


def test_the_data_dictionary_is_what_make_tables_makes():
    assert table_guide.FILE.read_text(encoding="utf-8") == table_guide.guide()


@pytest.mark.parametrize("table", (*t.TABLES, *t.BACKTEST_TABLES), ids=lambda x: x.full_name)
def test_the_data_dictionary_has_every_column_and_check(table):
    text = table_guide.FILE.read_text(encoding="utf-8")
    section = text.partition(f"\n### {table.full_name}\n")[2].partition("\n##")[0]
    assert table.grain in section
    assert f"Written by `{table.written_by}`" in section
    for column in table.columns:
        comment = column.comment.replace("{currency}", "the shop's currency")
        assert re.search(rf"^\| `{column.name}` \| .* \| {re.escape(comment)} \|$", section, re.M)
    for name, condition in table.checks:
        assert f"| `{name}` | `{condition}` |" in section


def test_a_bar_does_not_end_a_cell_of_the_data_dictionary(monkeypatch):
    column = Column("one", "INT", "this | that")
    table = Table(layer="gold", name="new", grain="One", key=("one",), columns=(column,))
    monkeypatch.setattr(table_guide, "TABLES", (table,))
    assert "| `one` | `INT` |  | this \\| that |" in table_guide.guide()
