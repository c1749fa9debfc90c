"""Source files that were hashed before: not opened again while they stay as they were."""

import json
from collections.abc import Mapping
from pathlib import Path
from time import time_ns

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing import sources
from retail_lakehouse.landing.sources import Source

_FILE = "seen.json"
# Within a clock's tick a file may change again and keep its time: such a one is not trusted.
_TICK_NS = 2_000_000_000

State = tuple[int, int, int]


class StillWrittenError(SourceError):
    """A file changed while it was read: whoever writes it has not ended."""


def state_of(path: Path) -> State:
    """Size and times of change; SourceError where the file has gone meanwhile."""
    try:
        found = path.stat()
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}): check its permissions."
        ) from error
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def need_unchanged(path: Path, before: State) -> None:
    """StillWrittenError unless the file is as it was."""
    if state_of(path) != before:
        raise StillWrittenError(
            f"{path} changed while it was read, so it is still being written: it is read by the "
            "next run."
        )


class Seen:
    """Hashes of the contents of source files, by path, kept in the landing folder."""

    def __init__(self, landing: Path) -> None:
        self._path = landing / _FILE
        self._known = _read(self._path)
        self._new: dict[str, list[object]] = {}

    def digest(self, file: Source) -> str:
        """Of the file's content, from last time where the file has not changed since."""
        key = json.dumps([str(file.path.absolute()), file.partitions])
        now = state_of(file.path)
        known = self._known.get(key)
        if known is not None and known[:-1] == [*now]:
            return str(known[-1])
        found = sources.digest(file)
        need_unchanged(file.path, now)
        if time_ns() - max(now[1:]) > _TICK_NS:
            self._new[key] = [*now, found]
        return found

    def keep(self) -> None:
        """Remember what was hashed; a file that has gone is forgotten."""
        if not self._new:
            return
        there = {
            key: said for key, said in self._known.items() if Path(json.loads(key)[0]).exists()
        }
        part = self._path.with_name(f"{_FILE}.part")
        part.write_text(json.dumps(there | self._new), "utf-8")
        part.replace(self._path)


def _read(path: Path) -> Mapping[str, list[object]]:
    try:
        said = json.loads(path.read_text("utf-8"))
        return {key: list(state) for key, state in said.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        # It saves work, and nothing depends on it.
        return {}
