"""A local home: one process at a time writes to it, and begins without what a killed one left.

On Databricks the jobs' queue keeps writers apart, and nothing here is called.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retail_lakehouse.errors import HomeInUseError, RuntimeMissingError, SettingsError
from retail_lakehouse.lakehouse import clear_work_tables
from retail_lakehouse.landing.land import clear_parts

_LOCK = ".lock"
_HOLDER = ".lock-holder"
_HOLDER_BYTES = 200


@contextmanager
def writing(home: Path, landing: Path) -> Iterator[None]:
    """Hold the home for this process, and clear what an earlier one was killed over.

    HomeInUseError, at once, where another process holds it; a killed process holds nothing.
    SettingsError where the folder cannot be written.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise RuntimeMissingError(
            "filelock is not installed here: install the package with its extra, "
            "retail-lakehouse[local]."
        ) from error
    _check_writable(home)
    holder = home / _HOLDER
    try:
        lock = FileLock(home / _LOCK).acquire(timeout=0)
    except Timeout as error:
        raise HomeInUseError(
            f"Another process is writing to --home {home} ({_read(holder)}): wait until it has "
            "ended, or choose another --home."
        ) from error
    with lock:
        holder.write_text(f"process {os.getpid()}: {' '.join(sys.argv[1:])}"[:_HOLDER_BYTES])
        try:
            clear_parts(landing)
            clear_work_tables(home)
            yield
        finally:
            holder.unlink(missing_ok=True)


def _read(holder: Path) -> str:
    """What the holder says of itself; it may end just now."""
    try:
        text = holder.read_text(errors="replace")[:_HOLDER_BYTES]
    except OSError:
        return "it does not say which"
    return "".join(c if c.isprintable() else "�" for c in text) or "it does not say which"


def _check_writable(home: Path) -> None:
    """Raise SettingsError unless files can be written to the folder, which is made if missing."""
    probe = home / f".write-test-{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"--home {home} cannot be written ({error.strerror}): choose another folder."
        ) from error
