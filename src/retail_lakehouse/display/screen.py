"""What people read of the tables in the terminal: from rows to tables and lines of text, no Spark.

The console takes all text for plain text; styles are given beside it. What comes from data goes
through ``plain_text`` as well.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.assets import REPORT
from retail_lakehouse.plain_text import name, plain
from retail_lakehouse.settings import DEFAULT_HOME
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import Record
from retail_lakehouse.tables.value import (
    ORDERS_12_MONTHS,
    ORDERS_90_DAYS,
    SPEND_12_MONTHS,
    SPEND_90_DAYS,
    Interval,
)

DEMO_WARNING = "DEMO SHOP: synthetic data, made up by this program. Nothing here is a real shop's."
# What is expected of 90 days and of a year.
_ORDERS, _SPEND = (ORDERS_90_DAYS, ORDERS_12_MONTHS), (SPEND_90_DAYS, SPEND_12_MONTHS)


def new_console(**options: Any) -> Console:
    """A console to which no text is markup, nor a name of a picture such as :mug:."""
    return Console(markup=False, emoji=False, highlight=False, **options)


def demo_panel(why: str = "") -> Panel:
    """The warning that nothing here is a real shop's, and why it is here."""
    reason = f"{plain(why)}\n\nGoing on with the demo shop instead.\n" if why else ""
    return Panel(Text(reason + DEMO_WARNING), style="bold yellow")


def demo_warning(source_kind: str) -> Iterator[Text]:
    """The same in one line, above what a command shows; nothing where the shop is a real one."""
    if source_kind == "demo":
        yield Text(DEMO_WARNING, style="yellow")


def outcomes(sales: int, reversed_sales: int, returns: int, rejected: Iterable[Record]) -> Grid:
    """Lines by outcome; rejected: rows of ``reason`` and ``count``."""
    grid = Grid("outcome", "lines", title="Lines by outcome", title_justify="left")
    grid.columns[1].justify = "right"
    grid.add_row("sales", f"{sales:,}")
    grid.add_row("  of them taken back in full", f"{reversed_sales:,}")
    grid.add_row("returns", f"{returns:,}")
    for row in rejected:
        grid.add_row(f"rejected: {plain(row[c.REASON])}", f"{row['count']:,}")
    return grid


def segments(profiles: Sequence[Record], currency: str = "GBP") -> list[Grid | Text]:
    """The table of segments, and what to do about each."""
    grid = Grid(title="Segments", title_justify="left")
    headings = ("customers", "share", "revenue share", "days since", "invoices", currency)
    grid.add_column("segment")
    for heading in headings:
        grid.add_column(heading, justify="right")
    for row in profiles:
        grid.add_row(
            plain(row[c.SEGMENT]),
            f"{row[c.CUSTOMERS]:,}",
            f"{row[c.CUSTOMER_SHARE]:.1%}",
            f"{row[c.REVENUE_SHARE]:.1%}",
            f"{row[c.RECENCY_DAYS_MEDIAN]:,.0f}",
            f"{row[c.FREQUENCY_MEDIAN]:,.0f}",
            f"{row[c.MONETARY_MEDIAN]:,.0f}",
        )
    actions = [
        Text.assemble((plain(row[c.SEGMENT]), "bold"), f": {plain(row[c.RECOMMENDED_ACTION])}")
        for row in profiles
    ]
    note = Text(f"Days since the last purchase, invoices and {currency}: medians.", style="dim")
    return [grid, note, *actions]


def headline(who: Record, currency: str = "GBP") -> Text:
    """One customer's number, segment and figures."""
    return Text.assemble(
        "\n",
        (f"Customer {plain(who[c.CUSTOMER_ID])}", "bold"),
        f", {plain(who[c.SEGMENT])}: {_counted(who[c.FREQUENCY], 'invoice')}, "
        f"{who[c.MONETARY]:,.2f} {currency}, "
        f"last purchase {_counted(who[c.RECENCY_DAYS], 'day')} before {who[c.AS_OF]}",
    )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def path(history: Iterable[Record], who: Record) -> list[Text]:
    """Through which segments the customer came, month by month, and which one is nearest now."""
    stays: list[tuple[str, date]] = []
    for row in history:
        if not stays or stays[-1][0] != row[c.SEGMENT]:
            stays.append((row[c.SEGMENT], row[c.MONTH_END]))
    found = []
    if stays:
        came = " → ".join(f"{plain(segment)} (from {first})" for segment, first in stays)
        found.append(Text(f"At the months' ends: {came}"))
    if who[c.NEXT_SEGMENT] is not None:
        found.append(
            Text(
                f"Nearest other segment: {plain(who[c.NEXT_SEGMENT])} (its centre is "
                f"{who[c.NEXT_DISTANCE]:.2f} away, the own one {who[c.DISTANCE]:.2f})"
            )
        )
    return found


def value(row: Record, currency: str = "GBP") -> list[Grid | Text]:
    """What to expect of one customer, and why."""
    grid = Grid("", "90 days", "12 months", title="What to expect", title_justify="left")
    for column in (1, 2):
        grid.columns[column].justify = "right"
    returns = (f"{row[c.PROBABILITY_90_DAYS]:.0%}", f"{1.0 - row[c.CHURN_RISK]:.0%}")
    grid.add_row("chance of an order", *returns)
    for label, digits, intervals in (("orders", 1, _ORDERS), (currency, 0, _SPEND)):
        cells = (_with_ends(row, interval, digits) for interval in intervals)
        grid.add_row(f"{label} (80 % of such customers)", *cells)
    band, day = plain(row[c.CHURN_BAND]), row[c.NEXT_ORDER_ON]
    why = Text(
        f"{plain(row[c.REASON])}. Next order about {day}; risk to lose the customer: {band}. Of "
        f"{row[c.PERCENTILE]} % of the customers less is expected."
    )
    return [grid, why]


def _with_ends(row: Record, names: Interval, digits: int) -> str:
    mean, low, high = (f"{row[name]:,.{digits}f}" for name in (names.mean, names.low, names.high))
    return f"{mean} ({low} to {high})"


def value_quality(rows: Iterable[Record], metrics: Sequence[str]) -> Grid:
    """Means over windows of what models and baselines expected of customers."""
    grid = Grid(
        title="Forecasts of 90 days, mean of the windows that backtests have judged",
        title_justify="left",
    )
    grid.add_column("model")
    for metric in metrics:
        grid.add_column(metric.replace("_", " "), justify="right")
    for row in rows:
        cells = ("" if row[metric] is None else f"{row[metric]:.3f}" for metric in metrics)
        grid.add_row(plain(row[c.MODEL]), *cells)
    return grid


def products(rows: Iterable[Record]) -> Grid:
    """One list of a customer, with the reason for each product."""
    grid = Grid("rank", "product", "code", "why", box=None, pad_edge=False)
    for row in rows:
        grid.add_row(
            str(row[c.RANK]), name(row[c.DESCRIPTION] or ""), name(row[c.STOCK_CODE]),
            name(row[c.REASON]),
        )  # fmt: skip
    return grid


def purchases(sales: Iterable[Record], currency: str = "GBP") -> Grid:
    """The latest lines that a customer bought."""
    grid = Grid("day", "invoice", "product", "units", currency, title="Latest purchases")
    for row in sales:
        grid.add_row(
            f"{row[c.INVOICE_DATE]:%Y-%m-%d}",
            name(row[c.INVOICE]),
            name(row[c.DESCRIPTION] or row[c.STOCK_CODE]),
            f"{Decimal(row[c.QUANTITY]).normalize():f}",
            f"{row[c.AMOUNT]:,.2f}",
        )
    return grid


def quality(rows: Iterable[Record], scopes: Sequence[str]) -> Grid:
    """NDCG of every ranking, a column for each scope."""
    grid = Grid(
        title="NDCG@10, mean of the windows that backtests have judged", title_justify="left"
    )
    grid.add_column("ranking")
    for scope in scopes:
        grid.add_column(f"{scope} products", justify="right")
    for row in rows:
        cells = ("" if row[scope] is None else f"{row[scope]:.4f}" for scope in scopes)
        grid.add_row(plain(row[c.RANKING]), *cells)
    return grid


def where_next(home: Path, customer_id: str) -> list[Grid | Text]:
    """Commands and folders to go on with."""
    place = plain(home)
    other = "" if place == DEFAULT_HOME else f" --home {shlex.quote(place)}"
    grid = Grid(box=None, pad_edge=False, show_header=False)
    grid.add_row(f"  {place}/{REPORT.file}", "all of it on one page, for a browser")
    grid.add_row(
        f"  retail-lakehouse customer {shlex.quote(plain(customer_id))}{other}",
        "one customer, for a person",
    )
    grid.add_row(f"  retail-lakehouse ui{other}", "experiments and models in MLflow")
    grid.add_row(f"  {place}/warehouse/gold/", "Delta tables, for DuckDB, Polars, Spark")
    return [Text("\nWhere to look next", style="bold"), grid]
