"""Lines as a Parquet file, numbered, with what is known of their source."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.landing.landed import SCHEMA, Told
from retail_lakehouse.landing.readers.lines import Lines, filled
from retail_lakehouse.machine.watch import Done, Watch

ROW_GROUP = 2**17


def write(
    part: Path,
    batch_id: str,
    source_file: str,
    lines: Iterator[Lines],
    told: Callable[[Mapping[str, int]], Told],
) -> None:
    """Write all lines. told: gives what is known of the source once they are read, from the number
    of rows in each sheet.
    """
    counted: dict[str, int] = {}
    with part.open("wb") as file:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            for some in lines:
                numbered = _numbered(some, source_file, batch_id, counted)
                writer.write_table(numbered, row_group_size=ROW_GROUP)
            writer.add_key_value_metadata(told(counted).as_metadata())
        file.flush()
        os.fsync(file.fileno())


def watched(lines: Iterator[Lines], file: str, watch: Watch) -> Iterator[Lines]:
    """The same lines; their number is told as they come."""
    done = Done(f"reading {file}", unit="lines")
    watch(done)  # the first lines of a workbook take their time
    for some in lines:
        done = replace(done, count=done.count + some.table.num_rows)
        watch(done)
        yield some


def _numbered(lines: Lines, source_file: str, batch_id: str, counted: dict[str, int]) -> pa.Table:
    """The lines with their origin; wholly empty rows count but are no lines."""
    count = lines.table.num_rows
    first = counted.get(lines.sheet, 0) + 1
    counted[lines.sheet] = first + count - 1
    columns = [
        *lines.table.columns,
        pa.repeat(source_file, count),
        pa.repeat(lines.sheet, count),
        pa.array(range(first, first + count), pa.int32()),
        pa.repeat(batch_id, count),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA).filter(filled(lines.table))
