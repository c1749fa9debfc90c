"""Workbooks as lines: every sheet that has the header, nothing of a file that asks for too much."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from xml.parsers import expat

import pyarrow as pa

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.archives import (
    AS_TABLE,
    Part,
    packed_again,
    unpack,
    unreadable,
    xml_parts,
)
from retail_lakehouse.landing.header import find_columns, not_lines
from retail_lakehouse.landing.limits import LIMITS, Limits, over
from retail_lakehouse.landing.lines import Lines, as_lines
from retail_lakehouse.landing.sheet_size import size_of, text_lengths

_KIND = "workbook (.xlsx)"
_AS_TABLE = AS_TABLE.removeprefix("unpack it and ")
_UNNAMED = "__UNNAMED__"  # what fastexcel calls a column whose header cell is empty
_SHARED_TEXTS = "sharedstrings.xml"
_DESCRIPTIONS = ("workbook.xml", "styles.xml")
# More digits than any number of texts that is read.
_MANY_TEXTS = re.compile(rb"""uniqueCount\s*=\s*["']([^"']{8,20})""")


def read_workbook(content: bytes, name: str, limits: Limits = LIMITS) -> Iterator[Lines]:
    """Lines of every sheet of a workbook that has the header of invoice lines."""
    import fastexcel

    headers: list[str] = []
    sheets = 0
    checked = _checked(content, name, limits)
    try:
        workbook = fastexcel.read_excel(checked)
        _refuse_many_sheets(len(workbook.sheet_names), name, limits)
        for sheet_name in workbook.sheet_names:
            # Whole and once: a look at the header alone would parse the sheet all the same.
            sheet = workbook.load_sheet_eager(sheet_name, dtypes="string")
            names = sheet.schema.names
            headers = headers or [name for name in names if not name.startswith(_UNNAMED)]
            columns = find_columns(names, f"{name}, sheet {sheet_name!r},")
            if columns is None:
                continue
            sheets += 1
            yield as_lines(sheet_name, pa.Table.from_batches([sheet]), columns)
    except fastexcel.FastExcelError as error:
        raise SourceError(unreadable(name, b"", _KIND)) from error
    except BaseException as error:
        # A defect that the file found in what reads it; as it is no Exception, it is known by name.
        if type(error).__name__ != "PanicException":
            raise
        raise SourceError(unreadable(name, b"", _KIND)) from error
    if sheets == 0:
        raise not_lines(name, headers)


def _checked(content: bytes, name: str, limits: Limits) -> bytes:
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
            list(pool.map(partial(_check, texts=texts, name=name, limits=limits), parts))
    except expat.ExpatError as error:
        raise SourceError(unreadable(name, b"", _KIND)) from error
    return packed_again(parts)


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


def _check(part: Part, texts: Sequence[int], name: str, limits: Limits) -> None:
    """SourceError if what the part holds, read as a sheet, is over a limit."""
    size = size_of(unpack(part, name), texts, limits)
    where = f"{name}, part {part.name!r},"
    if size.area > limits.sheet_area:
        what = f"spans {size.area:,} cells from its first value to its last"
        raise over(where, what, limits.sheet_area, "delete what stands far from the lines")
    if size.values > limits.sheet_values:
        raise over(where, f"has {size.values:,} values", limits.sheet_values, _AS_TABLE)
    if size.text > limits.sheet_text_bytes:
        what = f"unfolds to {size.text:,} bytes of text"
        raise over(where, what, limits.sheet_text_bytes, _AS_TABLE)
