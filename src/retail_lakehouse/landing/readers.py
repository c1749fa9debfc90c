"""Workbooks, CSV and Parquet files as Arrow batches of eight text columns, verbatim."""

import csv
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.header import find_columns, not_lines
from retail_lakehouse.tables import SOURCE_COLUMNS

COLUMNS = tuple(column.name for column in SOURCE_COLUMNS)
SUFFIXES = (".xlsx", ".csv", ".parquet", ".zip")
_UNZIPPED_LIMIT = 500 * 2**20
_DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = ("utf-8-sig", "cp1252")
_SHOWN = 200
_UNNAMED = "__UNNAMED__"  # what fastexcel calls a column whose header cell is empty


@dataclass(frozen=True)
class Lines:
    """Some lines of one sheet, in order: eight text columns; empty cells are null."""

    sheet: str
    table: pa.Table


def read(path: Path) -> Iterator[Lines]:
    """Lines of one file, sheet by sheet, in batches; SourceError says what is wrong with it."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        batches = read_workbook(path.read_bytes(), str(path))
    elif suffix == ".zip":
        batches = read_workbook(unzip_workbook(path), str(path))
    elif suffix == ".csv":
        batches = _read_csv(path)
    elif suffix == ".parquet":
        batches = _read_parquet(path)
    else:
        raise SourceError(
            f"{path} is not a kind of file that can be read: give {', '.join(SUFFIXES)}."
        )
    any_line = False
    for lines in batches:
        any_line = any_line or pc.any(filled(lines.table)).as_py() is True
        yield lines
    if not any_line:
        raise SourceError(f"{path} has a header but no lines: give a file with invoice lines.")


def filled(table: pa.Table) -> pa.ChunkedArray:
    """For each row, whether it has a value at all: spreadsheets trail rows without."""
    mask = pc.is_valid(table[COLUMNS[0]])
    for name in COLUMNS[1:]:
        mask = pc.or_(mask, pc.is_valid(table[name]))
    return mask


def unzip_workbook(path: Path, name: str = "") -> bytes:
    """The one workbook in a zip archive, in memory: nothing is unpacked by the paths inside.

    ``name``: what errors call the archive, if not its path.
    """
    name = name or str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            workbooks = [m for m in archive.infolist() if _is_workbook(m.filename)]
            if len(workbooks) != 1:
                raise SourceError(
                    f"{name} holds {len(workbooks)} workbooks (.xlsx) instead of one: unpack it "
                    "and give the files themselves."
                )
            if workbooks[0].file_size > _UNZIPPED_LIMIT:
                raise SourceError(
                    f"{name} holds a workbook of {workbooks[0].file_size:,} bytes, over the limit "
                    f"of {_UNZIPPED_LIMIT:,}: unpack it and give it as CSV or Parquet."
                )
            with archive.open(workbooks[0]) as member:
                content = member.read(_UNZIPPED_LIMIT + 1)
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        raise SourceError(_broken(name, path, "zip archive")) from error
    except (RuntimeError, NotImplementedError) as error:  # a password, a rare compression
        raise SourceError(
            f"{name} cannot be unpacked here: unpack it yourself ({error})."
        ) from error
    if len(content) > _UNZIPPED_LIMIT:
        raise SourceError(
            f"{name} unpacks to more than {_UNZIPPED_LIMIT:,} bytes: unpack it and give it as CSV "
            "or Parquet."
        )
    return content


def _is_workbook(member: str) -> bool:
    # macOS adds a hidden twin to each file that it zips.
    return member.lower().endswith(".xlsx") and not member.rsplit("/", 1)[-1].startswith(".")


def _broken(name: str, path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return _unreadable(name, file.read(512), kind)


def _unreadable(name: str, start: bytes, kind: str) -> str:
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"{name} is a web page, not a {kind}: download the file itself again."
    return (
        f"{name} is not a readable {kind}, perhaps cut off or damaged on its way: fetch it again."
    )


def read_workbook(content: bytes, name: str) -> Iterator[Lines]:
    """Lines of every sheet of a workbook that has the header of invoice lines."""
    import fastexcel

    headers: list[str] = []
    sheets = 0
    try:
        workbook = fastexcel.read_excel(content)
        for sheet_name in workbook.sheet_names:
            # Whole and once: a look at the header alone would parse the sheet all the same.
            sheet = workbook.load_sheet(sheet_name, dtypes="string")
            names = [column.name for column in sheet.available_columns()]
            headers = headers or [name for name in names if not name.startswith(_UNNAMED)]
            columns = find_columns(names, f"{name}, sheet {sheet_name!r},")
            if columns is None:
                continue
            sheets += 1
            table = pa.Table.from_batches([sheet.to_arrow()])
            yield Lines(sheet_name, _as_text(table, columns))
    except fastexcel.FastExcelError as error:
        raise SourceError(_unreadable(name, content[:512], "workbook (.xlsx)")) from error
    if sheets == 0:
        raise not_lines(name, headers)


def _read_csv(path: Path) -> Iterator[Lines]:
    encoding = _encoding(path)
    names, delimiter = _csv_header(path, encoding)
    columns = find_columns(names, str(path))
    if columns is None:
        raise not_lines(str(path), names)
    try:
        with pa_csv.open_csv(
            path,
            # Arrow skips the byte order mark itself. One thread: it knows the row of an error.
            read_options=pa_csv.ReadOptions(
                encoding=encoding.removesuffix("-sig"), block_size=16 * 2**20, use_threads=False
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
                yield Lines("", _as_text(pa.Table.from_batches([batch]), columns))
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"{path} is not a readable CSV file, mend or export it again: "
            f"{_one_line(error).removeprefix('CSV parse error: ')}."
        ) from error


def _csv_header(path: Path, encoding: str) -> tuple[list[str], str]:
    """Names in the first row that is not blank, and the delimiter between them."""
    with path.open(encoding=encoding, newline="") as file:
        first = next((line for line in file if line.strip()), "")
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        rows = (row for row in csv.reader(file, delimiter=delimiter) if row)
        try:
            names = next(rows, [])
            followed = next(rows, None) is not None
        except csv.Error as error:
            raise SourceError(
                f"{path} is not a readable CSV file, mend or export it again: {error}."
            ) from error
    if find_columns(names, str(path)) and not followed:
        raise SourceError(f"{path} has a header but no lines: give a file with invoice lines.")
    return names, delimiter


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, else the Windows code page older exports come in."""
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                while text := file.read(2**20):
                    if "\0" in text:  # UTF-16, a workbook by another name, a half-written file
                        raise SourceError(f"{path} is not a text file: save it as CSV in UTF-8.")
        except UnicodeDecodeError:
            continue
        return encoding
    raise SourceError(f"{path} is neither UTF-8 nor Windows-1252 text: save it as CSV in UTF-8.")


def _read_parquet(path: Path) -> Iterator[Lines]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(_broken(str(path), path, "Parquet file")) from error
    columns = find_columns(file.schema_arrow.names, str(path))
    if columns is None:
        raise not_lines(str(path), file.schema_arrow.names)
    try:
        for batch in file.iter_batches(columns=list(columns.values()), batch_size=2**18):
            yield Lines("", _as_text(pa.Table.from_batches([batch]), columns))
    except (pa.ArrowException, OSError) as error:  # a damaged page, a column that is no text
        raise SourceError(
            f"{path} is not a readable Parquet file, fetch or export it again: {_one_line(error)}."
        ) from error


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _as_text(table: pa.Table, columns: dict[str, str]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    arrays = [_column_as_text(table[columns[name]]) for name in COLUMNS]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column_as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # Arrow writes as many decimals as the type could hold: 07:45:00.000000.
        text = pc.replace_substring_regex(text, r"\.0+(Z?)$", r"\1")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
