"""The store of a local home's experiments: one SQLite file, wherever the home lies today.

MLflow keeps absolute addresses of artifacts, so a home that was moved or copied would look for its
models in the old place: they are put right when the home is opened, in one transaction.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.machine.environment import folder_for_now

_DATABASE = "mlflow.db"
_PLAIN = re.compile(r"[\w./ -]+")
_ARTIFACTS = "mlartifacts"
# Where MLflow keeps addresses of artifacts, beside experiments.artifact_location itself.
_ADDRESSES = (
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def database(home: Path) -> Path:
    """The file of a home's experiments and registry."""
    return home.absolute() / _DATABASE


def artifact_folder(home: Path) -> Path:
    """Where a home's models, pictures and cards are."""
    return home.absolute() / _ARTIFACTS


def local_uri(file: Path) -> str:
    """Address of a database file, whatever its path is made of.

    SQLAlchemy, Alembic and MLflow each take some characters of a path for parts of an address, and
    quote others or not, as their versions have it. Where there are such, a link without them leads
    to the folder for as long as this process lives.

    >>> local_uri(Path("/shops/Laden 1/mlflow.db"))
    'sqlite:////shops/Laden 1/mlflow.db'
    """
    path = file.absolute()
    if not _PLAIN.fullmatch(path.as_posix()):
        link = folder_for_now() / "home"
        if not _PLAIN.fullmatch(link.as_posix()):
            raise SettingsError(
                f"Neither {path.parent} nor the temporary folder {link.parent} has a name that "
                "MLflow takes: set TMPDIR to one without signs such as ? and #."
            )
        link.symlink_to(path.parent, target_is_directory=True)
        path = link / path.name
    return f"sqlite:///{path.as_posix()}"


def open_to_write(home: Path) -> str:
    """Address of the home's database, with artifact addresses as the home lies now.

    Only for the one process that writes to the home: runs that are still RUNNING, and models that
    are not READY, were left by a process that was killed, and are ended here.
    """
    home.mkdir(parents=True, exist_ok=True)
    file = database(home)
    if file.is_file():
        with _opened(file) as store:
            _relocate(store, home)
            unfinished = _end_unfinished(store)
            store.commit()
        for folder in unfinished:
            _remove_below(artifact_folder(home), folder)
    return local_uri(file)


def open_to_read(home: Path) -> str:
    """Address of the home's database, or of a copy of it, whose artifacts are where they are now.

    A home that was moved, or is called by another name than when it was written to, stays as it is:
    only a writer puts its addresses right.
    """
    file = database(home)
    try:
        with _opened(file) as store:
            if not any(_old_locations(store, artifact_folder(home).as_uri())):
                return local_uri(file)
    except sqlite3.OperationalError:
        pass  # a folder that cannot be written to, where SQLite has a journal to play back
    copy = folder_for_now() / _DATABASE
    for part in ("", "-journal", "-wal"):
        beside = file.with_name(file.name + part)
        if beside.is_file():
            shutil.copyfile(beside, copy.with_name(copy.name + part))
    with _opened(copy) as store:
        _relocate(store, home)
        store.commit()
    return local_uri(copy)


# In logged_models, the status 2 is LoggedModelStatus.READY.
def unfinished(home: Path) -> list[str]:
    """Runs, models and versions that were begun and not finished, in words."""
    file = database(home)
    if not file.is_file():
        return []
    with _opened(file) as store:
        tables = _tables(store)
        looks = (
            ("runs", "SELECT 'run ' || run_uuid FROM runs WHERE status = 'RUNNING'"),
            (
                "logged_models",
                "SELECT 'model ' || model_id FROM logged_models "
                "WHERE status <> 2 AND lifecycle_stage = 'active'",
            ),
            (
                "model_versions",
                "SELECT name || ' version ' || version FROM model_versions "
                "WHERE status <> 'READY' AND current_stage <> 'Deleted_Internal'",
            ),
        )
        return [row[0] for table, look in looks if table in tables for row in store.execute(look)]


def newest_runs(home: Path, experiments: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """By name of an experiment that there is: its id, and the id of its newest run, if it has one.

    Asked of the database itself: MLflow takes seconds to begin.
    """
    found: dict[str, tuple[str, str | None]] = {}
    with _opened(database(home)) as store:
        for name in experiments if "experiments" in _tables(store) else ():
            row = store.execute(
                "SELECT e.experiment_id, (SELECT run_uuid FROM runs r WHERE "
                "r.experiment_id = e.experiment_id AND r.lifecycle_stage = 'active' "
                "ORDER BY r.start_time DESC, run_uuid LIMIT 1) "
                "FROM experiments e WHERE e.name = ? AND e.lifecycle_stage = 'active'",
                (name,),
            ).fetchone()
            if row is not None:
                found[name] = (str(row[0]), row[1])
    return found


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file; SettingsError where it is no database, or a broken one."""
    with closing(sqlite3.connect(file, timeout=30)) as store:
        try:
            yield store
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise SettingsError(
                f"{file} is not a database that MLflow wrote, or was cut off ({error}): put a copy "
                "back, or move it away, which loses experiments and models, and run again."
            ) from error


def _tables(store: sqlite3.Connection) -> set[str]:
    return {name for (name,) in store.execute("SELECT name FROM sqlite_master")}


def _old_locations(store: sqlite3.Connection, now: str) -> Iterator[str]:
    """Artifact locations of experiments that are not those of the home as it lies now."""
    if "experiments" not in _tables(store):
        return
    for (location,) in store.execute("SELECT DISTINCT artifact_location FROM experiments"):
        if location and location != now and not location.startswith(f"{now}/"):
            yield location


def _relocate(store: sqlite3.Connection, home: Path) -> None:
    now = artifact_folder(home).as_uri()
    tables = _tables(store)
    for old in list(_old_locations(store, now)):
        # MLflow's own first experiment would lie below the folder that the first run began in.
        inside = f"{now}/{old.rsplit('/', 1)[-1]}"
        new = now if old.endswith(f"/{_ARTIFACTS}") else inside
        for table, column in (*_ADDRESSES, ("experiments", "artifact_location")):
            if table in tables:
                _move(store, table, column, old, new)


def _move(store: sqlite3.Connection, table: str, column: str, old: str, new: str) -> None:
    # Names are those of _ADDRESSES, never text from outside.
    store.execute(
        f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "  # noqa: S608
        f"WHERE {column} = :old OR substr({column}, 1, length(:old) + 1) = :old || '/'",
        {"old": old, "new": new},
    )


def _end_unfinished(store: sqlite3.Connection) -> list[str]:
    """Artifact locations of the models that were never finished, which are deleted for MLflow."""
    tables = _tables(store)
    if "runs" in tables:
        store.execute(
            "UPDATE runs SET status = 'KILLED', end_time = coalesce(end_time, start_time) "
            "WHERE status IN ('RUNNING', 'SCHEDULED')"
        )
    if "logged_models" not in tables:
        return []
    locations = store.execute(
        "UPDATE logged_models SET lifecycle_stage = 'deleted' "
        "WHERE status <> 2 AND lifecycle_stage = 'active' RETURNING artifact_location"
    )
    return [location for (location,) in locations]


def _remove_below(folder: Path, location: str) -> None:
    """Remove a model's files, if they are below ``folder``."""
    path = Path(unquote(urlsplit(location).path)).resolve()
    if folder.resolve() in path.parents:
        shutil.rmtree(path, ignore_errors=True)
