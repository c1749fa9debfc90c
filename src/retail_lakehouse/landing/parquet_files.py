"""Parquet files as lines; what pages unpack to, and texts repeat to, is known before they do."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.archives import unreadable
from retail_lakehouse.landing.header import find_columns, not_lines
from retail_lakehouse.landing.limits import LIMITS, SPLIT, Limits, over
from retail_lakehouse.landing.lines import (
    Lines,
    as_lines,
    is_text,
    line_bytes,
    longest_line,
    on_one_line,
)
from retail_lakehouse.landing.parquet_pages import footer_size
from retail_lakehouse.landing.parquet_size import plan

_SLICE_BYTES = 64 * 2**20


def read_parquet(path: Path, limits: Limits = LIMITS) -> Iterator[Lines]:
    """Lines of a Parquet file, in batches."""
    _refuse_long_footer(path, limits)
    try:
        file = pq.ParquetFile(path)
        found = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        with path.open("rb") as opened:
            start = opened.read(512)
        raise SourceError(unreadable(str(path), start, "Parquet file")) from error
    columns = find_columns(found, str(path))
    if columns is None:
        raise not_lines(str(path), found)
    if file.metadata.num_rows > limits.lines:
        raise over(str(path), f"has {file.metadata.num_rows:,} lines", limits.lines, SPLIT)
    names = list(columns.values())
    texts = _texts(file.schema_arrow, names, path)
    read = 0
    try:
        way = plan(path, file, names, texts, limits)
        file = pq.ParquetFile(path, read_dictionary=way.once)
        for batch in file.iter_batches(columns=names, batch_size=way.rows):
            table, read = pa.Table.from_batches([batch]), read + batch.num_rows
            longest = longest_line(line_bytes(table), str(path), read - table.num_rows, limits)
            for some in _slices(table, longest):
                lines = as_lines("", some, columns)
                lines.table.validate(full=True)  # that all text is text
                yield lines
    except (pa.ArrowException, OSError, ValueError) as error:  # a damaged page
        raise SourceError(_damaged(path, on_one_line(error))) from error


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is not a readable Parquet file, fetch or export it again: {reason}."


def _refuse_long_footer(path: Path, limits: Limits) -> None:
    with path.open("rb") as file:
        size = footer_size(file)
    if size > limits.parquet_footer_bytes:
        raise over(
            str(path), f"has {size:,} bytes of description at its end",
            limits.parquet_footer_bytes, "write it again with larger row groups",
        )  # fmt: skip


def _texts(schema: pa.Schema, names: Sequence[str], path: Path) -> list[str]:
    """Those of the columns that hold text; SourceError for one that holds lists or records."""
    kinds = {name: schema.field(schema.get_all_field_indices(name)[0]).type for name in names}
    for name, kind in kinds.items():
        if pa.types.is_nested(kind):
            reason = f"Unsupported cast from {kind} to text in the column {name}"
            raise SourceError(_damaged(path, reason))
    return [name for name, kind in kinds.items() if is_text(kind)]


def _slices(table: pa.Table, longest: int) -> Iterator[pa.Table]:
    """Parts of the table, none of which unfolds to much if no line has more than ``longest``."""
    rows = max(1, _SLICE_BYTES // max(longest, 1))
    for first in range(0, table.num_rows, rows):
        yield table.slice(first, rows)
