"""A local home: one process at a time writes to it, and begins without what a killed one left.

On Databricks the jobs' queue keeps writers apart, and nothing here is called.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from retail_lakehouse.errors import HomeInUseError, RuntimeMissingError, SettingsError
from retail_lakehouse.landing.landed import clear_parts
from retail_lakehouse.steps.harness import documents
from retail_lakehouse.steps.harness.work_tables import clear_work_tables

_LOCK = ".lock"
_HOLDER = ".lock-holder"
_HOLDER_BYTES = 200


@contextmanager
def writing(home: Path, landing: Path) -> Iterator[None]:
    """Hold the home, and a landing folder outside of it, and clear what a killed process left.

    HomeInUseError, at once, where another process holds one; a killed process holds nothing.
    SettingsError where a folder cannot be written.
    """
    outside = home.absolute() not in landing.absolute().parents
    with (
        _held(home, f"--home {home}"),
        _held(landing, f"--landing {landing}") if outside else nullcontext(),
    ):
        clear_work_tables(home)
        clear_parts(landing)
        documents.clear_parts(home)
        yield


@contextmanager
def _held(folder: Path, called: str) -> Iterator[None]:
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise RuntimeMissingError(
            "filelock is not installed here: install the package with its extra, "
            "retail-lakehouse[local]."
        ) from error
    _check_writable(folder, called)
    holder = folder / _HOLDER
    try:
        lock = FileLock(folder / _LOCK).acquire(timeout=0)
    except Timeout as error:
        raise HomeInUseError(
            f"Another process is writing to {called} ({_read(holder)}): wait until it has "
            "ended, or choose another folder."
        ) from error
    with lock:
        who = f"process {os.getpid()}: {' '.join(sys.argv[1:])}"[:_HOLDER_BYTES]
        holder.write_text(who, encoding="utf-8", errors="replace")
        try:
            yield
        finally:
            holder.unlink(missing_ok=True)


def _read(holder: Path) -> str:
    """What the holder says of itself; it may end just now."""
    try:
        text = holder.read_text(encoding="utf-8", errors="replace")[:_HOLDER_BYTES]
    except OSError:
        return "it does not say which"
    return "".join(c if c.isprintable() else "�" for c in text) or "it does not say which"


def _check_writable(folder: Path, called: str) -> None:
    """Raise SettingsError unless files can be written to the folder, which is made if missing."""
    probe = folder / f".write-test-{os.getpid()}"
    try:
        str(folder).encode()
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except UnicodeEncodeError as error:
        raise SettingsError(
            f"The name of {called.encode(errors='replace').decode()} is not text in UTF-8: "
            "choose another folder."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{called} cannot be written ({error.strerror}): choose another folder."
        ) from error
