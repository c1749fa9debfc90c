"""What a table's log says without Spark."""

import shutil
from datetime import date, datetime, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from retail_lakehouse.delta import local_table

UTC = timezone.utc


def _write(folder: Path, ids: list[int], **options: object) -> None:
    write_deltalake(folder, pa.table({"id": pa.array(ids, pa.int64())}), **options)


def test_rows_are_those_of_the_newest_version(tmp_path):
    table = tmp_path / "table"
    _write(table, [1, 2, 3])
    _write(table, [4, 5], mode="append")
    assert local_table.count_rows(table) == 5
    _write(table, [6], mode="overwrite")
    assert local_table.count_rows(table) == 1
    _write(table, [], mode="overwrite")
    assert local_table.count_rows(table) == 0


def test_a_checkpoint_leaves_the_count_as_it_was(tmp_path):
    table = tmp_path / "table"
    for number in range(12):
        _write(table, [number], mode="append")
    DeltaTable(table).create_checkpoint()
    assert local_table.count_rows(table) == 12


def test_rows_that_the_log_does_not_count_are_not_guessed(tmp_path):
    without_statistics, with_vectors = tmp_path / "without", tmp_path / "with"
    _write(without_statistics, [1, 2])
    log = without_statistics / "_delta_log" / f"{0:020}.json"
    kept = [line for line in log.read_text().splitlines() if '"add"' not in line]
    added = '{"add":{"path":"a.parquet","partitionValues":{},"size":1,'
    added += '"modificationTime":0,"dataChange":true}}'
    log.write_text("\n".join([*kept, added]))
    assert local_table.count_rows(without_statistics) is None
    assert local_table.newest_days(without_statistics, "day") is None
    _write(with_vectors, [1, 2], configuration={"delta.enableDeletionVectors": "true"})
    assert local_table.count_rows(with_vectors) is None
    assert local_table.newest_days(with_vectors, "id") is None


def _write_days(folder: Path, *files: list[datetime | None]) -> None:
    types = pa.schema([("at", pa.timestamp("us", "UTC")), ("day", pa.date32())])
    for times in files:
        days = [None if time is None else time.date() for time in times]
        write_deltalake(folder, pa.table({"at": times, "day": days}, types), mode="append")


@pytest.mark.parametrize("column", ["at", "day"])
def test_the_newest_day_is_of_all_files_that_have_one(tmp_path, column):
    table, early, late = tmp_path / "t", datetime(2011, 12, 8, tzinfo=UTC), date(2011, 12, 9)
    _write_days(table, [])
    assert local_table.newest_days(table, column) == ()
    _write_days(table, [None, None])
    assert local_table.newest_days(table, column) == ()
    _write_days(table, [early, None], [datetime(2011, 12, 9, 23, 59, 59, 999999, UTC), early])
    assert sorted(local_table.newest_days(table, column)) == [early.date(), late]
    _write_days(table, [datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
    assert max(local_table.newest_days(table, column)) == date(9999, 12, 31)


def test_a_day_that_statistics_do_not_tell_is_not_guessed(tmp_path):
    table = tmp_path / "table"
    rows = pa.table({"id": [1], "day": [date(2011, 12, 9)]})
    write_deltalake(table, rows, configuration={"delta.dataSkippingNumIndexedCols": "1"})
    assert local_table.newest_days(table, "day") is None
    assert local_table.count_rows(table) == 1


def test_properties_are_those_that_were_given_last(tmp_path):
    table = tmp_path / "table"
    _write(table, [1], configuration={"delta.appendOnly": "false"})
    # Words that are none of Delta's own, such as ours, it does not write.
    log = table / "_delta_log" / f"{0:020}.json"
    log.write_text(
        log.read_text().replace('"configuration":{', '"configuration":{"a.word":"kept",')
    )
    assert local_table.properties(table) == {"a.word": "kept", "delta.appendOnly": "false"}
    DeltaTable(table).alter.set_table_properties({"delta.appendOnly": "true"})
    assert local_table.properties(table) == {"a.word": "kept", "delta.appendOnly": "true"}


@pytest.mark.parametrize(
    ("name", "found"),
    [("my shop", 3), ("50 # 1?", 3), ("a:b", 3), ("a%20b", None), ("a\\b", None), ("a\tb", None)],
)
def test_a_folder_is_that_of_its_own_name_or_left_to_spark(tmp_path, name, found):
    rows = {name: [1, 2, 3]} | {other: [1] for other in ("a b", "a/b")}
    for folder, ids in rows.items():
        _write(tmp_path / "plain", ids, mode="overwrite")
        shutil.copytree(tmp_path / "plain", tmp_path / folder, dirs_exist_ok=True)
    assert local_table.count_rows(tmp_path / name) == found
    assert (local_table.properties(tmp_path / name) is None) == (found is None)
