"""Commands that only look at a home or catalog, and print what they find as tables or as JSON."""

from typing import Any

import click

from retail_lakehouse.cli.options import AS_OF, JSON, PLACE, reading, with_options


@click.command("customer")
@click.argument("customer_id")
@with_options(*PLACE, JSON)
def customer(customer_id: str, as_json: bool, **place: Any) -> None:
    """Segment, history, what to expect, and lists of one customer."""
    from retail_lakehouse import display

    display.show_customer(reading(**place), customer_id, as_json)


@click.command("segments")
@with_options(*PLACE, JSON)
def segments(as_json: bool, **place: Any) -> None:
    """Every segment: customers, revenue, medians and what to do."""
    from retail_lakehouse import display

    display.show_segments(reading(**place), as_json)


@click.command("product")
@click.argument("code")
@with_options(*PLACE, JSON)
def product(code: str, as_json: bool, **place: Any) -> None:
    """Sales and rank of one product, what goes with it, who gets it in a list."""
    from retail_lakehouse import display

    display.show_product(reading(**place), code, as_json)


@click.command("runs")
@with_options(*PLACE, JSON)
@click.option(
    "--last",
    type=click.IntRange(1, 1_000),
    default=5,
    show_default=True,
    help="How many trainings of each model.",
)
def runs(as_json: bool, last: int, **place: Any) -> None:
    """The last trainings: version, as of, aliases, key metrics, duration, state."""
    from retail_lakehouse import display

    display.show_runs(reading(**place), last, as_json)


@click.command("status")
@with_options(AS_OF, *PLACE, JSON)
def status(as_json: bool, **place: Any) -> None:
    """What is loaded, how fresh it is, which models publish, what waits."""
    from retail_lakehouse import display

    display.show_state(reading(**place), as_json)
