"""How far the values of a worksheet reach, found in its XML before anything makes room for them.

What reads a workbook makes room for the rectangle from the first value to the last, and a copy of
its text for each cell; a short file can ask for any size. What is said here is never too little:
the XML is either searched for anything that could reach further than two usual shapes, in one pass
that costs a tenth of reading it, or walked through element by element.
"""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.parsers import expat

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.landing.bounds.limits import Limits

# An attribute r, of a row or a cell, however it is written.
_REFERENCE = r"""[\s"']r\s*=\s*["']"""
# What reaches beyond column Z or row 1,099,999.
_BEYOND_TALL = _REFERENCE + r"(?:[A-Za-z]{2}|[A-Za-z]?(?:[0-9]{8}|(?:1[1-9]|[2-9][0-9])[0-9]{5}))"
# What reaches beyond column IZ or row 99,999.
_BEYOND_WIDE = _REFERENCE + r"(?:[A-Za-z]{3}|[J-Zj-z][A-Za-z]|[A-Za-z]{0,2}[0-9]{6})"
_SHAPES = ((_BEYOND_TALL, 26 * 1_099_999), (_BEYOND_WIDE, 260 * 99_999))
# A cell that has no r, or a prefix: it stands where counting all cells before it puts it.
_NAME = r"(?:[^r\s=>][^=>]*|r[^=>\s][^=>]*|r\s+[^=>\s][^=>]*)"
_VALUE = r"""\s*(?:"[^"]*"|'[^']*')"""
_UNPLACED = rf":c[\s/>]|<c(?:\s+{_NAME}={_VALUE}(?:\s*{_NAME}={_VALUE})*)?\s*/?>"


_PLACE = re.compile(r"([A-Za-z]*)([0-9]+)")
_LONGEST_PLACE, _FAR = 20, 2**40


@dataclass(frozen=True)
class Size:
    """At most so large: the rectangle around a sheet's values, values in it, bytes of text."""

    area: int
    values: int
    text: int

    def within(self, limits: Limits) -> bool:
        """Whether a sheet of this size is read."""
        return (
            self.area <= limits.sheet_area
            and self.values <= limits.sheet_values
            and self.text <= limits.sheet_text_bytes
        )


def size_of(xml: bytes, texts: Sequence[int], limits: Limits) -> Size:
    """Size of a sheet; if it is over a limit, to the cell. texts: as ``text_lengths`` gives them.

    expat.ExpatError where the XML is not well-formed and searching it does not do.
    """
    searched = _searched(xml, max(texts, default=0))
    if searched is not None and searched.within(limits):
        return searched
    return walked(xml, texts)


def _searched(xml: bytes, longest: int) -> Size | None:
    """A size that the sheet does not exceed, if it has one of the usual shapes."""
    content = pa.Array.from_buffers(
        pa.large_binary(), 1, [None, pa.array([0, len(xml)]).buffers()[1], pa.py_buffer(xml)]
    )

    def holds(pattern: str) -> bool:
        return bool(pc.match_substring_regex(content, pattern)[0].as_py())

    if holds(_UNPLACED):
        return None
    text = longest * (xml.count(b'"s"') + xml.count(b"'s'"))
    for beyond, area in _SHAPES:
        if not holds(beyond):
            return Size(area, xml.count(b"<c"), text)
    return None


def text_lengths(xml: bytes, most: int) -> Sequence[int]:
    """Bytes, or a few more, of each text that the sheets of a workbook share, in order.

    After so many as ``most`` and one more it stops.
    """
    starts = array("q")
    parser = new_parser()

    def started(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("si") and _local(name) == "si" and len(starts) <= most:
            starts.append(parser.CurrentByteIndex)

    parser.StartElementHandler = started
    parser.Parse(xml, True)
    starts.append(len(xml))
    return array("q", (after - start for start, after in pairwise(starts)))


def walked(xml: bytes, texts: Sequence[int]) -> Size:
    """The size of a sheet, from each of its cells."""
    walk = _Walk(texts)
    walk.parser.Parse(xml, True)
    return walk.size()


def new_parser() -> expat.XMLParserType:
    """A parser that refuses a document type."""
    # Whatever the file declares, its bytes are read as what reads it afterwards takes them for.
    parser = expat.ParserCreate("UTF-8")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    # It can define elements and attributes that only some readers know of.
    raise expat.ExpatError("a document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Walk:
    """Where cells with a value stand, and the text that they refer to."""

    def __init__(self, texts: Sequence[int]) -> None:
        self.parser = new_parser()
        self.parser.StartElementHandler = self._started
        self.parser.EndElementHandler = self._ended
        # Readers differ in what such an interruption does to a number.
        for interruption in ("Comment", "ProcessingInstruction", "StartCdataSection"):
            setattr(self.parser, f"{interruption}Handler", self._interrupted)
        self._texts, self._longest = texts, max(texts, default=0)
        self._row = self._column = 0
        self._rows: tuple[int, int] | None = None
        self._columns = (0, 0)
        self._values = self._text = 0
        self._shared = False
        self._number = ""

    def size(self) -> Size:
        if self._rows is None:
            return Size(0, 0, 0)
        (top, bottom), (left, right) = self._rows, self._columns
        return Size((bottom - top + 1) * (right - left + 1), self._values, self._text)

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._shared = attributes.get("t") == "s"
            self._place(attributes.get("r"))
        elif name == "row" and "r" in attributes:
            self._row = _place(attributes["r"])[0]
        elif name in ("v", "is"):
            self._count()
            if self._shared:
                self._number = ""
                self.parser.CharacterDataHandler = self._read

    def _ended(self, name: str) -> None:
        name = _local(name)
        if name == "c":
            self._column += 1
        elif name == "row":
            self._row, self._column = self._row + 1, 0
        elif name in ("v", "is") and self._shared:
            self.parser.CharacterDataHandler = None
            self._text += self._length()

    def _place(self, reference: str | None) -> None:
        self._at = (self._row, self._column)
        if reference is not None:
            self._at = _place(reference)
            self._column = self._at[1]

    def _count(self) -> None:
        row, column = self._at
        self._values += 1
        if self._rows is None:
            self._rows, self._columns = (row, row), (column, column)
        self._rows = (min(row, self._rows[0]), max(row, self._rows[1]))
        self._columns = (min(column, self._columns[0]), max(column, self._columns[1]))

    def _read(self, text: str) -> None:
        # In several pieces it comes where a character is written as its number.
        self._number = self._number + "?" if self._number else text

    def _interrupted(self, *_: object) -> None:
        self._number += "?"

    def _length(self) -> int:
        known = self._number.isascii() and self._number.isdigit() and len(self._number) < 10
        place = int(self._number) if known else len(self._texts)
        return self._texts[place] if place < len(self._texts) else self._longest


def _place(reference: str) -> tuple[int, int]:
    """Row and column, from 0, of a reference such as B2; of one that is none, the first cell.

    What is none ends the reading of the sheet.
    """
    if len(reference) > _LONGEST_PLACE:
        return _FAR, _FAR
    found = _PLACE.fullmatch(reference)
    if found is None:
        return 0, 0
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return max(int(found[2]) - 1, 0), max(column - 1, 0)
