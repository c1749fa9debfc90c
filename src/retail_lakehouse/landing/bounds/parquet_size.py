"""How a Parquet file is read so that little of it is unpacked at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Protocol

from retail_lakehouse.landing.bounds.limits import Limits, over
from retail_lakehouse.landing.bounds.parquet_pages import (
    DICTIONARY,
    PREFIXED,
    SUFFIXED,
    Page,
    chunks,
    pages,
)

_MOST_ROWS = 2**18
_AGAIN = "write it again with smaller pages, or give it as CSV"
_LARGER = "write it again with larger pages, or give it as CSV"
# Of a page, what is no text.
_SLACK = 100


class Source(Protocol):
    """A file, such as a path; what str() gives is what sentences call it."""

    def open(self, mode: str, /) -> BinaryIO:
        """A new stream of its bytes."""


@dataclass(frozen=True)
class Plan:
    """Rows to read at a time, and the columns of text that are kept once in a dictionary."""

    rows: int
    once: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """One column in one row group, in bytes once unpacked.

    dictionary, page: the largest of each. loose: all pages that do not refer to the dictionary.
    value: the most that a value takes on a page's average, or all of its page where each may begin
    as the one before. repeats: the most that a value of the dictionary takes. mergeable: whether
    loose pages can be read into the dictionary.
    """

    dictionary: int = 0
    page: int = 0
    loose: int = 0
    value: float = 1.0
    repeats: int = 0
    mergeable: bool = True

    def held(self, once: bool) -> int:
        return self.dictionary + (max(self.page, self.loose) if once else self.page)

    def longest(self, once: bool) -> float:
        return max(self.value, 0 if once else self.repeats)


def plan(
    path: Source, file: Any, names: Sequence[str], texts: Collection[str], limits: Limits
) -> Plan:
    """How to read the columns; SourceError where their pages do not fit.

    file: an open pyarrow.parquet.ParquetFile. texts: columns that hold text.
    """
    found = _columns(path, file, names, limits)
    once = {name for name in texts if all(c.mergeable for c in found[name])}
    if _held(found, once) > limits.parquet_page_bytes:
        # What is loose need not be merged, but then a long text is repeated for each row.
        once = {name for name in once if not any(c.loose for c in found[name])}
    held = _held(found, once)
    if held > limits.parquet_page_bytes:
        raise over(
            str(path), f"unpacks to {held:,} bytes of pages", limits.parquet_page_bytes, _AGAIN
        )
    line = sum(max(c.longest(name in once) for c in found[name]) for name in names)
    rows = max(1, min(_MOST_ROWS, int(limits.parquet_batch_bytes / line)))
    return Plan(rows, tuple(name for name in names if name in once))


def _held(found: Mapping[str, Sequence[_Column]], once: Collection[str]) -> int:
    return sum(max(c.held(name in once) for c in columns) for name, columns in found.items())


def _columns(
    path: Source, file: Any, names: Sequence[str], limits: Limits
) -> dict[str, list[_Column]]:
    """The columns in each row group, by name."""
    kinds = {column.path: column for column in map(file.schema.column, range(len(file.schema)))}
    found = {name: [_Column()] for name in names}
    left = limits.parquet_pages
    with path.open("rb") as opened:
        for chunk in list(chunks(opened)):
            if chunk.name in found:
                # Row groups may name the same pages again and again.
                listed = list(islice(pages(opened, chunk), left + 1))
                left -= len(listed)
                if left < 0:
                    most = limits.parquet_pages
                    raise over(str(path), f"has {most + 1:,} pages or more", most, _LARGER)
                _refuse_long_texts(listed, path, chunk.name, limits)
                found[chunk.name].append(_measured(listed, kinds[chunk.name]))
    return found


def _refuse_long_texts(listed: Sequence[Page], path: Source, name: str, limits: Limits) -> None:
    data = [page for page in listed if page.kind != DICTIONARY]
    longest = max((page.unpacked for page in data if page.encoding == PREFIXED), default=0)
    limit = limits.parquet_prefix_page_bytes
    if longest > limit:
        what = f"has a page of {longest:,} bytes in delta encoding, in the column {name}"
        raise over(str(path), what, limit, _AGAIN)
    mean = int(max((page.mean for page in data), default=0))
    if mean > limits.line_bytes + _SLACK:
        what = f"has {mean:,} bytes a line in a page of the column {name}"
        raise over(str(path), what, limits.line_bytes, "shorten them, or leave them out")


def _measured(listed: Sequence[Page], kind: Any) -> _Column:
    """kind: of the column, as pyarrow tells it."""
    data = [page for page in listed if page.kind != DICTIONARY]
    values = [page.unpacked if page.encoding == PREFIXED else page.mean for page in data]
    dictionary = max((page.unpacked for page in listed if page.kind == DICTIONARY), default=0)
    return _Column(
        dictionary=dictionary,
        page=max((page.unpacked for page in data), default=0),
        loose=sum(page.unpacked for page in data if not page.refers),
        value=max([1.0, kind.length, *values]),
        repeats=dictionary if kind.physical_type == "BYTE_ARRAY" else 0,
        mergeable=any(page.refers for page in data)
        and all(page.encoding not in (PREFIXED, SUFFIXED) for page in data),
    )
