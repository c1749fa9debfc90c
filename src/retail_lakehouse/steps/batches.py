"""What arrived, file by file: read, or passed over and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pyarrow.parquet as pq

from retail_lakehouse.landing.landed import landed_sheets, passed_over
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.steps.io import StepIO
from retail_lakehouse.tables import BATCHES

LOADED, PASSED_OVER = "loaded", "passed over"
_TIME = BATCHES.column_names.index("arrived_at")
Row = tuple[object, ...]


def keep_batches(io: StepIO, landed: Sequence[Path]) -> None:
    """Put into ``bronze.batches`` what it does not say yet of landed files and those left out."""
    shop, now = io.description().name, datetime.now(timezone.utc).replace(tzinfo=None)
    rows = [_row(path.stem, _sheets(path), shop, now) for path in landed]
    rows += [_row("", [sheet], shop, now) for sheet in passed_over(io.landing())]
    # A few rows a source file.
    before = {_said(tuple(row)) for row in io.read(BATCHES).collect()}
    new = [row for row in rows if _said(row) not in before]
    if new:
        io.merge(BATCHES, io.frame(BATCHES, new))


def _row(batch_id: str, sheets: Sequence[SheetRead], shop: str, now: datetime) -> Row:
    lines = sum(sheet.lines for sheet in sheets)
    read = any(not sheet.passed_over for sheet in sheets)
    listed = [(s.sheet, s.lines, s.passed_over, list(s.remarks)) for s in sheets]
    state = LOADED if read else PASSED_OVER
    return (batch_id, sheets[0].file, listed, lines, shop, now, state)


def _said(row: Row) -> str:
    """What a row says, but when."""
    known: Iterable[object] = (value for place, value in enumerate(row) if place != _TIME)
    return repr([list(map(tuple, one)) if isinstance(one, list) else one for one in known])


def _sheets(path: Path) -> Sequence[SheetRead]:
    """Sheets of a landed file's source; those with lines, if an earlier version landed it."""
    if told := landed_sheets(path):
        return told
    origins = pq.read_table(path.absolute(), columns=["source_file", "source_sheet"]).to_pylist()
    counted = Counter((row["source_file"], row["source_sheet"]) for row in origins)
    return [SheetRead(file, sheet, lines) for (file, sheet), lines in counted.items()] or [
        SheetRead(path.name)
    ]
