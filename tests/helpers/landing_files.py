"""Source files made by hand: what no library would write."""

import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from support import HEADER

LINE = ["489434", "85048", "LIGHTS", "12", "2009-12-01 07:45:00", "6.95", "13085", "France"]

_DESCRIPTION = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": '<Relationships><Relationship Id="r1" Target="xl/workbook.xml" Type="'
    'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns:r="x"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="'
    'worksheets/sheet1.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/worksheet"/></Relationships>',
}


def inline(text: str, place: str = "") -> str:
    return f'<c{place} t="inlineStr"><is><t>{text}</t></is></c>'


def first_row() -> str:
    cells = (inline(name, f' r="{"ABCDEFGH"[i]}1"') for i, name in enumerate(HEADER))
    return f'<row r="1">{"".join(cells)}</row>'


def sheet(rows: str, header: str | None = None) -> str:
    header = first_row() if header is None else header
    return f"<worksheet><sheetData>{header}{rows}</sheetData></worksheet>"


def raw_workbook(path: Path, sheet_xml: str, shared: str | None = None, **more: str) -> Path:
    parts = {**_DESCRIPTION, "xl/worksheets/sheet1.xml": sheet_xml}
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **more}.items():
            archive.writestr(name, content)
    return path


def same_text(value: str, rows: int) -> pa.Array:
    """A column that holds one text and, for each row, that it is this one."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))


def raw_parquet(
    path: Path, columns: dict[str, pa.Array], rows: int, times: int = 1, **options: object
) -> Path:
    """A Parquet file of the eight columns, the others of which hold what LINE does.

    times: how often the rows are written, each time as a row group of its own.
    """
    all_columns = [
        columns.get(name, same_text(value, rows)) for name, value in zip(HEADER, LINE, strict=True)
    ]
    table = pa.Table.from_arrays(all_columns, HEADER)
    options = {"compression": "zstd", "store_schema": False} | options
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        for _ in range(times):
            writer.write_table(table)
    return path
