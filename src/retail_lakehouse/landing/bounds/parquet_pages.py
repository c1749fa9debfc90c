"""Pages of a Parquet file, by their own headers: what each unpacks to.

What the file's end says of it need not be so.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from retail_lakehouse.landing.bounds.thrift import Compact, Fields, number, record, several

MARK = b"PAR1"
DICTIONARY = 2  # a kind of page
# Encodings: references to the dictionary; texts by their lengths; texts by what they share with the
# one before.
_REFERENCES, SUFFIXED, PREFIXED = (2, 8), 6, 7
# Row groups, of them the columns, of them name, values, bytes and where its pages begin.
_FOOTER: Fields = {4: {1: {3: {3: {}, 5: {}, 7: {}, 9: {}, 11: {}}}}}
# Kind, bytes unpacked and packed; of the two kinds of pages with values, their number and encoding.
_HEADER: Fields = {1: {}, 2: {}, 3: {}, 5: {1: {}, 2: {}}, 8: {1: {}, 4: {}}}
_DATA = {0: (5, 2), 3: (8, 4)}
# A header holds little but the smallest and the largest value of its page.
_USUAL, _LONGEST = 2**13, 2**24
# Before a column's first page some writers left room that they did not count.
_UNCOUNTED = 100


@dataclass(frozen=True)
class Chunk:
    """One column in one row group: its name, and where its pages are."""

    name: str
    values: int
    start: int
    size: int


@dataclass(frozen=True)
class Page:
    """A page's kind, its bytes once unpacked, how many values it holds, and their encoding."""

    kind: int
    unpacked: int
    values: int = 0
    encoding: int = 0

    @property
    def mean(self) -> float:
        """Bytes a value."""
        return self.unpacked / max(self.values, 1)

    @property
    def refers(self) -> bool:
        """Whether its values stand in the dictionary."""
        return self.encoding in _REFERENCES


def footer_size(file: BinaryIO) -> int:
    """Bytes of what the file's end tells of it; 0 if it is no Parquet file."""
    file.seek(0, 2)
    file.seek(-min(8, file.tell()), 2)
    end = file.read()
    return int(struct.unpack("<I", end[:4])[0]) if end[4:] == MARK else 0


def chunks(file: BinaryIO) -> Iterator[Chunk]:
    """Every column in every row group; ValueError where it is damaged."""
    file.seek(-8 - footer_size(file), 2)
    try:
        footer = Compact(file.read()).record(_FOOTER)
    except IndexError as error:
        raise ValueError("its end is cut off") from error
    for group in several(footer, 4, dict):
        for column in several(group, 1, dict):
            yield _chunk(record(column, 3))


def _chunk(column: dict[int, Any]) -> Chunk:
    start = number(column, 9)
    return Chunk(
        # Levels of nested columns; one of the eight has a single one.
        name="\0".join(part.decode(errors="replace") for part in several(column, 3, bytes)),
        values=number(column, 5),
        start=min(start, number(column, 11, start)),
        size=number(column, 7) + _UNCOUNTED,
    )


def pages(file: BinaryIO, chunk: Chunk) -> Iterator[Page]:
    """The pages of a column, until all its values have come; ValueError where one is damaged."""
    start, end, values = chunk.start, chunk.start + chunk.size, chunk.values
    while start < end and values > 0:
        header, length = _header(file, start)
        kind, packed, unpacked = (number(header, field) for field in (1, 3, 2))
        if packed < 0 or unpacked < 0:
            raise ValueError("a page has no size")
        page = Page(kind, unpacked)
        if kind in _DATA:
            own, encoding = _DATA[kind]
            described = record(header, own)
            page = Page(kind, unpacked, number(described, 1), number(described, encoding))
            if page.values < 1:
                raise ValueError("a page of data has no values")
        yield page
        values -= page.values
        start += length + packed


def _header(file: BinaryIO, start: int) -> tuple[dict[int, Any], int]:
    """The header at ``start``, and its length."""
    room = _USUAL
    while room <= _LONGEST:
        file.seek(start)
        read = file.read(room)
        compact = Compact(read)
        try:
            return compact.record(_HEADER), compact.at
        except IndexError:
            if len(read) < room:
                break
            room *= 16
    raise ValueError("a page's header does not end")
