"""Facts in the terminal: as tables, or as one JSON document that is all of standard output."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from rich.console import RenderableType

from retail_lakehouse.display.board import console, print_all
from retail_lakehouse.lookup.json_form import document

Fact = TypeVar("Fact")


def show(
    name: str, facts: Fact, parts: Callable[[Fact], Iterable[RenderableType]], as_json: bool
) -> None:
    """Print the facts, as tables or as the JSON document of this name: both say the same."""
    if as_json:
        click.echo(document(name, facts))
    else:
        print_all(*parts(facts))


@contextmanager
def progress_aside(as_json: bool) -> Iterator[None]:
    """Where a JSON document is to come, all that is said meanwhile goes to standard error."""
    before = console.stderr
    console.stderr = before or as_json
    try:
        yield
    finally:
        console.stderr = before
