"""What every reader gives: the lines of a sheet as text columns, verbatim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.landing.bounds.limits import Limits, over
from retail_lakehouse.shops.inference.layout import Layout
from retail_lakehouse.tables import SOURCE_COLUMNS

COLUMNS = tuple(c.name for c in SOURCE_COLUMNS if c.name not in ("amount", "other_columns"))
TEXT_COLUMNS = (*COLUMNS, "amount")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXT_COLUMNS),
        ("other_columns", pa.map_(pa.string(), pa.string())),
    ]
)
_SHOWN = 200
_TEXT = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary,
)  # fmt: skip
_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?$"
# The day that a workbook gives a time of day.
_NO_DAY = r"^1899-12-3[01] |^1900-01-0[01] |^1904-01-01 "


@dataclass(frozen=True)
class Lines:
    """Some lines of one sheet, in order, as in SCHEMA; empty cells are null."""

    sheet: str
    table: pa.Table


@dataclass(frozen=True)
class SheetRead:
    """What came of one sheet, or of a file that has none.

    passed_over: why it was not read; "" if it was. remarks: what else should be known of it.
    """

    file: str
    sheet: str = ""
    lines: int = 0
    passed_over: str = ""
    remarks: tuple[str, ...] = ()


def filled(table: pa.Table) -> pa.ChunkedArray:
    """For each row, whether one of our columns has a value: spreadsheets trail rows without."""
    mask = pc.is_valid(table[TEXT_COLUMNS[0]])
    for name in TEXT_COLUMNS[1:]:
        mask = pc.or_(mask, pc.is_valid(table[name]))
    return mask


def as_lines(sheet: str, texts: Sequence[pa.ChunkedArray], layout: Layout) -> Lines:
    """The lines of a table. texts: all of its columns, as text."""
    rows = len(texts[0]) if texts else 0
    nothing = pa.chunked_array([pa.nulls(rows, pa.string())])
    columns = {ours: empty_is_null(texts[place]) for ours, place in layout.places.items()}
    if "invoice_time" in columns:
        columns["invoice_date"] = _joined(columns["invoice_date"], columns.pop("invoice_time"))
    used = set(layout.places.values())
    others = {
        name: empty_is_null(texts[place])
        for place, name in enumerate(layout.names)
        if place not in used and place < len(texts)
    }
    ours = [columns.get(name, nothing) for name in TEXT_COLUMNS]
    return Lines(sheet, pa.Table.from_arrays([*ours, as_map(others, rows)], schema=SCHEMA))


def of_eight(sheet: str, table: pa.Table) -> Lines:
    """Lines of which there are the eight columns, and nothing else."""
    nothing = [pa.nulls(table.num_rows, field.type) for field in list(SCHEMA)[len(COLUMNS) :]]
    return Lines(sheet, pa.Table.from_arrays([*table.columns, *nothing], schema=SCHEMA))


def _joined(dates: pa.ChunkedArray, times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Date and time of day with a blank between; where there is no time, the date."""
    days = pc.replace_substring_regex(dates, _MIDNIGHT, "")
    clocks = pc.replace_substring_regex(times, _NO_DAY, "")
    return pc.coalesce(pc.binary_join_element_wise(days, clocks, " "), dates)


def as_map(columns: Mapping[str, pa.ChunkedArray], rows: int) -> pa.Array:
    """For each row, a map of the columns in which it has a value; null where there is none."""
    kind = SCHEMA.field("other_columns").type
    if not columns or not rows:
        return pa.nulls(rows, kind)
    texts = [column.combine_chunks() for column in columns.values()]
    valid = np.stack([np.asarray(text.is_valid()) for text in texts], axis=1)
    row, column = np.nonzero(valid)  # row by row
    values = pa.concat_arrays(texts).take(pa.array(column * rows + row))
    keys = pa.array(list(columns), pa.string()).take(pa.array(column))
    counts = valid.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype("int32")
    # A null where an entry begins makes the entry null.
    starts = pa.array(offsets, mask=np.append(counts == 0, False))
    return pa.MapArray.from_arrays(starts, keys, values)


def empty_is_null(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts, empty ones as nulls."""
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this kind can be long; also where each is kept but once."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return any(is_kind(kind) for is_kind in _TEXT)


def line_bytes(batch: pa.Table) -> pa.ChunkedArray:
    """Bytes of text in each row; what is no text is short.

    A column that keeps each text but once is measured without unfolding it.
    """
    total = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int64()), batch.num_rows)])
    for column in batch.columns:
        lengths = [_lengths(chunk) for chunk in column.chunks]
        total = pc.add(total, pa.chunked_array(lengths, pa.int64()))
    return total


def longest_line(lengths: pa.ChunkedArray, where: str, before: int, limits: Limits) -> int:
    """The largest of ``line_bytes``; SourceError if it is over the limit.

    before: rows that came before these.
    """
    longest: int = pc.max(lengths).as_py() or 0
    if longest > limits.line_bytes:
        number = before + pc.index(lengths, longest).as_py() + 1
        raise over(
            where, f"has {longest:,} bytes of text in line {number:,}", limits.line_bytes,
            "shorten it, or leave it out",
        )  # fmt: skip
    return longest


def _lengths(texts: pa.Array) -> pa.Array:
    kind = texts.type
    if pa.types.is_dictionary(kind) and len(texts.dictionary):
        return _lengths(texts.dictionary).take(texts.indices.fill_null(0))
    if pa.types.is_map(kind):
        return _map_lengths(texts)
    if is_text(kind):
        return pc.binary_length(texts).cast(pa.int64()).fill_null(0)
    return pa.repeat(pa.scalar(0, pa.int64()), len(texts))


def _map_lengths(maps: pa.MapArray) -> pa.Array:
    """Bytes of the values in each map."""
    if maps.null_count == len(maps):
        return pa.repeat(pa.scalar(0, pa.int64()), len(maps))
    ends = np.cumsum(np.asarray(_lengths(maps.items)))
    until = np.concatenate([[0], ends])
    places = np.asarray(maps.offsets)
    return pa.array(until[places[1:]] - until[places[:-1]], pa.int64())


def on_one_line(error: Exception) -> str:
    """What another library says, short enough for a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
