"""Sources to Parquet in the landing folder: one file per source file, named by its content."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing import demo, uci
from retail_lakehouse.landing.readers import COLUMNS, SUFFIXES, Lines, read
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
    progress: uci.Progress = lambda done, total: None,
) -> Landed:
    """Write the lines of each source file to ``landing/lines/<batch_id>.parquet``.

    A file whose content is there already is not read again. Nothing is written for a source that
    turns out to be unreadable, and its SourceError names it. One landing folder is one kind of
    shop: the demo shop makes way for real lines, anything else is refused.
    """
    shop = shop_of(sources)
    folder = landing / "lines"
    demo_lines = _refuse_mixing(landing, shop)
    folder.mkdir(parents=True, exist_ok=True)
    landed = _land(shop, sources, landing, folder, progress)
    for path in demo_lines:
        path.unlink()
    return landed


def landed_files(landing: Path) -> list[Path]:
    """Parquet files of landed lines, one a batch, in the order of their names."""
    return sorted((landing / "lines").glob("*.parquet"))


def landed_lines(landing: Path) -> int:
    """Number of lines that have landed."""
    return sum(int(pq.read_metadata(path).num_rows) for path in landed_files(landing))


def shop_in(landed_file: Path) -> str:
    """Kind of shop that a landed file's lines belong to."""
    return landed_file.stem.split("-")[0]


def _refuse_mixing(landing: Path, shop: str) -> list[Path]:
    """Lines of a demo shop that must make way; SourceError where ``shop`` would be mixed in."""
    present = {path: shop_in(path) for path in landed_files(landing)}
    others = set(present.values()) - {shop}
    if others - {DEMO}:
        kinds = {UCI: "Online Retail II from UCI", FILES: "files of your own", DEMO: "the demo shop"}
        raise SourceError(
            f"{landing} holds {kinds[others.pop()]}, which {kinds[shop]} must not be mixed "
            "with: choose another --home."
        )
    return [path for path, kind in present.items() if kind != shop]


def _land(
    shop: str, sources: Sequence[str], landing: Path, folder: Path, progress: uci.Progress
) -> Landed:
    if shop == DEMO:
        batch = f"{DEMO}-{demo.SEED}-{DEMO_ROWS}"
        done = _write(folder / f"{batch}.parquet", "demo_shop", iter(demo.sheets(DEMO_ROWS)))
        return Landed(shop, (batch,), done)
    if shop == UCI:
        files = [(uci.fetch(landing, progress), uci.WORKBOOK_NAME)]
    else:
        files = find_files([Path(source) for source in sources])
    batches = []
    lines = 0
    for path, name in files:
        batch = f"{shop}-{_digest(path)}"
        target = folder / f"{batch}.parquet"
        lines += _write(target, name, read(path))
        batches.append(batch)
    return Landed(shop, tuple(batches), lines)


def find_files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with the name it gets in ``source_file``; folders give all files in them."""
    files: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise SourceError(f"The folder {path} holds no {', '.join(SUFFIXES)} files.")
            files += [(p, p.relative_to(path).as_posix()) for p in inside]
        elif path.is_file():
            files.append((path, path.name))
        else:
            raise SourceError(
                f"There is no file or folder {path}: give uci, demo, or the path of a workbook, "
                "CSV, Parquet file or folder with --source."
            )
    return files


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()[:16]


def _write(target: Path, source_file: str, lines: Iterator[Lines]) -> int:
    """Write lines under a temporary name and rename at the end; returns how many there are."""
    if target.is_file():
        return pq.read_metadata(target).num_rows
    part = target.with_suffix(".part")
    counted: dict[str, int] = {}
    try:
        with pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
            for some in lines:
                numbered = _numbered(some, source_file, target.stem, counted)
                writer.write_table(numbered, row_group_size=_ROW_GROUP)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return pq.read_metadata(target).num_rows


def _numbered(
    lines: Lines, source_file: str, batch_id: str, counted: dict[str, int]
) -> pa.Table:
    """The lines with their origin; wholly empty rows, which spreadsheets trail, are no lines."""
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
    table = pa.Table.from_arrays(columns, schema=SCHEMA)
    filled = None
    for name in COLUMNS:
        valid = pc.is_valid(table[name])
        filled = valid if filled is None else pc.or_(filled, valid)
    return table.filter(filled)
