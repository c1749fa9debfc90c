"""Gold written to a file, and a word on it."""

from pathlib import Path

from retail_lakehouse.display.board import console
from retail_lakehouse.exports import chosen as rows_of
from retail_lakehouse.exports.chosen import Chosen
from retail_lakehouse.exports.file_forms import SUFFIXES, write
from retail_lakehouse.machine.whole_files import check_name
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context

KINDS = {"segments": rows_of.segments, "recommendations": rows_of.recommendations}


def export(context: Context, what: str, chosen: Chosen, out: Path) -> None:
    """Write the rows that are chosen to one file."""
    check_name(out, SUFFIXES)
    rows = KINDS[what](context.lakehouse.read, chosen)
    columns = [(field.name, field.dataType.simpleString()) for field in rows.schema.fields]
    count = write(out, columns, map(tuple, rows.toLocalIterator()))
    console.print(f"{count:,} rows written to {plain(out)}", soft_wrap=True)
