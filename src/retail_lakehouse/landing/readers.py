"""Source files as Arrow batches of eight text columns, verbatim: one reader a kind of file."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.archives import packed_content, unzip_workbook
from retail_lakehouse.landing.csv_files import read_csv
from retail_lakehouse.landing.limits import LIMITS, SPLIT, Limits, over
from retail_lakehouse.landing.lines import COLUMNS as COLUMNS
from retail_lakehouse.landing.lines import Lines as Lines
from retail_lakehouse.landing.lines import filled as filled
from retail_lakehouse.landing.lines import line_bytes, longest_line
from retail_lakehouse.landing.parquet_files import read_parquet
from retail_lakehouse.landing.workbooks import read_workbook

SUFFIXES = (".xlsx", ".csv", ".parquet", ".zip")


def read(path: Path, limits: Limits = LIMITS) -> Iterator[Lines]:
    """Lines of one file, sheet by sheet, in batches; SourceError says what is wrong with it.

    What unfolds to more than the limits is refused before it does.
    """
    any_line, count, text = False, 0, 0
    for lines in _batches(path, limits):
        lengths = line_bytes(lines.table)
        where = f"{path}, sheet {lines.sheet!r}," if lines.sheet else str(path)
        longest_line(lengths, where, 0 if lines.sheet else count, limits)
        count, text = count + lines.table.num_rows, text + (pc.sum(lengths).as_py() or 0)
        if count > limits.lines:
            raise over(str(path), f"has {count:,} lines or more", limits.lines, SPLIT)
        if text > limits.text_bytes:
            raise over(str(path), f"has {text:,} bytes of text or more", limits.text_bytes, SPLIT)
        any_line = any_line or pc.any(filled(lines.table)).as_py() is True
        yield lines
    if not any_line:
        raise SourceError(f"{path} has a header but no lines: give a file with invoice lines.")


def _batches(path: Path, limits: Limits) -> Iterator[Lines]:
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return read_workbook(packed_content(path, limits), str(path), limits)
    if suffix == ".zip":
        return read_workbook(unzip_workbook(path, limits=limits), str(path), limits)
    if suffix == ".csv":
        return read_csv(path, limits)
    if suffix == ".parquet":
        return read_parquet(path, limits)
    raise SourceError(f"{path} is not a kind of file that can be read: give {', '.join(SUFFIXES)}.")
