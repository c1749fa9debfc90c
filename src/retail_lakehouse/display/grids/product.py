"""One product in the terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.display.screen import demo_warning
from retail_lakehouse.lookup.known_product import KnownProduct, Listing, Similar, Sold
from retail_lakehouse.plain_text import name, plain
from retail_lakehouse.tables.lists import TITLES


def parts(facts: KnownProduct) -> Iterator[RenderableType]:
    """Name and sales, what goes with it, and in whose lists it stands."""
    yield from demo_warning(facts.source_kind)
    yield _headline(facts.product, facts.currency)
    if facts.similar:
        yield _similar(facts.similar)
    else:
        yield Text("No product goes with it often enough to be named.", style="dim")
    if facts.lists:
        yield _lists(facts.lists)
    else:
        yield Text("It stands in no customer's list.", style="dim")


def _headline(sold: Sold, currency: str) -> Text:
    times = f"sold from {sold.first_sold_at:%Y-%m-%d} to {sold.last_sold_at:%Y-%m-%d}"
    return Text.assemble(
        "\n",
        (f"{name(sold.description or 'no name')} ({name(sold.stock_code)})", "bold"),
        f": {sold.units.normalize():,f} units, {sold.revenue:,.2f} {plain(currency)}, "
        f"{sold.customers:,} customers; {times}; rank {sold.rank_by_revenue:,} of "
        f"{sold.products:,} by revenue, {sold.rank_by_customers:,} by customers",
    )


def _similar(similar: tuple[Similar, ...]) -> Grid:
    grid = Grid("rank", "product", "code", "score", "bought both", title="Goes with it")
    grid.title_justify = "left"
    for column in grid.columns[3:]:
        column.justify = "right"
    for one in similar:
        grid.add_row(
            str(one.rank), name(one.similar_description or ""), name(one.similar_stock_code),
            f"{one.score:.3f}", f"{one.customers:,}",
        )  # fmt: skip
    return grid


def _lists(listings: tuple[Listing, ...]) -> Grid:
    grid = Grid("list", "customers", "first of them", title="In whose lists", title_justify="left")
    grid.columns[1].justify = "right"
    for one in listings:
        title = plain(TITLES.get(one.list, one.list))
        grid.add_row(title, f"{one.customers:,}", ", ".join(map(name, one.first)))
    return grid
