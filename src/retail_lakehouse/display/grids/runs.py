"""The last trainings in the terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.display.screen import demo_warning
from retail_lakehouse.lookup.known_runs import KnownRuns, Run
from retail_lakehouse.plain_text import plain


def parts(facts: KnownRuns) -> Iterator[RenderableType]:
    """A row a training, then what was measured of it and the gates that it failed."""
    yield from demo_warning("demo" if any(run.source_kind == "demo" for run in facts.runs) else "")
    grid = Grid("model", "version", "as of", "is", "state", "began (UTC)", "seconds")
    grid.title, grid.title_justify = "Trainings", "left"
    for place in (1, 6):
        grid.columns[place].justify = "right"
    for run in facts.runs:
        grid.add_row(*_row(run))
    yield grid
    yield from (_measured(run) for run in facts.runs if run.metrics)
    yield from (failed(_named(run), run.failures) for run in facts.runs if run.failures)


def _row(run: Run) -> tuple[str, ...]:
    return (
        plain(run.model),
        "" if run.version is None else str(run.version),
        "" if run.as_of is None else run.as_of.isoformat(),
        ", ".join(map(plain, run.aliases)),
        f"{plain(run.state)}: {plain(run.stage)}" if run.stage else plain(run.state),
        f"{run.started_at:%Y-%m-%d %H:%M}",
        "" if run.seconds is None else f"{run.seconds:,.0f}",
    )


def _named(run: Run) -> str:
    of = f"run {run.run_id}" if run.version is None else f"version {run.version}"
    return f"{run.model} {of}"


def _measured(run: Run) -> Text:
    measured = ", ".join(f"{plain(name)} {value:.3f}" for name, value in run.metrics.items())
    return Text(f"{plain(_named(run))}: {measured}")


def failed(who: str, failures: str) -> Text:
    """The gates that a version did not pass."""
    return Text(f"{plain(who)} did not pass its gates: {plain(failures)}", style="yellow")
