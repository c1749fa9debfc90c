import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.tracking import store

ODD_NAMES = (
    "plain",
    "with space",
    "a?x",
    "100% #1",
    "shop [2023]",
    "{x} *",
    "Anna's `shop`",
    "Ladén",
)


def database(home: Path, lies_at: Path) -> None:
    """A store as MLflow left it when the home lay elsewhere."""
    home.mkdir(parents=True, exist_ok=True)
    old = store.artifact_folder(lies_at).as_uri()
    with closing(sqlite3.connect(store.database(home))) as made:
        made.executescript(
            "CREATE TABLE experiments (experiment_id INT, artifact_location TEXT);"
            "CREATE TABLE runs (run_uuid TEXT, artifact_uri TEXT, status TEXT,"
            " start_time INT, end_time INT);"
            "CREATE TABLE logged_models (model_id TEXT, artifact_location TEXT, status INT,"
            " lifecycle_stage TEXT);"
            "CREATE TABLE model_versions (name TEXT, source TEXT, storage_location TEXT);"
        )
        rows = {
            "experiments": [(0, "/somewhere/mlruns/0"), (1, old), (2, old)],
            "runs": [
                ("r1", f"{old}/r1/artifacts", "FINISHED", 5, 9),
                ("r2", f"{old}/r2/artifacts", "RUNNING", 7, None),
                ("r3", "s3://elsewhere/r3", "FINISHED", 5, 9),
            ],
            "logged_models": [
                ("m-1", f"{old}/models/m-1/artifacts", 2, "active"),
                ("m-2", f"{old}/models/m-2/artifacts", 1, "active"),
            ],
            "model_versions": [
                ("segments", "models:/m-1", f"{old}/models/m-1/artifacts"),
                ("segments", f"{old}extra/m", f"{old}extra/m"),
            ],
        }
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            made.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        made.commit()


def column(uri: str, table: str, name: str) -> list[object]:
    engine = create_engine(uri)
    with engine.connect() as connection:
        rows = list(connection.execute(text(f"SELECT {name} FROM {table}")))
    engine.dispose()
    return [value for (value,) in rows]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_database_is_where_its_home_is_whatever_its_name(tmp_path, name):
    home = tmp_path / name
    database(home, home)
    assert column(store.open_to_write(home), "runs", "run_uuid") == ["r1", "r2", "r3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_mlflow_makes_its_database_where_the_home_is(tmp_path):
    import mlflow

    home = tmp_path / "100% #1 a?x"
    mlflow.MlflowClient(store.open_to_write(home)).create_experiment("first")
    assert sorted(path.name for path in tmp_path.iterdir()) == [home.name]
    with closing(sqlite3.connect(store.database(home))) as made:
        names = made.execute("SELECT name FROM experiments").fetchall()
        assert made.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert ("first",) in names


@pytest.mark.parametrize("name", ODD_NAMES)
def test_addresses_follow_a_home_that_was_moved(tmp_path, name):
    home = tmp_path / name
    database(home, tmp_path / "old" / "mlartifacts" / "home")
    uri, now = store.open_to_write(home), store.artifact_folder(home).as_uri()
    assert column(uri, "experiments", "artifact_location") == [f"{now}/0", now, now]
    assert column(uri, "runs", "artifact_uri") == [
        f"{now}/r1/artifacts",
        f"{now}/r2/artifacts",
        "s3://elsewhere/r3",
    ]
    assert column(uri, "logged_models", "artifact_location") == [
        f"{now}/models/m-1/artifacts",
        f"{now}/models/m-2/artifacts",
    ]
    # What only begins alike is another folder.
    old = store.artifact_folder(tmp_path / "old" / "mlartifacts" / "home").as_uri()
    assert column(uri, "model_versions", "storage_location") == [
        f"{now}/models/m-1/artifacts",
        f"{old}extra/m",
    ]
    assert column(uri, "model_versions", "source") == ["models:/m-1", f"{old}extra/m"]


def test_what_a_killed_process_left_is_ended(tmp_path):
    home = tmp_path / "home"
    database(home, tmp_path / "old")
    unfinished = store.artifact_folder(home) / "models" / "m-2" / "artifacts"
    whole = store.artifact_folder(home) / "models" / "m-1" / "artifacts"
    for folder in (unfinished, whole):
        folder.mkdir(parents=True)
        (folder / "MLmodel").touch()
    uri = store.open_to_write(home)
    assert column(uri, "runs", "status") == ["FINISHED", "KILLED", "FINISHED"]
    assert column(uri, "runs", "end_time") == [9, 7, 9]
    assert column(uri, "logged_models", "lifecycle_stage") == ["active", "deleted"]
    assert whole.is_dir()
    assert not unfinished.exists()


def test_a_reader_changes_nothing(tmp_path):
    home = tmp_path / "home"
    database(home, tmp_path / "old")
    before = store.database(home).read_bytes()
    uri = store.open_to_read(home)
    assert column(uri, "runs", "status") == ["FINISHED", "RUNNING", "FINISHED"]
    now = store.artifact_folder(home).as_uri()
    assert column(uri, "experiments", "artifact_location") == [f"{now}/0", now, now]
    assert store.database(home).read_bytes() == before


def test_a_reader_of_a_home_in_its_place_reads_its_database(tmp_path):
    home = tmp_path / "home"
    database(home, tmp_path / "old")
    store.open_to_write(home)
    assert store.open_to_read(home) == store.local_uri(store.database(home))


def test_files_outside_the_home_are_never_removed(tmp_path):
    home, outside = tmp_path / "home", tmp_path / "outside"
    database(home, home)
    outside.mkdir()
    (outside / "precious").touch()
    with closing(sqlite3.connect(store.database(home))) as made:
        made.execute(
            "INSERT INTO logged_models VALUES ('m-3', ?, 1, 'active')",
            (f"{store.artifact_folder(home).as_uri()}/../../outside",),
        )
        made.commit()
    store.open_to_write(home)
    assert (outside / "precious").is_file()


def test_a_copy_plays_back_what_a_killed_writer_left(tmp_path):
    """A writer killed in a transaction leaves a journal; without it the database is torn."""
    home = tmp_path / "home"
    database(home, tmp_path / "old")
    code = (
        "import os, sqlite3, sys\n"
        "store = sqlite3.connect(sys.argv[1])\n"
        "store.execute('PRAGMA cache_size = 1')\n"
        "store.execute('BEGIN IMMEDIATE')\n"
        "store.execute('DELETE FROM runs')\n"
        "store.executemany('INSERT INTO runs VALUES (?, ?, ?, 1, 1)',"
        " [('x' * 3000, 'y', 'z')] * 500)\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(store.database(home))], check=False)
    assert store.database(home).with_name("mlflow.db-journal").is_file()
    assert column(store.open_to_read(home), "runs", "run_uuid") == ["r1", "r2", "r3"]


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" * 100])
@pytest.mark.parametrize("opened", [store.open_to_read, store.open_to_write])
def test_a_file_that_is_no_database_is_one_sentence(tmp_path, content, opened):
    (tmp_path / "mlflow.db").write_bytes(content)
    with pytest.raises(SettingsError, match=r"mlflow\.db is not a database"):
        opened(tmp_path)


def test_a_temporary_folder_with_an_odd_name_is_refused_with_an_odd_home(tmp_path, monkeypatch):
    odd = tmp_path / "tm?p#x"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    with pytest.raises(SettingsError, match="TMPDIR"):
        store.open_to_write(tmp_path / "a?x")


def test_a_home_without_experiments_has_an_address(tmp_path):
    uri = store.open_to_write(tmp_path / "home")
    assert uri == f"sqlite:///{tmp_path.as_posix()}/home/mlflow.db"
