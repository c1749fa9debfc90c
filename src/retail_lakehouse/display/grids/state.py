"""How a home stands, in the terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.display.grids.runs import failed
from retail_lakehouse.display.screen import demo_warning
from retail_lakehouse.lookup.home_state import HomeState, ModelState, TableState
from retail_lakehouse.plain_text import name, plain

# Landed files that are named.
_NAMED = 5


def parts(facts: HomeState) -> Iterator[RenderableType]:
    """What is loaded and how fresh, which models publish, and what the next run would do."""
    yield from demo_warning(facts.source_kind)
    yield _headline(facts)
    if facts.tables:
        yield _tables(facts.tables)
    if facts.models:
        yield _models(facts.models)
        for one in facts.models:
            if one.failures:
                yield failed(f"{one.model} version {one.version} ({one.alias})", one.failures)
    yield from _waiting(facts)


def _headline(facts: HomeState) -> Text:
    last = facts.last_line_on
    told = "nothing is cleaned yet" if last is None else f"last line of {last}"
    as_of = "nothing is published yet" if facts.as_of is None else f"segments as of {facts.as_of}"
    kind = f", source {plain(facts.source_kind)}" if facts.source_kind else ""
    return Text.assemble(
        "\n", (plain(facts.place), "bold"), f" ({plain(facts.shop)}{kind}): {told}, {as_of}"
    )


def _tables(tables: tuple[TableState, ...]) -> Grid:
    grid = Grid("table", "rows", "newest", "version", "written (UTC)", title="Tables")
    grid.title_justify = "left"
    for place in (1, 3):
        grid.columns[place].justify = "right"
    for one in tables:
        grid.add_row(
            plain(one.table),
            f"{one.rows:,}",
            "" if one.newest is None else one.newest.isoformat(),
            str(one.version),
            "" if one.written_at is None else f"{one.written_at:%Y-%m-%d %H:%M}",
        )
    return grid


def _models(models: tuple[ModelState, ...]) -> Grid:
    grid = Grid("model", "is", "version", "trained (UTC)", "as of", title="Models")
    grid.title_justify = "left"
    grid.columns[2].justify = "right"
    for one in models:
        as_of = "" if one.as_of is None else one.as_of.isoformat()
        trained = f"{one.trained_at:%Y-%m-%d %H:%M}"
        grid.add_row(plain(one.model), plain(one.alias), str(one.version), trained, as_of)
    return grid


def _waiting(facts: HomeState) -> Iterator[RenderableType]:
    files = facts.files_waiting
    if not files and not facts.steps_waiting:
        yield Text("Nothing waits: the next run would change no table.")
        return
    if files:
        more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
        shown = ", ".join(map(name, files[:_NAMED]))
        yield Text(f"Landed and not in bronze yet: {shown}{more}")
    if facts.steps_waiting:
        grid = Grid("step", "why", title="What the next run would do", title_justify="left")
        for one in facts.steps_waiting:
            grid.add_row(plain(one.step), plain(one.why))
        yield grid
