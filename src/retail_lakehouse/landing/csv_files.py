"""CSV files as lines, whatever their encoding and delimiter; no line is read that is too long."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.header import find_columns, not_lines
from retail_lakehouse.landing.limits import LIMITS, Limits, over
from retail_lakehouse.landing.lines import Lines, as_lines, on_one_line

_DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = ("utf-8-sig", "cp1252")
_BLOCK = 16 * 2**20
_PIECE = 2**20


def read_csv(path: Path, limits: Limits = LIMITS) -> Iterator[Lines]:
    """Lines of a CSV file, in batches."""
    encoding = _encoding(path, limits)
    names, delimiter = _header(path, encoding, limits)
    columns = find_columns(names, str(path))
    if columns is None:
        raise not_lines(str(path), names)
    try:
        with pa_csv.open_csv(
            path,
            # Arrow skips the byte order mark itself. One thread: it knows the row of an error.
            read_options=pa_csv.ReadOptions(
                encoding=encoding.removesuffix("-sig"), block_size=_BLOCK, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in columns.values()},
                include_columns=list(columns.values()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        ) as batches:
            for batch in batches:
                yield as_lines("", pa.Table.from_batches([batch]), columns)
    except pa.ArrowException as error:
        raise SourceError(
            f"{path} is not a readable CSV file, mend or export it again: {_reason(error)}."
        ) from error


def _reason(error: Exception) -> str:
    said = on_one_line(error).removeprefix("CSV parse error: ")
    if "straddling object" in said:
        return f"a quotation mark is not closed within {_BLOCK:,} bytes"
    return said


def _header(path: Path, encoding: str, limits: Limits) -> tuple[list[str], str]:
    """Names in the first row that is not blank, and the delimiter between them."""
    with path.open(encoding=encoding, newline="") as file:
        start = file.read(limits.csv_line)
    first = next((line for line in io.StringIO(start, newline="") if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = (row for row in csv.reader(io.StringIO(start, newline=""), delimiter=delimiter) if row)
    try:
        names = next(rows, [])
        followed = len(start) == limits.csv_line or next(rows, None) is not None
    except csv.Error as error:
        raise SourceError(
            f"{path} is not a readable CSV file, mend or export it again: {error}."
        ) from error
    if find_columns(names, str(path)) and not followed:
        raise SourceError(f"{path} has a header but no lines: give a file with invoice lines.")
    return names, delimiter


def _encoding(path: Path, limits: Limits) -> str:
    """UTF-8 if the whole file is, else the Windows code page older exports come in."""
    for encoding in _ENCODINGS:
        try:
            _read_through(path, encoding, limits)
        except UnicodeDecodeError:
            continue
        return encoding
    raise SourceError(f"{path} is neither UTF-8 nor Windows-1252 text: save it as CSV in UTF-8.")


def _read_through(path: Path, encoding: str, limits: Limits) -> None:
    """UnicodeDecodeError, or SourceError for what is no text or has too long a line."""
    begun, lines = 0, 1  # characters of the line so far, and its number
    with path.open(encoding=encoding) as file:
        while text := file.read(min(_PIECE, limits.csv_line)):
            if "\0" in text:  # UTF-16, a workbook by another name, a half-written file
                raise SourceError(f"{path} is not a text file: save it as CSV in UTF-8.")
            first = text.find("\n")
            begun += len(text) if first < 0 else first
            if begun > limits.csv_line:
                raise over(
                    str(path), f"has {begun:,} characters or more in line {lines:,}",
                    limits.csv_line, "mend or export it again",
                )  # fmt: skip
            if first >= 0:
                lines += text.count("\n")
                begun = len(text) - text.rfind("\n") - 1
