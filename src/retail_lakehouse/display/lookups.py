"""Commands that only look: what is known of segments, a product, trainings, a home."""

from collections.abc import Iterator

from rich.console import RenderableType

from retail_lakehouse.display import screen
from retail_lakehouse.display.grids import product, runs, state
from retail_lakehouse.display.json_out import show
from retail_lakehouse.lookup import home_state, known_product, known_runs, known_segments
from retail_lakehouse.lookup.known_segments import KnownSegments
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context


def show_segments(context: Context, as_json: bool = False) -> None:
    """Every segment: size, revenue, medians and what to do."""
    show("segments", known_segments.look_up(context), segment_parts, as_json)


def segment_parts(facts: KnownSegments) -> Iterator[RenderableType]:
    """The table of segments, and what to do about each."""
    yield from screen.demo_warning(facts.source_kind)
    yield from screen.segments([vars(one) for one in facts.segments], plain(facts.currency))


def show_product(context: Context, code: str, as_json: bool = False) -> None:
    """All that is known of one product."""
    show("product", known_product.look_up(context, code), product.parts, as_json)


def show_runs(context: Context, count: int, as_json: bool = False) -> None:
    """The last trainings of each model."""
    show("runs", known_runs.look_up(context, count), runs.parts, as_json)


def show_state(context: Context, as_json: bool = False) -> None:
    """What is loaded, how fresh, which models publish, what waits."""
    show("status", home_state.look_up(context), state.parts, as_json)
