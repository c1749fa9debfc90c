"""Files of rejected lines, for people to correct: text only, in the source's own columns."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.exports.file_forms import MOST_ROWS, text_cell
from retail_lakehouse.machine.whole_files import check_name, written_whole
from retail_lakehouse.plain_text import cell
from retail_lakehouse.shops.corrections import REASON, REFERENCE
from retail_lakehouse.shops.description import ShopDescription

SUFFIXES = (".csv", ".xlsx")
_TITLE = "Rejected lines"


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


class Writer(Protocol):
    """Writes rows to a file that is not whole until ``close``."""

    def row(self, cells: Sequence[str]) -> None:
        """Write one."""

    def close(self) -> None:
        """Write what is left."""


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
            writer = _Workbook(part, shop) if suffix.lower() == ".xlsx" else _Text(part, shop)
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


class _Text:
    """A CSV file, which a spreadsheet program opens without running anything in it."""

    def __init__(self, part: Path, shop: ShopDescription) -> None:
        # With a mark of UTF-8 in front, which goes before any encoding that a description names.
        self._file = part.open("w", encoding="utf-8-sig", newline="")
        delimiter = shop.format.delimiter or ","
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator="\n")

    def row(self, cells: Sequence[str]) -> None:
        self._writer.writerow([cell(one) for one in cells])

    def close(self) -> None:
        self._file.close()


class _Workbook:
    """A workbook whose cells are all text, so that no program changes a date or runs a formula."""

    def __init__(self, part: Path, shop: ShopDescription) -> None:
        from openpyxl import Workbook

        self._part, self._rows = part, 0
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(next(iter(shop.format.sheets), _TITLE))

    def row(self, cells: Sequence[str]) -> None:
        self._rows += 1
        if self._rows > MOST_ROWS:
            raise SettingsError(
                f"A workbook's sheet has {MOST_ROWS:,} rows at most, and there are more lines: "
                "give --write a name that ends in .csv, or choose a --reason."
            )
        self._sheet.append([text_cell(self._sheet, one) for one in cells])

    def close(self) -> None:
        self._book.save(self._part)
