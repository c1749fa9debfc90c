"""The newest commit that changed rows, told from those of upkeep."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from retail_lakehouse.delta.log import LastWrite, last_write, written_last


def commit(folder: Path, version: int, operation: str, **info: object) -> None:
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    action = {"commitInfo": {"operation": operation, "txnId": f"t{version}", **info}}
    (log / f"{version:020}.json").write_text(
        json.dumps({"protocol": {}}) + "\n" + json.dumps(action)
    )


@pytest.mark.parametrize(
    "upkeep",
    ["OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES",
     "CLUSTER BY"],
)  # fmt: skip
def test_upkeep_is_no_write(tmp_path, upkeep):
    commit(tmp_path, 0, "CREATE TABLE")
    commit(tmp_path, 1, "WRITE", userMetadata="made of this")
    commit(tmp_path, 2, upkeep)
    commit(tmp_path, 3, upkeep)
    assert last_write(tmp_path) == LastWrite(1, "t1", "made of this")
    assert last_write(tmp_path).mark == (1, "t1")


@pytest.mark.parametrize("write", ["WRITE", "MERGE", "RESTORE", "ADD CONSTRAINT", "CREATE TABLE"])
def test_all_else_is_a_write(tmp_path, write):
    commit(tmp_path, 0, "WRITE", userMetadata="before")
    commit(tmp_path, 1, write)
    assert last_write(tmp_path) == LastWrite(1, "t1", "")


def test_a_log_that_begins_with_upkeep_gives_its_oldest(tmp_path):
    commit(tmp_path, 7, "SET TBLPROPERTIES")
    commit(tmp_path, 8, "OPTIMIZE")
    assert last_write(tmp_path) == LastWrite(7, "t7", "")
    assert last_write(tmp_path / "none") is None


def test_a_catalogs_history_says_the_same():
    history = [
        {"version": 9, "timestamp": "c", "operation": "OPTIMIZE", "userMetadata": None},
        {"version": 8, "timestamp": "b", "operation": "WRITE", "userMetadata": "made of this"},
        {"version": 7, "timestamp": "a", "operation": "WRITE", "userMetadata": None},
    ]
    assert written_last(history) == LastWrite(8, "b", "made of this")
    assert written_last(history[:1]) == LastWrite(9, "c", "")


def test_it_says_when_rows_were_written_and_upkeep_is_no_matter(tmp_path):
    commit(tmp_path, 0, "WRITE", timestamp=1_323_504_000_000)
    commit(tmp_path, 1, "OPTIMIZE", timestamp=1_400_000_000_000)
    written = datetime(2011, 12, 10, 8, tzinfo=timezone.utc)
    assert last_write(tmp_path).written_at == written
    commit(tmp_path, 2, "WRITE")
    assert last_write(tmp_path).written_at is None
    local = written.astimezone().replace(tzinfo=None)
    history = [{"version": 8, "timestamp": local, "operation": "WRITE", "userMetadata": None}]
    assert written_last(history).written_at == written
