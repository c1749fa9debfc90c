"""What is known of one customer: segment, history, what to expect, purchases and lists."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from retail_lakehouse.display import json_out, screen
from retail_lakehouse.lookup.known_customer import KnownCustomer, in_list, look_up
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables.lists import TITLES


def show_customer(context: Context, customer_id: str, as_json: bool = False) -> None:
    """All that is known of one customer; SettingsError for one nobody knows."""
    json_out.show("customer", look_up(context, customer_id), parts, as_json)


def parts(facts: KnownCustomer) -> Iterator[RenderableType]:
    """Headline, path, what to expect, latest purchases, and every list that there is."""
    yield from screen.demo_warning(facts.source_kind)
    who, currency = vars(facts.customer), plain(facts.currency)
    yield screen.headline(who, currency)
    yield from screen.path([vars(month) for month in facts.months], who)
    if facts.expected is not None:
        yield from screen.value(vars(facts.expected), currency)
    yield screen.purchases([vars(one) for one in facts.purchases], currency)
    for name, title in TITLES.items():
        if listed := in_list(facts.lists, name):
            yield Text(f"\n{title}", style="bold")
            yield screen.products([vars(one) for one in listed])
