"""Records in Thrift's compact protocol, in which Parquet describes itself; only what is asked for.

pyarrow ends the process where such a record of a column is damaged, and tells nothing of pages.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

# Fields to keep, by number: of a record, or of the records in a list, in the same way; {} for
# a number or bytes.
Fields: TypeAlias = Mapping[int, "Fields"]
_NONE: Fields = {}
Element = TypeVar("Element")
_DEEPEST, _LONGEST_NUMBER = 12, 10


def number(record: Mapping[int, Any], field: int, absent: int | None = None) -> int:
    """A field that is a number; ValueError if it is none."""
    value = record.get(field, absent)
    if not isinstance(value, int):
        raise ValueError("a number is missing")
    return value


def record(within: Mapping[int, Any], field: int) -> dict[int, Any]:
    """A field that is a record; ValueError if it is none."""
    value = within.get(field)
    if not isinstance(value, dict):
        raise ValueError("a record is missing")
    return value


def several(within: Mapping[int, Any], field: int, kind: type[Element]) -> list[Element]:
    """A field that is a list of records (dict) or texts (bytes); ValueError if it is none."""
    values = within.get(field)
    if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
        raise ValueError("a list is missing")
    return values


class Compact:
    """Reads one record. IndexError where the bytes end before it does; ValueError if it is none.

    at: how far it was read.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self.at = content, 0

    def record(self, keep: Fields, depth: int = 0) -> dict[int, Any]:
        """The fields to keep that are there; all others are passed over."""
        if depth > _DEEPEST:
            raise ValueError("a record is too deep")
        found: dict[int, Any] = {}
        field = 0
        while (head := self._byte()) != 0:
            field = field + (head >> 4) if head >> 4 else self._signed()
            value = self._value(head & 15, keep.get(field), depth)
            if field in keep:
                found[field] = value
        return found

    def _value(self, kind: int, keep: Fields | None, depth: int) -> Any:
        if kind in (1, 2):  # true, false: the kind is the value
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind in (7, 8):  # a float; bytes
            return self._bytes(8 if kind == 7 else self._unsigned(), keep is not None)
        if kind in (9, 10):  # a list; a set
            return self._list(keep, depth)
        if kind == 12:
            return self.record(_NONE if keep is None else keep, depth + 1)
        raise ValueError("a record has a field of an unknown kind")

    def _list(self, keep: Fields | None, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        kept = []
        for _ in range(count):
            kind = head & 15
            # In a list, true and false take a byte.
            value = self._byte() if kind in (1, 2) else self._value(kind, keep, depth + 1)
            if keep is not None:
                kept.append(value)
        return kept

    def _byte(self) -> int:
        self.at += 1
        return self._content[self.at - 1]

    def _bytes(self, count: int, keep: bool) -> bytes:
        start, self.at = self.at, self.at + count
        if self.at > len(self._content):
            raise IndexError
        return self._content[start : self.at] if keep else b""

    def _unsigned(self) -> int:
        value = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            value |= (byte & 127) << (7 * place)
            if byte < 128:
                return value
        raise ValueError("a number does not end")

    def _signed(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)
