"""Where source files are: paths given, folders with all that is in them, tables of files."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits, over
from retail_lakehouse.landing.delta_folder import LOG, active_files
from retail_lakehouse.landing.readers.archives import unreadable
from retail_lakehouse.landing.readers.files import DAMAGED, SUFFIXES, suffix_of
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.landing.tables import UNKNOWN
from retail_lakehouse.tables import columns as c

Partitions = tuple[tuple[str, str], ...]
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# More names than that help nobody.
_MOST_NAMED = 50


@dataclass(frozen=True)
class Source:
    """One file: name is its own in ``source_file``; in_folder: a folder was given, not the file."""

    path: Path
    name: str
    partitions: Partitions = ()
    in_folder: bool = False


@dataclass(frozen=True)
class Sources:
    """Files to read, in order, and those that are not, with the reason."""

    files: tuple[Source, ...]
    passed_over: tuple[SheetRead, ...] = ()


def find(given: Sequence[str | Path], own_lines: Path, limits: Limits = LIMITS) -> Sources:
    """What the given paths lead to; folders give all files in them.

    own_lines: the folder of what has landed, which is no source.
    """
    files: list[Source] = []
    passed: list[SheetRead] = []
    for name in given:
        path = Path(name)
        if path.is_dir():
            found = _in_folder(path, own_lines, limits)
            if not found.files:
                raise SourceError(
                    f"The folder {path} holds no {', '.join(SUFFIXES)} files: give another."
                )
            files += found.files
            passed += found.passed_over
        elif path.is_file():
            if is_landed(path):
                raise SourceError(
                    f"{path} is what an earlier run landed, no source: give the file it came from."
                )
            files.append(Source(path, path.name))
        else:
            raise SourceError(f"There is no file or folder {name}: {_instead(str(name))}.")
    for file in files:
        _need_text(file)
    return Sources(tuple(files), tuple(passed))


def _need_text(file: Source) -> None:
    """Refuse a name that tables could not hold."""
    try:
        f"{file.path}{file.name}".encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"The name of {str(file.path).encode(errors='replace').decode()} is not text in UTF-8: "
            "rename the file or its folder."
        ) from error


def is_landed(path: Path) -> bool:
    """Whether a run of this program wrote the file, into the landing folder of any home."""
    if path.suffix != ".parquet" or path.stem.split("-")[0] not in ("uci", "demo", "files"):
        return False
    try:
        names = set(pq.read_schema(path.absolute()).names)
    except (pa.ArrowException, OSError):
        return False  # no Parquet file: reading it says so
    return {c.INVOICE, c.SOURCE_FILE, c.SOURCE_SHEET, c.LINE_NUMBER, c.BATCH_ID} <= names


def _instead(missing: str) -> str:
    """What to give instead of a path that leads nowhere."""
    if missing.startswith("~"):
        return "a ~ in quotes stays a ~, so write the folder out"
    if "*" in missing or "?" in missing:
        return "a pattern in quotes stays as it is, so leave the quotes out or give the folder"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", missing):
        return (
            "an address is not read, so fetch the file and give its path (of a Databricks volume: "
            "/Volumes/…)"
        )
    if re.match(r"[A-Za-z]:\\", missing):
        return "a Windows path is not one here, so give the file's path on this system"
    return "give uci, demo, or the path of a workbook, CSV, Parquet file or folder with --source"


def _in_folder(folder: Path, own_lines: Path, limits: Limits) -> Sources:
    """Files of a folder, in order, without what a lakehouse itself wrote there.

    Both landed lines and Delta tables have columns that look like a source's. They may be those of
    any home that lies there, such as the demo shop's.
    """
    if (folder / LOG).is_dir():
        listed = active_files(folder, limits)
        return Sources(tuple(Source(p, _inside(p, folder), parts, True) for p, parts in listed))
    tables = {log.parent for log in folder.rglob(LOG)}
    homes = {lines.parent.parent for lines in folder.rglob("landing/lines") if lines.is_dir()}
    files: list[Source] = []
    passed: list[SheetRead] = []
    for path in _all_files(folder, limits):
        above = set(path.parents)
        if own_lines.resolve() in path.resolve().parents or above & homes or is_landed(path):
            continue
        if above & tables:
            continue
        if suffix_of(path.name) in SUFFIXES:
            files.append(Source(path, _inside(path, folder), _partitions(path, folder), True))
        else:
            passed.append(SheetRead(_inside(path, folder), passed_over=UNKNOWN))
    passed += [
        SheetRead(_inside(table, folder), passed_over="it is a Delta table: give its own folder")
        for table in sorted(tables)
        if not set(table.parents) & homes
    ]
    return Sources(tuple(files), _few(passed))


def _few(passed: list[SheetRead]) -> tuple[SheetRead, ...]:
    if len(passed) <= _MOST_NAMED:
        return tuple(passed)
    more = len(passed) - _MOST_NAMED
    return (*passed[:_MOST_NAMED], SheetRead(f"{more:,} other files", passed_over=UNKNOWN))


def _all_files(folder: Path, limits: Limits) -> list[Path]:
    found: list[Path] = []
    for path in folder.rglob("*"):
        if path.is_file() and not any(map(_is_hidden, path.relative_to(folder).parts)):
            found.append(path)
            if len(found) > limits.files:
                what = f"holds {len(found):,} files or more"
                raise over(f"The folder {folder}", what, limits.files, "give a folder within it")
    return sorted(found)


def _is_hidden(name: str) -> bool:
    # Excel's lock file beside an open workbook starts with ~$ and has its suffix; what Spark and
    # Delta tell of a table starts with an underscore.
    return name.startswith((".", "~$", "_"))


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _partitions(path: Path, folder: Path) -> Partitions:
    """Columns that folders such as country=France name."""
    pairs = [part.split("=", 1) for part in path.relative_to(folder).parts[:-1] if "=" in part]
    return tuple(
        (unquote(name), "" if value == _NULL_PARTITION else unquote(value)) for name, value in pairs
    )


def digest(file: Source) -> str:
    """Of the file's content, unpacked if it is packed with gzip, and of what its folder says."""
    found = hashlib.sha256()
    if file.partitions:
        found.update(json.dumps(file.partitions).encode())
    try:
        for block in _blocks(file.path):
            found.update(block)
    except DAMAGED as error:
        raise SourceError(unreadable(str(file.path), b"", "packed file")) from error
    except OSError as error:
        raise SourceError(
            f"{file.path} cannot be read ({error.strerror}): check its permissions."
        ) from error
    return found.hexdigest()[:16]


def _blocks(path: Path) -> Iterator[bytes]:
    packed = suffix_of(path.name).endswith(".gz")
    size = 0
    with path.open("rb") as content:
        file = cast("BinaryIO", gzip.GzipFile(fileobj=content)) if packed else content
        while block := file.read(2**20):
            size += len(block)
            if packed and size > LIMITS.text_file_bytes:
                what = f"unpacks to {size:,} bytes or more"
                raise over(str(path), what, LIMITS.text_file_bytes, "split it into several files")
            yield block
