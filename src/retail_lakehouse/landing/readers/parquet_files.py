"""Parquet files as tables; what pages unpack to, and texts repeat to, is known before they do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import SPLIT, Limits, over
from retail_lakehouse.landing.bounds.parquet_pages import footer_size
from retail_lakehouse.landing.bounds.parquet_size import Plan, plan
from retail_lakehouse.landing.readers.archives import unreadable
from retail_lakehouse.landing.readers.lines import (
    empty_is_null,
    is_text,
    line_bytes,
    longest_line,
    on_one_line,
)
from retail_lakehouse.landing.readers.raw import HEAD_ROWS, File, RawTable, Row, Texts
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.inference.names import meanings, plain_name

_SLICE_BYTES = 64 * 2**20


def read_parquet(file: File, shop: ShopDescription | None, limits: Limits) -> Iterator[RawTable]:
    """The one table of a Parquet file."""
    size = _footer(file)
    if size > limits.parquet_footer_bytes:
        raise over(
            file.name, f"has {size:,} bytes of description at its end",
            limits.parquet_footer_bytes, "write it again with larger row groups",
        )  # fmt: skip
    try:
        opened = _opened(file)
        schema = opened.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        with file.opened() as content:
            start = content.read(512)
        raise SourceError(unreadable(file.name, start, "Parquet file")) from error
    if opened.metadata.num_rows > limits.lines:
        raise over(file.name, f"has {opened.metadata.num_rows:,} lines", limits.lines, SPLIT)
    ours = _ours(schema.names, shop)
    others = [n for n in dict.fromkeys(schema.names) if n not in ours and _is_flat(schema, n)]
    _refuse_nested(schema, ours, file)
    names, way, left = _way(file, opened, ours, others, limits)
    shown = [name for name in schema.names if name in names]
    zone = shop.timezone if shop and not shop.proposed else ""

    def below(header: int) -> Iterator[Texts]:
        yield from _batches(file, names, way, zone, limits)

    few = replace(way, rows=min(way.rows, HEAD_ROWS))
    head = _first_rows(_batches(file, names, few, zone, limits))
    remarks = (f"columns of lists, records or very long values are left out: {left}",)
    yield RawTable("", head, below, tuple(shown), remarks=lambda: remarks if left else ())


def _footer(file: File) -> int:
    with file.opened() as opened:
        return footer_size(opened)


def _opened(file: File, **options: Any) -> Any:
    return pq.ParquetFile(file.path or file.opened(), **options)


def _ours(found: Sequence[str], shop: ShopDescription | None) -> list[str]:
    """Names of columns that may be ours."""
    if shop is None:
        return [name for name in dict.fromkeys(found) if meanings(name)]
    asked = {plain_name(name) for name in vars(shop.columns).values() if name}
    return [name for name in dict.fromkeys(found) if plain_name(name) in asked]


def _kind(schema: pa.Schema, name: str) -> pa.DataType:
    return schema.field(schema.get_all_field_indices(name)[0]).type


def _is_flat(schema: pa.Schema, name: str) -> bool:
    """Whether each value can be shown as a short text."""
    kind = _kind(schema, name)
    odd = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_duration)
    return not any(is_kind(kind) for is_kind in odd)


def _refuse_nested(schema: pa.Schema, names: Sequence[str], file: File) -> None:
    """SourceError for a column of ours that holds lists or records."""
    for name in names:
        if pa.types.is_nested(_kind(schema, name)):
            reason = f"Unsupported cast from {_kind(schema, name)} to text in the column {name}"
            raise SourceError(_damaged(file, reason))


def _damaged(file: File, reason: str) -> str:
    return f"{file.name} is not a readable Parquet file, fetch or export it again: {reason}."


def _way(
    file: File, opened: Any, ours: list[str], others: list[str], limits: Limits
) -> tuple[list[str], Plan, str]:
    """The columns to read, how, and those left out: others than ours, if they take too much."""
    schema = opened.schema_arrow
    flat = {*ours, *others}
    left = ", ".join(name for name in schema.names if name not in flat)

    def planned(names: list[str]) -> Plan:
        texts = [name for name in names if is_text(_kind(schema, name))]
        return plan(file, opened, names, texts, limits)

    try:
        try:
            return [*ours, *others], planned([*ours, *others]), left
        except SourceError:
            if not others or not ours:
                raise
            return ours, planned(ours), ", ".join(n for n in schema.names if n not in ours)
    except (pa.ArrowException, OSError, ValueError) as error:  # a damaged page
        raise SourceError(_damaged(file, on_one_line(error))) from error


def _batches(file: File, names: list[str], way: Plan, zone: str, limits: Limits) -> Iterator[Texts]:
    read = 0
    try:
        opened = _opened(file, read_dictionary=way.once)
        for batch in opened.iter_batches(columns=names, batch_size=way.rows):
            table, read = pa.Table.from_batches([batch]), read + batch.num_rows
            longest = longest_line(line_bytes(table), file.name, read - table.num_rows, limits)
            for some in _slices(table, longest):
                texts = [_as_text(column, zone) for column in some.columns]
                for text in texts:
                    text.validate(full=True)  # that all text is text
                yield texts
    except (pa.ArrowException, OSError, ValueError) as error:  # a damaged page
        raise SourceError(_damaged(file, on_one_line(error))) from error


def _as_text(column: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(column.type):
        return empty_is_null(column.cast(pa.string()))
    if column.type.tz is not None:
        # The shop's own clock; where nobody has said where that hangs, the file's.
        if zone:
            column = column.cast(pa.timestamp(column.type.unit, zone))
        column = pc.local_timestamp(column)
    # Arrow writes as many decimals as the type could hold: 07:45:00.000000.
    return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")


def _slices(table: pa.Table, longest: int) -> Iterator[pa.Table]:
    """Parts of the table, none of which unfolds to much if no line has more than ``longest``."""
    rows = max(1, _SLICE_BYTES // max(longest, 1))
    for first in range(0, table.num_rows, rows):
        yield table.slice(first, rows)


def _first_rows(batches: Iterator[Texts]) -> list[Row]:
    first = next(batches, None)
    if first is None:
        return []
    columns = [column.slice(0, HEAD_ROWS).to_pylist() for column in first]
    return [list(row) for row in islice(zip(*columns, strict=True), HEAD_ROWS)]
