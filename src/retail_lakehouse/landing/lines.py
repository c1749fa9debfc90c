"""What every reader gives: the lines of a sheet as eight text columns, verbatim."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.landing.limits import Limits, over
from retail_lakehouse.tables import SOURCE_COLUMNS

COLUMNS = tuple(column.name for column in SOURCE_COLUMNS)
_SHOWN = 200
_TEXT = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary,
)  # fmt: skip


@dataclass(frozen=True)
class Lines:
    """Some lines of one sheet, in order: eight text columns; empty cells are null."""

    sheet: str
    table: pa.Table


def filled(table: pa.Table) -> pa.ChunkedArray:
    """For each row, whether it has a value at all: spreadsheets trail rows without."""
    mask = pc.is_valid(table[COLUMNS[0]])
    for name in COLUMNS[1:]:
        mask = pc.or_(mask, pc.is_valid(table[name]))
    return mask


def as_lines(sheet: str, table: pa.Table, columns: dict[str, str]) -> Lines:
    """The eight columns of a table as text. columns: their names in the table."""
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    # Of two columns with one name the first counts, as of two with one meaning.
    found = [table.column(table.schema.get_all_field_indices(columns[name])[0]) for name in COLUMNS]
    return Lines(sheet, pa.Table.from_arrays([_as_text(c) for c in found], schema=schema))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # Arrow writes as many decimals as the type could hold: 07:45:00.000000.
        text = pc.replace_substring_regex(text, r"\.0+(Z?)$", r"\1")
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
    if is_text(kind):
        return pc.binary_length(texts).cast(pa.int64()).fill_null(0)
    return pa.repeat(pa.scalar(0, pa.int64()), len(texts))


def on_one_line(error: Exception) -> str:
    """What another library says, short enough for a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
