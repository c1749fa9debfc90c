"""Rejected lines in the terminal: why, how many, some of them, and how to go on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.care import correcting
from retail_lakehouse.care.rejected import Reason, Wanted, reasons, write_out
from retail_lakehouse.display.board import console
from retail_lakehouse.display.json_out import show
from retail_lakehouse.landing.describing.said import said_of
from retail_lakehouse.lookup.care_facts import of_reasons
from retail_lakehouse.plain_text import name, plain
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c

_SHOWN = (c.INVOICE, c.STOCK_CODE, c.QUANTITY, c.INVOICE_DATE, c.PRICE, c.AMOUNT, c.CUSTOMER_ID)


def show_rejects(context: Context, wanted: Wanted, samples: int, as_json: bool = False) -> None:
    """The reasons with counts, then some lines of each."""
    found = reasons(context, wanted, samples)
    show("rejects", of_reasons(found), lambda _: parts(found), as_json)


def parts(found: Sequence[Reason]) -> Iterator[RenderableType]:
    """The same, one below the other."""
    if not found:
        yield "No line is rejected."
        return
    yield reasons_grid(found)
    for one in found:
        yield from samples_of(one)


def reasons_grid(found: Sequence[Reason]) -> Grid:
    """Lines of each reason, and for how many of them a corrected one stands."""
    grid = Grid(c.REASON, c.LINES, "corrected", title="Rejected lines", title_justify="left")
    for column in grid.columns[1:]:
        column.justify = "right"
    for one in found:
        grid.add_row(plain(one.name), f"{one.lines:,}", f"{one.corrected:,}")
    return grid


def samples_of(reason: Reason) -> list[Text | Grid]:
    """Some lines of a reason, as the source has them."""
    if not reason.samples:
        return []
    title = f"\n{plain(reason.name)}"
    if reason.remedy:
        title += f" (shop.toml: {plain(reason.remedy)})"
    grid = Grid("file", "sheet", "line", *_SHOWN, box=None, pad_edge=False)
    for line in reason.samples:
        place = (name(line[c.SOURCE_FILE]), name(line[c.SOURCE_SHEET]), str(line[c.LINE_NUMBER]))
        grid.add_row(*place, *(name(line[column] or "") for column in _SHOWN))
    return [Text(title, style="bold"), grid]


def write_rejects(context: Context, wanted: Wanted, out: Path) -> None:
    """Write them to be corrected, and say how they come back."""
    for path, count in write_out(context, wanted, out):
        console.print(f"{count:,} rejected lines written to {plain(path)}", soft_wrap=True)
    console.print(
        f"Correct them there, and load what you have corrected: retail-lakehouse rejects --load "
        f"{plain(out)}",
        soft_wrap=True,
    )


def load_corrected(settings: Settings, paths: Sequence[Path]) -> None:
    """Land corrected files, each line against the one that it is for."""
    landed = correcting.load(settings, paths)
    console.print(f"{landed.lines:,} corrected lines landed; the next run of the steps loads them.")
    for line in said_of(landed):
        console.print(f"  {plain(line)}", style="dim", soft_wrap=True)
