"""What is known of one customer: segment, history, what to expect, purchases and lists."""

from collections import defaultdict

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.console import RenderableType
from rich.text import Text

from retail_lakehouse import tables as t
from retail_lakehouse.display import screen
from retail_lakehouse.display.board import console
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.medallion.gold import standing_sales
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import columns as c

_RECENT_LINES = 10


def show_customer(context: Context, customer_id: str) -> None:
    """All that is known of one customer; SettingsError for one nobody knows."""
    read, currency = context.lakehouse.read, context.description.unit_of_money
    is_theirs = F.col(c.CUSTOMER_ID) == customer_id
    segment = read(t.CUSTOMER_SEGMENTS).where(is_theirs).collect()
    if not segment:
        raise SettingsError(
            f"Customer {customer_id} bought nothing in {context.lakehouse.place}: give the id "
            "of a customer of gold.customer_segments."
        )
    if context.source_kind() == "demo":
        console.print(screen.DEMO_WARNING, style="yellow")
    history = read(t.SEGMENT_HISTORY).where(is_theirs).orderBy(c.MONTH_END).collect()  # one a month
    print_all(screen.headline(segment[0], currency), *screen.path(history, segment[0]))
    for row in read(t.CUSTOMER_VALUE).where(is_theirs).collect():  # one a customer
        print_all(*screen.value(row, currency))
    # Silver holds all lines, whatever the day that the customer is shown as of.
    standing = standing_sales(read(t.SALES).where(is_theirs), segment[0][c.AS_OF])
    print_all(screen.purchases(_latest(standing), currency))
    lists = listed(read(t.RECOMMENDATIONS).where(is_theirs))[customer_id]
    for name, title in screen.LISTS.items():
        if lists[name]:
            print_all(Text(f"\n{title}", style="bold"), screen.products(lists[name]))


def _latest(sales: DataFrame) -> list[Row]:
    ordered = sales.orderBy(F.desc(c.INVOICE_DATE), c.INVOICE, c.LINE_NUMBER)
    return ordered.limit(_RECENT_LINES).collect()


def listed(recommendations: DataFrame) -> dict[str, dict[str, list[Row]]]:
    """The lists of a few customers, by name."""
    lists: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in recommendations.orderBy(c.CUSTOMER_ID, c.LIST, c.RANK).collect():
        lists[row[c.CUSTOMER_ID]][row[c.LIST]].append(row)
    return lists


def print_all(*parts: RenderableType) -> None:
    """Print them one below the other."""
    for part in parts:
        console.print(part)
