"""Workbooks (.xlsx) as tables, sheet by sheet; nothing of a file that asks for too much."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from xml.parsers import expat

import pyarrow as pa

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits, over
from retail_lakehouse.landing.bounds.sheet_size import new_parser, size_of, text_lengths
from retail_lakehouse.landing.readers.archives import (
    AS_TABLE,
    Part,
    packed_again,
    unpack,
    unreadable,
    xml_parts,
)
from retail_lakehouse.landing.readers.raw import HEAD_ROWS, RawTable, Texts

_KIND = "workbook (.xlsx)"
_AS_TABLE = AS_TABLE.removeprefix("unpack it and ")
_DAYS_TO_1904 = 1_462
# A cell of a formula that nobody has calculated, as libraries write them. All of it is bounded, so
# that no text takes the square of its length.
_NO_VALUE = re.compile(
    rb"""<c\s[^<>]{0,300}?r=["']([A-Z]{1,3})[0-9]+["'][^<>]{0,300}>\s{0,99}<f(?:\s[^<>]{0,300})?"""
    rb"""(?:/>|>[^<]{0,9999}</f>)\s{0,99}"""
    rb"""(?:<v\s?/>|<v>\s{0,99}</v>)?\s{0,99}</c>"""
)
_SHARED_TEXTS = "sharedstrings.xml"
_DESCRIPTIONS = ("workbook.xml", "styles.xml")
# More digits than any number of texts that is read.
_MANY_TEXTS = re.compile(rb"""uniqueCount\s*=\s*["']([^"']{8,20})""")


def read_workbook(content: bytes, name: str, limits: Limits = LIMITS) -> Iterator[RawTable]:
    """The sheets of a workbook (.xlsx)."""
    import fastexcel

    checked, told = _checked(content, name, limits)
    try:
        workbook = fastexcel.read_excel(checked)
        _refuse_many_sheets(len(workbook.sheet_names), name, limits)
        for sheet_name in workbook.sheet_names:
            # Whole and once: a look at the header alone would parse the sheet all the same.
            sheet = workbook.load_sheet_eager(sheet_name, header_row=None, dtypes="string")
            yield table_of(
                sheet_name,
                sheet,
                hidden=sheet_name in told.hidden,
                without_value=_by_place(workbook, sheet_name, told.without_value),
                serial_shift=_DAYS_TO_1904 if told.from_1904 else 0,
            )
    except fastexcel.FastExcelError as error:
        raise SourceError(unreadable(name, b"", _KIND)) from error
    except BaseException as error:
        # A defect that the file found in what reads it; as it is no Exception, it is known by name.
        if type(error).__name__ != "PanicException":
            raise
        raise SourceError(unreadable(name, b"", _KIND)) from error


def table_of(
    name: str,
    sheet: pa.RecordBatch,
    hidden: bool = False,
    without_value: Mapping[int, int] | None = None,
    serial_shift: int = 0,
) -> RawTable:
    """A sheet that has been read, all of it as text."""
    columns = sheet.slice(0, HEAD_ROWS).to_pydict().values()
    head = [list(row) for row in zip(*columns, strict=True)]

    def below(header: int) -> Iterator[Texts]:
        yield pa.Table.from_batches([sheet.slice(header + 1)]).columns

    return RawTable(
        name,
        head,
        below,
        hidden=hidden,
        without_value=without_value or {},
        serial_shift=serial_shift,
    )


@dataclass(frozen=True)
class _Told:
    """What a workbook's XML tells beside the values.

    hidden: names of sheets. from_1904: whether days count from there. without_value: by the letters
    of a column, cells of a formula that has no value.
    """

    hidden: frozenset[str] = frozenset()
    from_1904: bool = False
    without_value: Mapping[str, int] = field(default_factory=dict)


def _by_place(workbook: Any, sheet: str, cells: Mapping[str, int]) -> dict[int, int]:
    """The same by a column's place among those of the sheet."""
    if not cells:
        return {}
    columns = workbook.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string")
    return {
        place: cells[letters]
        for place, column in enumerate(columns.available_columns())
        if (letters := _letters(column.absolute_index)) in cells
    }


def _letters(column: int) -> str:
    """A column's name in a spreadsheet; 0 is A."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _checked(content: bytes, name: str, limits: Limits) -> tuple[bytes, _Told]:
    """The workbook with nothing in it but XML that stays within the limits."""
    parts = xml_parts(content, name, limits)
    for part in parts:
        file = _file(part)
        if file in _DESCRIPTIONS or file.endswith(".rels"):
            _refuse_long_description(part, name, limits)
    try:
        texts = _shared_texts(parts, name, limits)
        # Unpacking and searching run outside Python's lock: two sheets take the time of one.
        with ThreadPoolExecutor(2) as pool:
            check = partial(_check, texts=texts, name=name, limits=limits)
            cells = sum(pool.map(check, parts), Counter[str]())
        described = [part for part in parts if _file(part) == "workbook.xml"]
        told = _described(unpack(described[0], name)) if described else _Told()
    except expat.ExpatError as error:
        raise SourceError(unreadable(name, b"", _KIND)) from error
    return packed_again(parts), replace(told, without_value=cells)


def _described(xml: bytes) -> _Told:
    """What workbook.xml says of the sheets."""
    hidden: set[str] = set()
    since: list[str] = []

    def started(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "sheet" and attributes.get("state", "visible") != "visible":
            hidden.add(attributes.get("name", ""))
        if local == "workbookPr":
            since.append(attributes.get("date1904", ""))

    parser = new_parser()
    parser.StartElementHandler = started
    parser.Parse(xml, True)
    return _Told(frozenset(hidden), since[-1:] in (["1"], ["true"]))


def _file(part: Part) -> str:
    return re.split(r"[\\/]", part.name)[-1].lower()


def _refuse_long_description(part: Part, name: str, limits: Limits) -> None:
    if part.size > limits.description_bytes:
        raise over(
            f"{name}, part {part.name!r},", f"unpacks to {part.size:,} bytes",
            limits.description_bytes, _AS_TABLE,
        )  # fmt: skip


def _refuse_many_sheets(sheets: int, name: str, limits: Limits) -> None:
    if sheets > limits.sheets:
        raise over(name, f"has {sheets:,} sheets", limits.sheets, "give only those with lines")


def _shared_texts(parts: Sequence[Part], name: str, limits: Limits) -> Sequence[int]:
    """Lengths of the texts that cells refer to."""
    shared = [part for part in parts if _file(part) == _SHARED_TEXTS]
    if len(shared) > 1:  # which of them counts is not said anywhere
        raise SourceError(unreadable(name, b"", _KIND))
    lengths: Sequence[int] = ()
    for part in shared:
        xml = unpack(part, name)
        announced = _MANY_TEXTS.search(xml)
        lengths = () if announced else text_lengths(xml, limits.texts)
        if announced or len(lengths) > limits.texts:
            count = (
                announced[1].decode("ascii", "replace")
                if announced
                else f"{len(lengths):,} or more"
            )
            raise over(name, f"holds {count} different texts", limits.texts, _AS_TABLE)
    return lengths


def _check(part: Part, texts: Sequence[int], name: str, limits: Limits) -> Counter[str]:
    """Cells of formulas without a value, by column.

    SourceError if what the part holds, read as a sheet, is over a limit.
    """
    xml = unpack(part, name)
    size = size_of(xml, texts, limits)
    where = f"{name}, part {part.name!r},"
    if size.area > limits.sheet_area:
        what = f"spans {size.area:,} cells from its first value to its last"
        raise over(where, what, limits.sheet_area, "delete what stands far from the lines")
    if size.values > limits.sheet_values:
        raise over(where, f"has {size.values:,} values", limits.sheet_values, _AS_TABLE)
    if size.text > limits.sheet_text_bytes:
        what = f"unfolds to {size.text:,} bytes of text"
        raise over(where, what, limits.sheet_text_bytes, _AS_TABLE)
    if b"<f" not in xml:
        return Counter()
    return Counter(found[1].decode() for found in _NO_VALUE.finditer(xml))
