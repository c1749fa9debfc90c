"""A table of a file as it is found: its first rows, and all rows as text, columns by place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

HEAD_ROWS = 1_100
# Titles above a header are few.
_MOST_TITLES = 50

Row = Sequence[str | None]
Texts = Sequence[pa.ChunkedArray]


@dataclass(frozen=True)
class File:
    """What is read: name is what sentences call it, kind its suffix in small letters.

    opened: a new stream of its bytes. path: where it lies, unless it is packed in another.
    """

    name: str
    kind: str
    size: int
    opened: Callable[[], BinaryIO]
    path: Path | None = None

    def open(self, mode: str = "rb") -> BinaryIO:
        """As a path's."""
        if mode != "rb":
            raise ValueError(mode)
        return self.opened()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class RawTable:
    """One sheet, or a file that has none.

    names: its columns', where the file itself says them; else they stand in ``head``, its first
    rows. below: all rows after a row of the head (-1: all of them), in batches of text columns.
    hidden: in a workbook, from those who open it. remarks: once all rows are read. without_value:
    by place, cells of a formula that has no value. serial_shift: days to add to a date that is
    written as a number. traits: how it is written, a clause each. passed_over: why it cannot be
    read at all.
    """

    sheet: str
    head: Sequence[Row]
    below: Callable[[int], Iterator[Texts]]
    names: tuple[str, ...] | None = None
    hidden: bool = False
    remarks: Callable[[], tuple[str, ...]] = tuple
    without_value: Mapping[int, int] = field(default_factory=dict)
    serial_shift: int = 0
    traits: tuple[str, ...] = ()
    passed_over: str = ""

    @property
    def titles(self) -> Sequence[Row]:
        """Those of the first rows that may be the header."""
        return self.head[:_MOST_TITLES]
