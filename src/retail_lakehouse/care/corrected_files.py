"""Files of rejected lines, for people to correct: text only, in the source's own columns."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from retail_lakehouse.exports.file_forms import TextFile, Workbook, Writer
from retail_lakehouse.machine.whole_files import check_name, written_whole
from retail_lakehouse.shops.corrections import REASON, REFERENCE
from retail_lakehouse.shops.description import ShopDescription

SUFFIXES = (".csv", ".xlsx")
_TITLE = "Rejected lines"
_FEWER_LINES = "give --write a name that ends in .csv, or choose a --reason"


@dataclass(frozen=True)
class Sheet:
    """What lines of one header become. columns: ours and theirs; others: what else a line says."""

    columns: Mapping[str, str]
    others: tuple[str, ...] = ()

    @property
    def header(self) -> list[str]:
        """Theirs, and which line it is and why it was rejected."""
        return [*self.columns.values(), *self.others, REASON, REFERENCE]


Rejects = Mapping[str, Sheet]
Cells = Iterator[tuple[Sheet, Sequence[str]]]


def write(
    out: Path, rejects: Rejects, cells: Cells, shop: ShopDescription
) -> list[tuple[Path, int]]:
    """Write all lines; the files, each whole or not there, and how many lines are in it."""
    check_name(out, SUFFIXES, "--write")
    sheets: list[Sheet] = []
    for sheet in rejects.values():
        if sheet not in sheets:
            sheets.append(sheet)
    paths = [_numbered(out, place) for place in range(len(sheets))]
    with written_whole(paths) as parts:
        counts = _write_parts(sheets, parts, out.suffix, cells, shop)
    return list(zip(paths, counts, strict=True))


def _numbered(out: Path, place: int) -> Path:
    return out if place == 0 else out.with_name(f"{out.stem}-{place + 1}{out.suffix}")


def _write_parts(
    sheets: Sequence[Sheet], parts: Sequence[Path], suffix: str, cells: Cells, shop: ShopDescription
) -> list[int]:
    counts = [0] * len(sheets)
    with ExitStack() as opened:
        writers = []
        for part, sheet in zip(parts, sheets, strict=True):
            writer = _writer(part, suffix, shop)
            opened.callback(writer.close)
            # Titles above the header, where the shop's files have some.
            for _ in range(shop.format.header_row - 1):
                writer.row([_TITLE])
            writer.row(sheet.header)
            writers.append(writer)
        for sheet, row in cells:
            place = sheets.index(sheet)
            counts[place] += 1
            writers[place].row(row)
    return counts


def _writer(part: Path, suffix: str, shop: ShopDescription) -> Writer:
    """Cells are all text, so that no program changes a date."""
    if suffix.lower() == ".xlsx":
        return Workbook(part, next(iter(shop.format.sheets), _TITLE), _FEWER_LINES)
    return TextFile(part, shop.format.delimiter or ",", end="\n")
