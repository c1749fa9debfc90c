"""Headers of a Parquet file's pages: what each unpacks to, which the file's end need not say truly.

They are in Thrift's compact protocol, of which only what a header can hold is read here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

DICTIONARY = 2  # a kind of page
# Encodings: references to the dictionary; texts by their lengths; texts by what they share with the
# one before.
_REFERENCES, SUFFIXED, PREFIXED = (2, 8), 6, 7
# Kinds of pages that hold values, with the field of their own header and, in it, of the encoding.
_DATA = {0: (5, 2), 3: (8, 4)}
_KIND, _UNPACKED, _PACKED, _VALUES = 1, 2, 3, 1
# A header holds little but the smallest and the largest value of its page.
_HEADER, _LONGEST_HEADER = 2**13, 2**24
_DEEPEST = 8
# A header has some twenty fields. More than these would take long, on each of its pages.
_MOST_FIELDS = 1000
# A number of 64 bits has ten bytes of seven bits each.
_LONGEST_SHIFT = 63


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


def pages(file: BinaryIO, start: int, size: int, values: int) -> Iterator[Page]:
    """The pages of one column within ``size`` bytes from ``start``, until ``values`` have come.

    ValueError where a header is none, or a page brings the end no nearer.
    """
    end, dictionaries = start + size, 0
    while start < end and values > 0:
        header, length = _header(file, start)
        page = _page(header)
        dictionaries += page.kind == DICTIONARY
        if dictionaries > 1:
            raise ValueError("a column has two pages with a dictionary")
        yield page
        values -= page.values
        start += length + _number_in(header, _PACKED)


def _page(header: dict[int, Any]) -> Page:
    kind, packed, unpacked = (_number_in(header, f) for f in (_KIND, _PACKED, _UNPACKED))
    if packed < 0 or unpacked < 0:
        raise ValueError("a page has no size")
    if kind in _DATA:
        own, encoding = _DATA[kind]
        described = header.get(own)
        values = _number_in(described, _VALUES)
        if values < 1:
            raise ValueError("a page of data has no values")
        return Page(kind, unpacked, values, _number_in(described, encoding))
    if kind != DICTIONARY and packed == 0:
        raise ValueError("a page has neither values nor bytes")
    return Page(kind, unpacked)


def _number_in(fields: Any, field: int) -> int:
    """-1 where the field is missing, or is no number."""
    number = fields.get(field) if isinstance(fields, dict) else None
    return number if type(number) is int else -1


def _header(file: BinaryIO, start: int) -> tuple[dict[int, Any], int]:
    """Fields of the header at ``start``, and its length."""
    room = _HEADER
    while room <= _LONGEST_HEADER:
        file.seek(start)
        read = file.read(room)
        compact = _Compact(read)
        try:
            return compact.struct(), compact.at
        except IndexError:
            if len(read) < room:
                break
            room *= 16
    raise ValueError("a page's header does not end")


class _Compact:
    """Structs of numbers and structs; what else there is, is passed over."""

    def __init__(self, read: bytes) -> None:
        self._read, self.at, self._fields = read, 0, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > _DEEPEST:
            raise ValueError("a page's header is too deep")
        found: dict[int, Any] = {}
        field = 0
        while (head := self._byte()) != 0:
            field = field + (head >> 4) if head >> 4 else self._number()
            found[field] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        self._count_field()
        if kind in (1, 2):  # true, false: the kind is the value
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._number()
        if kind in (7, 8):  # a double; bytes
            self._skip(8 if kind == 7 else self._varint())
        elif kind in (9, 10):  # a list; a set
            self._elements(depth)
        elif kind == 12:
            return self.struct(depth + 1)
        else:
            raise ValueError("a page's header has an unknown field")
        return None

    def _elements(self, depth: int) -> None:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        for _ in range(count):
            if head & 15 in (1, 2):
                self._count_field()
                self._byte()
            else:
                self._value(head & 15, depth + 1)

    def _count_field(self) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise ValueError("a page's header has too many fields")

    def _byte(self) -> int:
        self.at += 1
        return self._read[self.at - 1]

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._read):
            raise IndexError

    def _varint(self) -> int:
        number = shift = 0
        while shift <= _LONGEST_SHIFT:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
        raise ValueError("a page's header has a number that does not end")

    def _number(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)
