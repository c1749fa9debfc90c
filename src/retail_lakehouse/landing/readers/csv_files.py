"""CSV files as tables, whatever their encoding, delimiter and titles."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import Limits
from retail_lakehouse.landing.readers.csv_text import (
    Utf8Stream,
    Writing,
    escaped,
    examine,
    opened_text,
)
from retail_lakehouse.landing.readers.lines import on_one_line
from retail_lakehouse.landing.readers.raw import HEAD_ROWS, File, RawTable, Row, Texts
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.inference import layout, names

_DELIMITERS = (",", ";", "\t", "|")
_NAMED = {"\t": "tab"}
_BLOCK = 16 * 2**20
# So many rows of one other width are a list below; one or two are a line that was cut off.
_LIST_BELOW = 3
_SHOWN_ROW = 100
# What Arrow says where nothing comes after the header.
_NOTHING_BELOW = ("Empty CSV file", "Could not skip initial")


@dataclass(frozen=True)
class _Head:
    """The first rows, and of each the number of lines that end with it."""

    rows: list[Row]
    ends: list[int]
    delimiter: str
    skip: int  # lines before the first row that are none


@dataclass
class _Ragged:
    """Rows of another width than the header."""

    first: tuple[int, int, int, str] | None = None
    last: int = 0
    count: int = 0
    widths: set[int] = field(default_factory=set)

    def add(self, row: Any) -> str:
        """Note the row, and go on."""
        if self.first is None:
            self.first = (row.number, row.expected_columns, row.actual_columns, row.text)
        self.last, self.count = row.number, self.count + 1
        if len(self.widths) < _LIST_BELOW:
            self.widths.add(row.actual_columns)
        return "skip"

    def are_below(self, rows_before: int) -> bool:
        """Whether they are one list below all lines."""
        return (
            self.first is not None
            and self.count >= _LIST_BELOW
            and len(self.widths) == 1
            and self.first[0] == rows_before + 1
            and self.last == rows_before + self.count
        )


def read_csv(file: File, shop: ShopDescription | None, limits: Limits) -> Iterator[RawTable]:
    """The one table of a text file."""
    written = shop.format if shop else None
    writing = examine(file, written.encoding if written else "", limits)
    head = _head(file, writing, shop, limits)
    backslashes = escaped(file, writing, head.delimiter)
    if backslashes:
        head = _head(file, writing, shop, limits, "\\")
    remarks = list(writing.remarks)

    def below(header: int) -> Iterator[Texts]:
        skip = head.ends[header] if header >= 0 else head.skip
        width = len(head.rows[max(header, 0)])
        yield from _batches(file, writing, head.delimiter, backslashes, skip, width, remarks)

    traits = (
        f"encoding {writing.encoding.removesuffix('-sig')}",
        f"delimiter {_NAMED.get(head.delimiter, head.delimiter)}",
        *(("a backslash before quotation marks",) if backslashes else ()),
    )
    yield RawTable("", head.rows, below, remarks=lambda: tuple(remarks), traits=traits)


def _head(
    file: File,
    writing: Writing,
    shop: ShopDescription | None,
    limits: Limits,
    escape: str | None = None,
) -> _Head:
    with opened_text(file, writing) as text:
        start = text.read(limits.csv_line)
    lines = list(io.StringIO(start, newline=""))
    if len(start) == limits.csv_line and len(lines) > 1:
        lines.pop()  # it may go on
    skip = 0
    wanted = shop.format.delimiter if shop else ""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip("\r\n")) == 5:
        wanted, skip = lines[0][4], 1
    several = (wanted,) if wanted else _DELIMITERS
    heads = [_rows(lines[skip:], delimiter, skip, escape, file.name) for delimiter in several]
    return max(heads, key=lambda head: _score(head, shop))


def _rows(lines: list[str], delimiter: str, skip: int, escape: str | None, name: str) -> _Head:
    reader = csv.reader(lines, delimiter=delimiter, escapechar=escape, doublequote=escape is None)
    rows: list[Row] = []
    ends: list[int] = []
    try:
        for row in islice(reader, HEAD_ROWS):
            if row:
                rows.append(row)
                ends.append(skip + reader.line_num)
    except csv.Error as error:
        if not rows:
            raise SourceError(
                f"{name} is not a readable CSV file, mend or export it again: {error}."
            ) from error
    return _Head(_same_width(rows), ends, delimiter, skip)


def _same_width(rows: list[Row]) -> list[Row]:
    """A header that names all columns but the first, or the last, as wide as its lines."""
    for place, row in enumerate(rows[:_LIST_BELOW]):
        below = rows[place + 1 : place + 21]
        wider = below and all(len(other) == len(row) + 1 for other in below)
        if wider and names.matched([cell or "" for cell in row]) > 3:
            at_end = all(not other[-1] for other in below)
            rows[place] = [*row, ""] if at_end else ["", *row]
    return rows


def _score(head: _Head, shop: ShopDescription | None) -> tuple[int, int]:
    """How well the delimiter separates a header, then a first row."""
    titles = head.rows[:50]
    if shop is not None:
        found = layout.by_description(titles, shop.columns)
        known = len(found.layout.places) if found.layout else 0
    else:
        known = max((names.matched([c or "" for c in row]) for row in titles), default=0)
    return known, len(titles[0]) if titles else 0


def _batches(
    file: File,
    writing: Writing,
    delimiter: str,
    backslashes: bool,
    skip: int,
    width: int,
    remarks: list[str],
) -> Iterator[Texts]:
    """All rows after so many lines. remarks: is told of what is not read."""
    ragged = _Ragged()
    columns = [str(place) for place in range(width)]
    direct = file.path is not None and writing.is_utf8 and not backslashes
    source = file.path if direct else Utf8Stream(file, writing, skip, backslashes, _BLOCK)
    rows = 0
    try:
        with pa_csv.open_csv(
            source,
            # One thread: it knows the row of an error.
            read_options=pa_csv.ReadOptions(
                block_size=_BLOCK,
                use_threads=False,
                skip_rows=skip if direct else 0,
                column_names=columns,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=ragged.add
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        ) as batches:
            for batch in batches:
                rows += batch.num_rows
                yield pa.Table.from_batches([batch]).columns
    except pa.ArrowException as error:
        if not any(said in str(error) for said in _NOTHING_BELOW):
            raise SourceError(
                f"{file.name} is not a readable CSV file, mend or export it again: "
                f"{_reason(error)}."
            ) from error
    _judge(ragged, file.name, rows + (skip if direct else 0), skip if not direct else 0, remarks)


def _judge(ragged: _Ragged, name: str, before: int, shift: int, remarks: list[str]) -> None:
    """Name a list below the lines; SourceError for a line of another width."""
    if ragged.first is None:
        return
    number, expected, actual, text = ragged.first
    shown = on_one_line(ValueError(text))
    if not ragged.are_below(before):
        raise SourceError(
            f"{name} is not a readable CSV file, mend or export it again: Row #{number + shift:,}: "
            f"Expected {expected} columns, got {actual}: {shown}."
        )
    remarks.append(
        f"{ragged.count:,} rows below the lines are another list (of {actual} columns, such as "
        f"{shown[:_SHOWN_ROW]}) and are not read"
    )


def _reason(error: Exception) -> str:
    said = on_one_line(error).removeprefix("CSV parse error: ")
    if "straddling object" in said:
        return f"a quotation mark is not closed within {_BLOCK:,} bytes"
    return said
