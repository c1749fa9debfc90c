"""How a corrected line says which line it is for: by a column of its own, beside the source's.

The text is one that a spreadsheet leaves alone: ``files-0a1b2c:12:Sheet1:march.xlsx``.
"""

from typing import NamedTuple
from urllib.parse import quote, unquote

REFERENCE, REASON = "rejected_line", "rejected_because"
_PARTS = 4


class Line(NamedTuple):
    """A line of a source file. line: its number within the sheet, from 1."""

    batch: str
    line: int
    sheet: str
    file: str


def reference(line: Line) -> str:
    """The line's name, in a corrected file.

    >>> reference(Line("files-0a", 12, "Sheet 1", "a:b.zip"))
    'files-0a:12:Sheet 1:a%3Ab.zip'
    """
    sheet, file = (quote(part, safe=" ") for part in (line.sheet, line.file))
    return f"{line.batch}:{line.line}:{sheet}:{file}"


def referred(text: str) -> Line | None:
    """The line that a text names; None if it names none."""
    parts = text.strip().split(":")
    if len(parts) != _PARTS or not (parts[1].isascii() and parts[1].isdigit()):
        return None
    return Line(parts[0], int(parts[1]), unquote(parts[2]), unquote(parts[3]))
