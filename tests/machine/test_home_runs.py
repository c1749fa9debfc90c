"""What happens to a home's tables and models when it is moved, shared, killed over or filled up."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import AS_OF, RECOMMENDER, SEGMENTS, SOURCE_KIND
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness import inputs
from retail_lakehouse.steps.harness.step import Step, StepResult
from retail_lakehouse.tracking import Tracking, store
from runs import ANY_SEGMENTS, context, run
from support import CSV_HEADER, bronze_row

_OF_OTHERS = ("MLFLOW_", "PYSPARK_", "SPARK_")
LINE = "1,22423,CAKE STAND,2,2011-12-09 12:00:00,12.75,1,France\n"


def versions(lakehouse: Lakehouse) -> dict[str, int]:
    return {table.full_name: lakehouse.version(table) for table in t.TABLES}


def test_equal_input_writes_nothing(shop, workbook):
    before = versions(shop.lakehouse)
    files = sorted(shop.settings.home.rglob("*.parquet"))
    run(context(shop.settings.home, str(workbook)))
    assert versions(shop.lakehouse) == before
    assert sorted(shop.settings.home.rglob("*.parquet")) == files


def test_another_program_or_setting_makes_tables_anew(shop, monkeypatch):
    def source(*reads, **settings):
        step = Step("test", "Read", reads, (), lambda io: StepResult(0, 0))
        return inputs.made_from(step, context(shop.settings.home, **settings))

    of_sales = source(t.SALES, AS_OF)
    assert of_sales == source(t.SALES, AS_OF) != ""
    # The day after the last line is what as_of is by itself.
    assert of_sales == source(t.SALES, AS_OF, as_of=date(2011, 12, 10))
    assert of_sales != source(t.SALES, AS_OF, as_of=date(2011, 12, 9))
    assert of_sales != source(t.RETURNS, AS_OF)
    assert of_sales != source(t.SALES, SEGMENTS, AS_OF)
    assert of_sales != source(t.SALES, SOURCE_KIND, AS_OF)
    assert of_sales != source(t.SALES, AS_OF, segments=replace(ANY_SEGMENTS, k=4))
    # Silver holds all lines, whatever the day that the run sees.
    assert source(t.INVOICE_LINES) == source(t.INVOICE_LINES, as_of=date(2011, 12, 10))
    monkeypatch.setattr(inputs, "_code", lambda: "of another version")
    assert of_sales != source(t.SALES, AS_OF)
    assert source(t.RECOMMENDATION_BACKTEST) == ""


@pytest.mark.parametrize("original", ["gone", "there"])
def test_a_home_can_be_moved_and_copied(shop, tmp_path, original):
    first, home = tmp_path / "first", tmp_path / "shop [2023] 100% a?x"
    shutil.copytree(shop.settings.home, first)
    made = Tracking(Settings(home=first))
    expected = {kind: made.champion(kind).version for kind in (SEGMENTS, RECOMMENDER)}
    if original == "gone":
        shutil.move(first, home)
    else:
        shutil.copytree(first, home)
    before = _files(first)
    moved = context(home)
    for name in ("publish-segments", "segment-history", "publish-recommendations"):
        for table in pipeline.STEPS_BY_NAME[name].tables:
            shutil.rmtree(moved.lakehouse.path(table))
        pipeline.STEPS_BY_NAME[name].run(moved)
    assert {kind: moved.tracking.champion(kind).version for kind in expected} == expected
    assert moved.lakehouse.read(t.RECOMMENDATIONS).count() == (
        shop.lakehouse.read(t.RECOMMENDATIONS).count()
    )
    assert _files(first) == before


def _files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_bronze_is_not_doubled_by_two_that_look_at_once(lakehouse, frame):
    lakehouse.create(t.INVOICE_LINES, "files")
    rows = frame(t.INVOICE_LINES, [bronze_row(1, "489434", "85048", "1", "2010-01-04 10:00", "2")])
    seen = lakehouse.version(t.INVOICE_LINES)
    lakehouse.append_after(t.INVOICE_LINES, rows, seen)
    lakehouse.append_after(t.INVOICE_LINES, rows, seen)
    assert lakehouse.read(t.INVOICE_LINES).count() == 1
    more = frame(t.INVOICE_LINES, [bronze_row(2, "489434", "85049", "1", "2010-01-04 10:00", "2")])
    lakehouse.append_after(t.INVOICE_LINES, more, lakehouse.version(t.INVOICE_LINES))
    assert lakehouse.read(t.INVOICE_LINES).count() == 2


@pytest.fixture
def demo_home(shop, tmp_path, monkeypatch) -> Path:
    """A home in which the demo shop was run as far as its first champion."""
    monkeypatch.setattr("retail_lakehouse.landing.land.DEMO_ROWS", 3000)
    names = ("land", "bronze", "silver", "gold", "train-segments")
    run(context(tmp_path / "home", "demo"), tuple(pipeline.STEPS_BY_NAME[name] for name in names))
    return tmp_path / "home"


def test_the_demo_shop_makes_way_wholly_even_if_killed_over(demo_home, tmp_path, monkeypatch):
    real = tmp_path / "real.csv"
    real.write_text(CSV_HEADER + LINE)
    ran = context(demo_home, str(real))
    assert ran.tracking.find_champion(SEGMENTS, "demo") is not None
    pipeline.STEPS_BY_NAME["land"].run(ran)
    dropped, drop = [], Lakehouse.drop

    def killed(lakehouse, table):
        if len(dropped) == 3:
            raise KeyboardInterrupt
        dropped.append(table)
        drop(lakehouse, table)

    monkeypatch.setattr(Lakehouse, "drop", killed)
    with pytest.raises(KeyboardInterrupt):
        pipeline.STEPS_BY_NAME["bronze"].run(ran)
    monkeypatch.setattr(Lakehouse, "drop", drop)
    assert ran.lakehouse.source_kind(t.INVOICE_LINES) == "demo"
    pipeline.STEPS_BY_NAME["bronze"].run(ran)
    left = [table for table in t.TABLES if ran.lakehouse.exists(table)]
    assert left == [t.INVOICE_LINES, t.BATCHES]
    assert ran.lakehouse.read(t.INVOICE_LINES).count() == 1
    for kind in (SEGMENTS, RECOMMENDER):
        assert ran.tracking.find_champion(kind, "demo") is None
        assert ran.tracking.find_champion(kind, "files") is None
    assert store.unfinished(demo_home) == []


def test_a_champion_of_another_shop_does_not_count(shop):
    assert shop.tracking.find_champion(SEGMENTS, "files") is not None
    assert shop.tracking.find_champion(SEGMENTS, "uci") is None


def test_a_full_disk_is_one_sentence_and_changes_no_table(shop, tmp_path):
    """In a process of its own, as a disk of 12 MB can be made by root only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)])
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        home = disk / "home"
        for part in ("landing", "warehouse/bronze"):
            shutil.copytree(shop.settings.home / part, home / part)
        (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - 60_000))
        before = _files(home / "warehouse")
        answer = subprocess.run(
            [sys.executable, "-m", "retail_lakehouse.cli", "silver", "--home", str(home)],
            capture_output=True,
            text=True,
            # The suite's own Spark and MLflow leave variables, which the command would name.
            env={k: v for k, v in os.environ.items() if not k.startswith(_OF_OTHERS)},
        )
        assert answer.returncode == 2, answer.stderr[-3000:]
        assert answer.stderr.count("\n") == 1
        assert "No space is left" in answer.stderr
        kept = _files(home / "warehouse" / "bronze")
        assert kept == {path: at for path, at in before.items() if path in kept}
        assert not (home / "warehouse" / "silver" / "sales" / "_delta_log").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_step_that_is_killed_ends_well_when_it_runs_again(shop, tmp_path):
    """The short form of scripts/torture.py, with the step that writes most tables."""
    import torture

    step = pipeline.STEPS_BY_NAME["silver"]
    home = tmp_path / "home"
    shutil.copytree(shop.settings.home, home)
    for table in step.tables:
        shutil.rmtree(home / "warehouse" / table.layer / table.name)
    torture.kill_step(step, Path("unused"), home, 14.0, whole=False)
    assert torture.run_again(step, Path("unused"), home) == []
    assert torture.differences(step, shop.settings.home, home) == []
    assert torture.leftovers(home) == []
