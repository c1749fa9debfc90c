"""Files for people: whole or not at all, with what they were made from, and forgotten in time."""

from types import SimpleNamespace

import pytest

from retail_lakehouse.assets import REPORT
from retail_lakehouse.care import forget as forgetting
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.machine import home as homes
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness import documents, inputs
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import Step, StepResult

HEAD = '<!doctype html><meta name="made-from" content="{}">'


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def test_a_document_says_what_it_was_made_from(settings):
    path = documents.write(settings, REPORT, HEAD.format("0a1b"))
    assert path == settings.home / "report.html"
    assert documents.made_from(path) == "0a1b"
    path.write_text("x" * 5000 + HEAD.format("0a1b"))
    assert documents.made_from(path) == ""
    path.write_bytes(b"\xff\xfe\x00")
    assert documents.made_from(path) == ""
    path.unlink()
    assert documents.made_from(path) == ""


def test_a_write_that_fails_leaves_the_older_one(settings, monkeypatch):
    path = documents.write(settings, REPORT, "whole")

    def full(part, text, encoding):
        part.write_bytes(b"ha")
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="No space"):
        documents.write(settings, REPORT, "half")
    assert path.read_text() == "whole"
    # What is left of it goes when somebody writes to the home again.
    assert [p.name for p in settings.home.glob("*.part")] == ["report.html.part"]
    monkeypatch.undo()
    with homes.writing(settings.home, settings.landing_dir):
        assert [*settings.home.glob("*.part")] == []


def test_on_a_catalog_it_wants_the_volume(tmp_path):
    settings = Settings(catalog="shop", schema_prefix="dev_", landing=tmp_path)
    with pytest.raises(SettingsError, match=r"no volume /Volumes/shop/dev_gold/report .* deploy"):
        documents.write(settings, REPORT, "")


def step(work=lambda io: StepResult(0, 0)):
    return Step("report", "Write", (), (REPORT,), work, rebuilds=True)


def test_a_step_whose_input_is_as_it_was_writes_no_document(settings, monkeypatch):
    monkeypatch.setattr(inputs, "made_from", lambda step, context: "0a1b")
    context = SimpleNamespace(
        settings=settings, counted=lambda reads, writes, note: StepResult(0, 0, note)
    )
    written = []

    def work(io: StepIO) -> StepResult:
        written.append(io.write(REPORT, HEAD.format))
        return StepResult(0, 0, "written")

    notes = [step(work).run(context).note for _ in range(2)]
    assert notes == ["written", "unchanged"]
    assert len(written) == 1
    monkeypatch.setattr(inputs, "made_from", lambda step, context: "ffff")
    assert step(work).run(context).note == "written"
    # Somebody removed it: it is made again.
    written[0].unlink()
    assert step(work).run(context).note == "written"


def test_other_pages_of_the_same_program_are_another_program(tmp_path, monkeypatch):
    """What a page looks like is no Python: a style of another version makes another report."""
    monkeypatch.setattr(inputs, "_PACKAGE", tmp_path)
    hashes = set()
    for style in ("body {}", "p {}"):
        (tmp_path / "report.css").write_text(style)
        (tmp_path / "a.pyc").write_text(style)
        inputs._code.cache_clear()
        hashes.add(inputs._code())
    (tmp_path / "a.pyc").write_text("other")
    inputs._code.cache_clear()
    hashes.add(inputs._code())
    inputs._code.cache_clear()
    assert len(hashes) == 2


def test_forget_removes_the_report(settings, monkeypatch):
    """Its search knows customers by name."""
    path = documents.write(settings, REPORT, "customer 13085")
    part = path.with_name("report.html.part")
    part.write_text("customer 130")
    people = SimpleNamespace(secrets={"13085": "s"}, since=None)
    monkeypatch.setattr(forgetting.people, "under_way", lambda landing: None)
    monkeypatch.setattr(forgetting.people, "begin", lambda *_: people)
    monkeypatch.setattr(forgetting.people, "finish", lambda landing: None)
    monkeypatch.setattr(forgetting.keeping_out, "keep_out", lambda *_: None)
    monkeypatch.setattr(forgetting.keeping_out, "kept_columns", lambda landing: ())
    for name in ("_need_all", "_first_day", "_from_reasons", "_purge"):
        monkeypatch.setattr(forgetting, name, lambda *_: None)
    for name in ("_from_landing", "_from_tables", "_models"):
        monkeypatch.setattr(forgetting, name, lambda *_: ())
    done = forgetting.forget(SimpleNamespace(settings=settings), ["13085"])
    assert done.removed == (
        forgetting.Removed("report.html", "file removed: the step 'report' makes it again", 1),
    )
    assert not path.exists()
    assert not part.exists()
