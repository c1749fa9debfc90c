"""A table as one file for other tools: no text in it runs, and it is whole or not there."""

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.machine.whole_files import check_name, written_whole
from retail_lakehouse.plain_text import MARK, cell

SUFFIXES = (".csv", ".parquet", ".xlsx")
# Rows of a workbook's sheet, its header with them.
MOST_ROWS = 2**20
_FEWER_ROWS = "give a name that ends in .csv or .parquet, or choose fewer rows"
# Rows that are written to Parquet at once.
_PART = 50_000
_ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
# Names and Spark's types, in order.
Columns = Sequence[tuple[str, str]]
Row = Sequence[object]


class Writer(Protocol):
    """Writes rows to a file that is not whole until ``close``."""

    def row(self, values: Row) -> None:
        """Write one."""

    def close(self) -> None:
        """Write what is left."""


def write(out: Path, columns: Columns, rows: Iterable[Row]) -> int:
    """Write the rows, in the form that the name of ``out`` says; how many there were.

    SettingsError for another form, or where the file cannot be written: the one before stays.
    """
    check_name(out, SUFFIXES)
    count = 0
    with written_whole([out]) as (part,), closing(_writer(out, part, columns)) as writer:
        for row in rows:
            writer.row(row)
            count += 1
    return count


def _writer(out: Path, part: Path, columns: Columns) -> Writer:
    """A writer of the form that the name says, with the columns' names written."""
    names = [name for name, _ in columns]
    writer: Writer
    if out.suffix.lower() == ".parquet":
        return _Parquet(part, columns)
    if out.suffix.lower() == ".csv":
        writer = TextFile(part)
    else:
        writer = Workbook(part, "export", _FEWER_ROWS, frozen="A2")
    writer.row(names)
    return writer


def arrow_type(spark_type: str) -> pa.DataType:
    """Arrow's type of a column of gold.

    >>> arrow_type("decimal(22,4)")
    Decimal128Type(decimal128(22, 4))
    """
    decimal = _DECIMAL.fullmatch(spark_type)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _ARROW[spark_type]


class TextFile:
    """A CSV file, which a spreadsheet program opens without running anything in it.

    With a mark of UTF-8 in front, which spreadsheets go by, and goes before any encoding that a
    description names. By default with commas, as RFC 4180 has it.
    """

    def __init__(self, part: Path, delimiter: str = ",", end: str = "\r\n") -> None:
        self._file = part.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator=end)

    def row(self, values: Row) -> None:
        """Texts so that none is a formula."""
        self._writer.writerow([cell(v) if isinstance(v, str) else v for v in values])

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class _Parquet:
    """Parquet with the types of gold."""

    def __init__(self, part: Path, columns: Columns) -> None:
        self._schema = pa.schema([(name, arrow_type(kind)) for name, kind in columns])
        self._writer = pq.ParquetWriter(part, self._schema)
        self._rows: list[Row] = []

    def row(self, values: Row) -> None:
        self._rows.append(values)
        if len(self._rows) == _PART:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._schema)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


class Workbook:
    """A workbook with numbers and dates as such, and texts that no program takes for anything else.

    remedy: what to give instead where a sheet has too few rows. frozen: the cell that stays.
    """

    def __init__(self, part: Path, sheet: str, remedy: str, frozen: str | None = None) -> None:
        import openpyxl

        self._part, self._rows, self._remedy = part, 0, remedy
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet(sheet)
        self._sheet.freeze_panes = frozen

    def row(self, values: Row) -> None:
        """SettingsError where the sheet is full."""
        self._rows += 1
        if self._rows > MOST_ROWS:
            raise SettingsError(
                f"A workbook's sheet has {MOST_ROWS:,} rows at most, and there are more: "
                f"{self._remedy}."
            )
        self._sheet.append([self._cell(v) if isinstance(v, str) else v for v in values])

    def _cell(self, text: str) -> Any:
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

        found = WriteOnlyCell(self._sheet, ILLEGAL_CHARACTERS_RE.sub(MARK, text))
        found.data_type = "s"
        return found

    def close(self) -> None:
        """Write the file."""
        self._book.save(self._part)
