"""Workbooks, CSV and Parquet files as Arrow batches of eight text columns, verbatim."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
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


@dataclass(frozen=True)
class Lines:
    """Some lines of one sheet, in order: eight text columns; empty cells are null."""

    sheet: str
    table: pa.Table


def read(path: Path) -> Iterator[Lines]:
    """Lines of one file, sheet by sheet, in batches; SourceError says what is wrong with it."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        yield from read_workbook(path.read_bytes(), path.name)
    elif suffix == ".zip":
        yield from read_workbook(unzip_workbook(path), path.name)
    elif suffix == ".csv":
        yield from _read_csv(path)
    elif suffix == ".parquet":
        yield from _read_parquet(path)
    else:
        raise SourceError(
            f"{path} is not a kind of file that can be read: give {', '.join(SUFFIXES)}."
        )


def unzip_workbook(path: Path) -> bytes:
    """The one workbook in a zip archive, in memory: nothing is unpacked by the paths inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            workbooks = [m for m in archive.infolist() if m.filename.lower().endswith(".xlsx")]
            if len(workbooks) != 1:
                raise SourceError(
                    f"{path} holds {len(workbooks)} workbooks (.xlsx) instead of one: unpack it "
                    "and give the files themselves."
                )
            if workbooks[0].file_size > _UNZIPPED_LIMIT:
                raise SourceError(
                    f"{path} holds a workbook of {workbooks[0].file_size:,} bytes, over the limit "
                    f"of {_UNZIPPED_LIMIT:,}: unpack it and give it as CSV or Parquet."
                )
            with archive.open(workbooks[0]) as member:
                content = member.read(_UNZIPPED_LIMIT + 1)
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        raise SourceError(_broken(path, "zip archive")) from error
    if len(content) > _UNZIPPED_LIMIT:
        raise SourceError(f"{path} unpacks to more than {_UNZIPPED_LIMIT:,} bytes: refused.")
    return content


def _broken(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        head = file.read(512).lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"{path} is a web page, not a {kind}: download the file itself again."
    return f"{path} is not a readable {kind}, perhaps cut off while copying: fetch it again."


def read_workbook(content: bytes, name: str) -> Iterator[Lines]:
    """Lines of every sheet of a workbook that has the header of invoice lines."""
    import fastexcel

    try:
        workbook = fastexcel.read_excel(content)
    except fastexcel.FastExcelError as error:
        start = content[:512].lstrip().lower()
        kind = "a web page" if start.startswith((b"<!doctype", b"<html")) else "cut off or damaged"
        raise SourceError(
            f"{name} is not a readable workbook (.xlsx) but {kind}: fetch it again."
        ) from error
    header: list[str] = []
    lines = 0
    sheets = 0
    for sheet_name in workbook.sheet_names:
        try:
            sheet = workbook.load_sheet(sheet_name, n_rows=0)
            names = [column.name for column in sheet.available_columns()]
        except fastexcel.FastExcelError:
            continue  # a sheet with nothing in it has no header to read
        header = header or names
        columns = find_columns(names, f"{name}, sheet {sheet_name!r},")
        if columns is None:
            continue
        sheets += 1
        batch = workbook.load_sheet(sheet_name, use_columns=list(columns.values()), dtypes="string")
        table = _as_text(pa.Table.from_batches([batch.to_arrow()]), columns)
        lines += table.num_rows
        yield Lines(sheet_name, table)
    if sheets == 0:
        raise not_lines(name, header)
    if lines == 0:
        raise SourceError(f"{name} has a header but no lines: there is nothing to load.")


def _read_csv(path: Path) -> Iterator[Lines]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline().rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=first.count)
    names = next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
    columns = find_columns(names, str(path))
    if columns is None:
        raise not_lines(str(path), [name for name in names if name])
    lines = 0
    try:
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(encoding=encoding, block_size=16 * 2**20),
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
                lines += batch.num_rows
                yield Lines("", _as_text(pa.Table.from_batches([batch]), columns))
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path} is not a readable CSV file: {error}.") from error
    if lines == 0:
        raise SourceError(f"{path} has a header but no lines: there is nothing to load.")


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, else the Windows code page older exports come in."""
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                while file.read(2**20):
                    pass
        except UnicodeDecodeError:
            continue
        return "utf-8" if encoding == "utf-8-sig" else encoding
    raise SourceError(f"{path} is neither UTF-8 nor Windows-1252 text: save it as UTF-8.")


def _read_parquet(path: Path) -> Iterator[Lines]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(_broken(path, "Parquet file")) from error
    columns = find_columns(file.schema_arrow.names, str(path))
    if columns is None:
        raise not_lines(str(path), file.schema_arrow.names)
    if file.metadata.num_rows == 0:
        raise SourceError(f"{path} has a header but no lines: there is nothing to load.")
    for batch in file.iter_batches(columns=list(columns.values()), batch_size=2**18):
        yield Lines("", _as_text(pa.Table.from_batches([batch]), columns))


def _as_text(table: pa.Table, columns: dict[str, str]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    arrays = [table[columns[name]].cast(pa.string()) for name in COLUMNS]
    return pa.Table.from_arrays(arrays, schema=schema)
