"""Sources to Parquet in the landing folder: one file per source file, named by its content."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SettingsError, SourceError
from retail_lakehouse.landing import demo, uci
from retail_lakehouse.landing.readers import COLUMNS, SUFFIXES, Lines, filled, read
from retail_lakehouse.settings import DEMO_ROWS

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in COLUMNS),
        ("source_file", pa.string()),
        ("source_sheet", pa.string()),
        ("line_number", pa.int32()),
        ("batch_id", pa.string()),
    ]
)
_ROW_GROUP = 2**17
_PART = ".part"
UCI, DEMO, FILES = "uci", "demo", "files"


@dataclass(frozen=True)
class Landed:
    """What ``land`` did: ``shop`` is the kind of source, ``lines`` what its files hold."""

    shop: str
    batches: tuple[str, ...]
    lines: int


def shop_of(sources: Sequence[str]) -> str:
    """Kind of shop that the sources belong to; SourceError where they do not go together."""
    named = [source for source in sources if source in (UCI, DEMO)]
    if not named:
        return FILES
    if len(sources) > 1:
        raise SourceError(
            f"--source {named[0]} stands alone: give either it or the paths of your own files."
        )
    return named[0]


def land(
    sources: Sequence[str],
    landing: Path,
    progress: uci.Progress = uci.unwatched,
) -> Landed:
    """Write the lines of each source file to ``landing/lines/<batch_id>.parquet``.

    A file whose content is there already is not read again. All sources land or none: the
    SourceError of an unreadable one names it. One landing folder is one kind of shop: the demo
    shop makes way for real lines, anything else is refused.
    """
    shop = shop_of(sources)
    folder = _lines_folder(landing)
    demo_lines = _refuse_mixing(landing, shop)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The landing folder {landing} cannot be written ({error.strerror}): choose another."
        ) from error
    parts: dict[Path, Path] = {}
    try:
        for target, source_file, lines in _batches(shop, sources, landing, progress):
            if target not in parts:
                parts[target] = folder / f"{target.stem}.{uuid4().hex}{_PART}"
                if not _is_whole(target):
                    _write(parts[target], target.stem, source_file, lines)
        # In this order, a run that is killed in between leaves no mixture of shops.
        for path in demo_lines:
            path.unlink()
        for target, part in parts.items():
            if part.is_file():
                part.replace(target)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return Landed(shop, tuple(target.stem for target in parts), sum(map(count_lines, parts)))


def landed_files(landing: Path) -> list[Path]:
    """Parquet files of landed lines, one a batch, in the order of their names."""
    return sorted(_lines_folder(landing).glob("*.parquet"))


def clear_parts(landing: Path) -> None:
    """Remove what a killed process had begun to write; nobody else may be landing."""
    for part in _lines_folder(landing).glob(f"*{_PART}"):
        part.unlink(missing_ok=True)


def landed_lines(landing: Path) -> int:
    """Number of lines that have landed."""
    return sum(map(count_lines, landed_files(landing)))


def shop_in(landed_file: Path) -> str:
    """Kind of shop that a landed file's lines belong to."""
    return landed_file.stem.split("-")[0]


def _lines_folder(landing: Path) -> Path:
    return landing / "lines"


def count_lines(path: Path) -> int:
    """Number of lines in a landed file."""
    # Absolute: Arrow takes a relative path with a colon for an address.
    return int(pq.read_metadata(path.absolute()).num_rows)


def _is_whole(path: Path) -> bool:
    """Whether the landed file is there, and not cut off as by a power failure."""
    try:
        return path.is_file() and count_lines(path) >= 0
    except (pa.ArrowException, OSError):
        return False


def _refuse_mixing(landing: Path, shop: str) -> list[Path]:
    """Lines of a demo shop that must make way; SourceError where ``shop`` would be mixed in."""
    present = {path: shop_in(path) for path in landed_files(landing)}
    others = set(present.values()) - {shop, DEMO}
    if others:
        kinds = {
            UCI: "Online Retail II from UCI",
            FILES: "files of your own",
            DEMO: "the demo shop",
        }
        raise SourceError(
            f"{landing} holds {kinds[others.pop()]}, which {kinds[shop]} must not be mixed "
            "with: choose another --home."
        )
    return [path for path, kind in present.items() if kind != shop]


def _batches(
    shop: str, sources: Sequence[str], landing: Path, progress: uci.Progress
) -> Iterator[tuple[Path, str, Iterator[Lines]]]:
    """Each source file's landed name, the name its lines carry, and the lines, unread as yet."""
    folder = _lines_folder(landing)
    if shop == DEMO:
        target = folder / f"{DEMO}-{demo.SEED}-{DEMO_ROWS}.parquet"
        yield target, "demo_shop", _demo_lines()
        return
    if shop == UCI:
        files = [(uci.fetch(landing, progress), uci.WORKBOOK_NAME)]
    else:
        files = find_files([Path(source) for source in sources], landing)
    for path, name in files:
        yield folder / f"{shop}-{_digest(path)}.parquet", name, read(path)


def _demo_lines() -> Iterator[Lines]:
    yield from demo.sheets(DEMO_ROWS)


def find_files(paths: Sequence[Path], landing: Path) -> list[tuple[Path, str]]:
    """Each file with the name it gets in ``source_file``; folders give all files in them."""
    files: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = _files_in(path, landing)
            if not inside:
                raise SourceError(
                    f"The folder {path} holds no {', '.join(SUFFIXES)} files: give another."
                )
            files += [(p, p.relative_to(path).as_posix()) for p in inside]
        elif path.is_file():
            if _is_landed(path):
                raise SourceError(
                    f"{path} is what an earlier run landed, no source: give the file it came from."
                )
            files.append((path, path.name))
        else:
            raise SourceError(f"There is no file or folder {path}: {_instead(str(path))}.")
    for path, name in files:
        _need_text(path, name)
    return files


def _need_text(path: Path, name: str) -> None:
    """Refuse a name that tables could not hold."""
    try:
        f"{path}{name}".encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"The name of {str(path).encode(errors='replace').decode()} is not text in UTF-8: "
            "rename the file or its folder."
        ) from error


def _is_landed(path: Path) -> bool:
    """Whether a run of this program wrote the file, into the landing folder of any home."""
    if path.suffix != ".parquet" or path.stem.split("-")[0] not in (UCI, DEMO, FILES):
        return False
    try:
        return bool(pq.read_schema(path.absolute()).equals(SCHEMA))
    except (pa.ArrowException, OSError):
        return False  # no Parquet file: reading it says so


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


def _files_in(folder: Path, landing: Path) -> list[Path]:
    """Files to read in a folder, in order, without what a lakehouse itself wrote there.

    Both landed lines and Delta tables have columns that look like a source's. They may be those of
    any home that lies there, such as the demo shop's.
    """
    ours = {log.parent for log in folder.rglob("_delta_log")}
    own_lines = _lines_folder(landing).resolve()
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(_is_hidden(part) for part in path.relative_to(folder).parts)
        and ours.isdisjoint(path.parents)
        and own_lines not in path.resolve().parents
        and not _is_landed(path)
    )


def _is_hidden(name: str) -> bool:
    # Excel's lock file beside an open workbook starts with ~$ and has its suffix.
    return name.startswith((".", "~$"))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}): check its permissions."
        ) from error
    return digest.hexdigest()[:16]


def _write(part: Path, batch_id: str, source_file: str, lines: Iterator[Lines]) -> None:
    counted: dict[str, int] = {}
    with part.open("wb") as file:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            for some in lines:
                numbered = _numbered(some, source_file, batch_id, counted)
                writer.write_table(numbered, row_group_size=_ROW_GROUP)
        file.flush()
        os.fsync(file.fileno())


def _numbered(lines: Lines, source_file: str, batch_id: str, counted: dict[str, int]) -> pa.Table:
    """The lines with their origin; wholly empty rows count but are no lines."""
    count = lines.table.num_rows
    first = counted.get(lines.sheet, 0) + 1
    counted[lines.sheet] = first + count - 1
    columns = [
        *lines.table.columns,
        pa.repeat(source_file, count),
        pa.repeat(lines.sheet, count),
        pa.array(range(first, first + count), pa.int32()),
        pa.repeat(batch_id, count),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA).filter(filled(lines.table))
