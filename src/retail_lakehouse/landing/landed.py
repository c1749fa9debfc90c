"""What lies in the landing folder: lines as Parquet, the shop's description, what was not read."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.readers.lines import SCHEMA as LINE_SCHEMA
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.shops import shop_file, shop_text
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.tables import columns as c

SCHEMA = pa.schema(
    [
        *LINE_SCHEMA,
        (c.SOURCE_FILE, pa.string()),
        (c.SOURCE_SHEET, pa.string()),
        (c.LINE_NUMBER, pa.int32()),
        (c.BATCH_ID, pa.string()),
    ]
)
UCI, DEMO, FILES = "uci", "demo", "files"
PART = ".part"
_PASSED_OVER = "passed_over.json"
_TOLD = b"retail_lakehouse"


@dataclass(frozen=True)
class Told:
    """What a landed file says of its source.

    columns: ours and theirs, as they were read. options: of the description that was given, what
    decides how a file is read. sheets: that it has, also those passed over.
    """

    columns: Mapping[str, str | None] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    sheets: tuple[SheetRead, ...] = ()

    def as_metadata(self) -> dict[bytes, bytes]:
        """For the end of a Parquet file."""
        return {_TOLD: json.dumps(asdict(self)).encode()}


def lines_folder(landing: Path) -> Path:
    """Folder of landed lines."""
    return landing / "lines"


def landed_files(landing: Path) -> list[Path]:
    """Parquet files of landed lines, one a batch, in the order of their names."""
    return sorted(lines_folder(landing).glob("*.parquet"))


def state_of(landing: Path) -> list[object]:
    """What has landed, as plain values: another value where anything more would be loaded."""
    shop = kept_shop(landing)
    passed = [asdict(sheet) for sheet in passed_over(landing)]
    return [[path.name for path in landed_files(landing)], passed, shop and asdict(shop)]


def clear_parts(landing: Path) -> None:
    """Remove what a killed process had begun to write; nobody else may be landing."""
    for part in lines_folder(landing).glob(f"*{PART}"):
        part.unlink(missing_ok=True)


def shop_in(landed_file: Path) -> str:
    """Kind of shop that a landed file's lines belong to."""
    return landed_file.stem.split("-")[0]


def refuse_mixing(landing: Path, shop: str) -> list[Path]:
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


def read_again(loaded: Collection[str], landed: Collection[str]) -> set[str]:
    """Batches that were loaded, whose files have landed anew since, read otherwise."""
    contents = {content_of(batch) for batch in landed}
    return {batch for batch in loaded if batch not in landed and content_of(batch) in contents}


def content_of(batch: str) -> str:
    """Kind of source and hash of its content, without how it was read."""
    return "-".join(batch.split("-")[:2])


def count_lines(path: Path) -> int:
    """Number of lines in a landed file."""
    # Absolute: Arrow takes a relative path with a colon for an address.
    return int(pq.read_metadata(path.absolute()).num_rows)


def lines_landed(landing: Path) -> int:
    """Number of lines in all landed files that can be read; others may be landing meanwhile."""
    lines = 0
    for path in landed_files(landing):
        with suppress(pa.ArrowException, OSError):
            lines += count_lines(path)
    return lines


def told(path: Path) -> Told | None:
    """What a landed file says of its source; None if it is not there, or not whole.

    A power failure may have cut it off, or an earlier version of this program written it.
    """
    try:
        with pq.ParquetFile(path.absolute()) as file:
            if not file.schema_arrow.remove_metadata().equals(SCHEMA):
                return None
            said = json.loads(file.metadata.metadata[_TOLD])
        return Told(said["columns"], tuple(said["options"]), _sheets(said["sheets"]))
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError):
        return None


def _sheets(said: Sequence[Mapping[str, Any]]) -> tuple[SheetRead, ...]:
    return tuple(SheetRead(**{**sheet, "remarks": tuple(sheet["remarks"])}) for sheet in said)


def landed_sheets(path: Path) -> tuple[SheetRead, ...]:
    """All sheets of the source of a landed file, those read and those passed over."""
    said = told(path)
    return said.sheets if said else ()


def kept_shop(landing: Path) -> ShopDescription | None:
    """The description that the folder's lines were read with, if they say one."""
    path = landing / shop_file.FILE_NAME
    return shop_file.read(path) if path.is_file() else None


def keep_shop(landing: Path, shop: ShopDescription) -> None:
    """Keep the description beside the lines, unless it is there already."""
    keep_text(landing / shop_file.FILE_NAME, shop_text.to_toml(shop))


def keep_passed_over(
    landing: Path, passed: Sequence[SheetRead], read: Collection[str] = ()
) -> None:
    """Keep the files that were passed over, beside those of earlier calls.

    read: names of files that have been read by now, whatever was wrong with them before.
    """
    names = {*read, *(sheet.file for sheet in passed)}
    before = [sheet for sheet in passed_over(landing) if sheet.file not in names]
    found = [asdict(sheet) for sheet in (*before, *passed)]
    if found or (landing / _PASSED_OVER).is_file():
        keep_text(landing / _PASSED_OVER, json.dumps(found, indent=1))


def passed_over(landing: Path) -> tuple[SheetRead, ...]:
    """Files of which nothing was read, with the reason."""
    try:
        return _sheets(json.loads((landing / _PASSED_OVER).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def keep_text(path: Path, text: str) -> None:
    """Write a small file in one step, unless it says the same already."""
    if path.is_file() and path.read_text("utf-8") == text:
        return
    part = path.with_name(path.name + PART)
    part.write_text(text, "utf-8")
    part.replace(path)
