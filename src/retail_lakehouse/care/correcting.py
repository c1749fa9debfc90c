"""Corrected lines back into the landing folder, each held against the line that it is for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from retail_lakehouse.errors import EmptyShopError, SourceError
from retail_lakehouse.landing import landed
from retail_lakehouse.landing.land import Landed, land
from retail_lakehouse.landing.source_lines import Reading, read
from retail_lakehouse.settings import Settings
from retail_lakehouse.shops.corrections import REFERENCE, Line, referred
from retail_lakehouse.tables import columns as c

_SHOWN = 80


def load(settings: Settings, paths: Sequence[Path]) -> Landed:
    """Land the corrected files as more of the same shop, once all their lines are known.

    SourceError names a line that is for none which has landed.
    """
    landing = settings.landing_dir
    files = landed.landed_files(landing)
    if not files:
        raise EmptyShopError(
            f"Nothing has landed in {landing} yet, so there is nothing to correct: load the shop's "
            "invoice lines first."
        )
    for path in paths:
        _check(path, landing)
    return land([str(path) for path in paths], landing, kind=landed.shop_in(files[0]))


def _check(path: Path, landing: Path) -> None:
    if not path.is_file():
        raise SourceError(f"There is no file {path}: give one that 'rejects --write' wrote.")
    known: dict[str, set[tuple[str, int]]] = {}
    for number, text in enumerate(_references(path, landing), start=1):
        line = referred(text or "")
        if line is None or (line.sheet, line.line) not in _lines(line, landing, known):
            raise SourceError(
                f"{path}, line {number:,} below the header: {REFERENCE} {(text or '')[:_SHOWN]!r} "
                "names no line that has landed here: leave that column as 'rejects --write' wrote "
                "it, or load a file without it with 'run --source'."
            )


def _references(path: Path, landing: Path) -> Iterator[str | None]:
    kept = landed.kept_shop(landing)
    # What was found in other files need not be how this one is written.
    shop = None if kept is None or kept.proposed else kept
    for lines in read(path, Reading(path.name, shop)):
        for others in lines.table[c.OTHER_COLUMNS].to_pylist():
            yield dict(others or ()).get(REFERENCE)


def _lines(
    line: Line, landing: Path, known: dict[str, set[tuple[str, int]]]
) -> set[tuple[str, int]]:
    """Sheet and number of all lines that landed with the line's batch."""
    if line.batch not in known:
        path = landed.lines_folder(landing) / f"{line.batch}.parquet"
        names = [c.SOURCE_SHEET, c.LINE_NUMBER]
        # The name comes out of a file: it is one of a landed file, or of none.
        there = path in landed.landed_files(landing)
        rows = pq.read_table(path.absolute(), columns=names).to_pylist() if there else []
        known[line.batch] = {(row[c.SOURCE_SHEET], row[c.LINE_NUMBER]) for row in rows}
    return known[line.batch]
