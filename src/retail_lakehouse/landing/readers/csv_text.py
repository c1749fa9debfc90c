"""Text of a file as UTF-8, whatever it is written in; no line is read that is too long."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import Limits, over
from retail_lakehouse.landing.readers.raw import File

ENCODING_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PIECE = 2**20
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {'"': '""', "\\": "\\"}
_BEYOND_ASCII, _NO_LETTER = re.compile(r"[^\x00-\x7f]"), re.compile("[\udc80-\udcff]")
# So many letters of a text in UTF-8 are no accident of one in another encoding.
_MANY = 3


@dataclass(frozen=True)
class Writing:
    """How a text file is written.

    errors: "strict", or "replace" where bytes are no text in its encoding. backslashes: whether a
    quotation mark in it has a backslash before it.
    """

    encoding: str
    errors: str = "strict"
    backslashes: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def is_utf8(self) -> bool:
        """Whether the file's own bytes are text in UTF-8."""
        return self.encoding in ("utf-8", "utf-8-sig") and self.errors == "strict"


def examine(file: File, wanted: str, limits: Limits) -> Writing:
    """How the file is written, from all of it. wanted: its encoding; "": to be found."""
    with file.opened() as opened:
        start = opened.read(4_096)
    for encoding in _encodings(start, wanted):
        try:
            backslashes = _read_through(file, encoding, limits)
        except UnicodeDecodeError:
            continue
        if encoding != "cp1252" or wanted or not _mostly_utf8(file):
            return Writing(encoding, backslashes=backslashes)
    encoding = wanted or ("utf-8-sig" if _mostly_utf8(file) else "cp1252")
    backslashes = _read_through(file, encoding, limits, "replace")
    return Writing(encoding, "replace", backslashes, (_unreadable_bytes(file, encoding),))


def _encodings(start: bytes, wanted: str) -> tuple[str, ...]:
    marked = next((encoding for mark, encoding in ENCODING_MARKS if start.startswith(mark)), "")
    if marked:
        return (marked,)
    if wanted:
        return ("utf-8-sig" if wanted == "utf-8" else wanted,)
    # Letters of most languages take a byte of UTF-16 that is zero.
    if len(start) > 1 and start[1::2].count(0) * 2 > len(start[1::2]):
        return ("utf-16-le",)
    if len(start) > 1 and start[::2].count(0) * 2 > len(start[::2]):
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def opened_text(file: File, writing: Writing, newline: str | None = "") -> TextIO:
    """A new stream of the file's text."""
    return io.TextIOWrapper(
        file.opened(), encoding=writing.encoding, errors=writing.errors, newline=newline
    )


def _read_through(file: File, encoding: str, limits: Limits, errors: str = "strict") -> bool:
    """Whether a backslash stands before a quotation mark.

    UnicodeDecodeError, or SourceError for what is no text or has too long a line.
    """
    begun, lines, length, escapes = 0, 1, 0, False
    with opened_text(file, Writing(encoding, errors), newline=None) as text_file:
        while text := text_file.read(min(_PIECE, limits.csv_line)):
            if "\0" in text:  # a workbook by another name, a half-written file
                raise SourceError(f"{file.name} is not a text file: save it as CSV in UTF-8.")
            escapes = escapes or '\\"' in text
            length += len(text)
            if length > limits.text_file_bytes:
                raise over(
                    file.name, f"unpacks to {length:,} letters or more", limits.text_file_bytes,
                    "split it into several files",
                )  # fmt: skip
            first = text.find("\n")
            begun += len(text) if first < 0 else first
            if begun > limits.csv_line:
                raise over(
                    file.name, f"has {begun:,} characters or more in line {lines:,}",
                    limits.csv_line, "mend or export it again",
                )  # fmt: skip
            if first >= 0:
                lines += text.count("\n")
                begun = len(text) - text.rfind("\n") - 1
    return escapes


def _mostly_utf8(file: File) -> bool:
    """Whether letters beyond ASCII are nearly all written in UTF-8."""
    good = bad = 0
    # What is no UTF-8 becomes a half of a pair, which no text holds.
    with opened_text(file, Writing("utf-8", "surrogateescape")) as text_file:
        while text := text_file.read(_PIECE):
            if not text.isascii():
                odd = len(_NO_LETTER.findall(text))
                bad += odd
                good += len(_BEYOND_ASCII.findall(text)) - odd
    return good >= _MANY * max(bad, 1)


def _unreadable_bytes(file: File, encoding: str) -> str:
    """A clause that names them."""
    count, first = 0, 0
    with opened_text(file, Writing(encoding, "replace"), newline=None) as text_file:
        for number, line in enumerate(iter(lambda: text_file.readline(2**20), ""), 1):
            found = line.count("\ufffd")
            first = first or (number if found else 0)
            count += found
    name = "UTF-8" if encoding.startswith("utf-8") else encoding
    return f"{count:,} bytes are no text in {name}, first in line {first:,}, and show as \ufffd"


def escaped(file: File, writing: Writing, delimiter: str) -> bool:
    """Whether quotation marks within quotes have a backslash before them, not another mark."""
    if not writing.backslashes:
        return False
    return not _reads(file, writing, delimiter, None) and _reads(file, writing, delimiter, "\\")


def _reads(file: File, writing: Writing, delimiter: str, escape: str | None) -> bool:
    with opened_text(file, writing) as text:
        rows = csv.reader(
            text, delimiter=delimiter, escapechar=escape, doublequote=escape is None, strict=True
        )
        try:
            for _ in rows:
                pass
        except csv.Error:
            return False
    return True


def _doubled(text: str) -> tuple[str, str]:
    """The text with quotation marks doubled instead of escaped, and what is not yet whole of it."""
    last = 0
    for found in _QUOTED.finditer(text):
        last = found.end()
    open_at = text.find('"', last)
    whole, rest = (text, "") if open_at < 0 else (text[:open_at], text[open_at:])
    return _QUOTED.sub(_double, whole), rest


def _double(quoted: re.Match[str]) -> str:
    return '"' + _ESCAPE.sub(lambda found: _MEANT.get(found[1], found[0]), quoted[1]) + '"'


class Utf8Stream(io.RawIOBase):
    """The file's text in UTF-8 from a line on, quotation marks within quotes doubled."""

    def __init__(self, file: File, writing: Writing, skip: int, backslashes: bool, most: int):
        super().__init__()
        self._text = opened_text(file, writing)
        self._pieces = self._read(skip, backslashes, most, file.name)
        self._left = memoryview(b"")

    def _read(self, skip: int, backslashes: bool, most: int, name: str) -> Iterator[bytes]:
        for _ in range(skip):
            self._text.readline()
        rest = ""
        while text := self._text.read(_PIECE):
            if backslashes:
                text, rest = _doubled(rest + text)
                if len(rest) > most:
                    raise SourceError(
                        f"{name} is not a readable CSV file, mend or export it again: a quotation "
                        f"mark is not closed within {most:,} bytes."
                    )
            yield text.encode()
        yield rest.encode()

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, as far as there is text."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def close(self) -> None:
        """Close the file, too."""
        self._text.close()
        super().close()
