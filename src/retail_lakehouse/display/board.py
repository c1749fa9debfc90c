"""Progress of steps: a table, live on a terminal, and a line a step elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse.display import screen
from retail_lakehouse.display.grids.pace import Pace
from retail_lakehouse.lookup.run_outcome import StepDone
from retail_lakehouse.machine.watch import Done
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.step import Step, StepResult

# A log has no width of its own: wide enough that a product and its reason stay on one line.
console = screen.new_console(width=None if Console().is_terminal else 120)


def print_all(*parts: RenderableType) -> None:
    """Print them one below the other."""
    for part in parts:
        console.print(part)


class Board:
    """The table of steps: what is to come, what runs, and what came of it."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._began: dict[str, float] = {}
        self._ended: dict[str, tuple[StepResult, float]] = {}
        self._paces: dict[str, Pace] = {}
        self._spinner = Spinner("dots")

    def started(self, step: Step) -> None:
        """Note that a step has begun."""
        self._began[step.name] = perf_counter()
        self._paces[step.name] = Pace()

    def watch(self, step: str, done: Done) -> None:
        """Note how far a step is: some go on side by side."""
        self._paces[step].told(done)

    def ended(self, step: Step, result: StepResult) -> None:
        """Note what a step says; without a terminal, print it."""
        seconds = perf_counter() - self._began[step.name]
        self._ended[step.name] = (result, seconds)
        if not console.is_terminal:
            console.print(_line(step, result, seconds), soft_wrap=True)
        for detail in result.details:
            console.print(f"  {plain(detail)}", style="dim", soft_wrap=True)

    def done(self) -> tuple[StepDone, ...]:
        """What came of each step, in the order of the run."""
        return tuple(
            StepDone(name, result.rows_in, result.rows_out, seconds, result.note, result.warnings)
            for name, (result, seconds) in self._ended.items()
        )

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show the table while work goes on, if this is a terminal."""
        if console.is_terminal:
            with Live(self, console=console, refresh_per_second=8):
                yield
        else:
            yield

    def __rich__(self) -> Grid:
        grid = Grid("", "step", "rows in", "rows out", "seconds", "", box=None, pad_edge=False)
        for column in (2, 3, 4):
            grid.columns[column].justify = "right"
        for step in self._steps:
            grid.add_row(*self._row(step))
        return grid

    def _row(self, step: Step) -> tuple[RenderableType, ...]:
        if step.name in self._ended:
            result, seconds = self._ended[step.name]
            rows_in, rows_out = f"{result.rows_in:,}", f"{result.rows_out:,}"
            done = Text("✓", style="green")
            return done, step.name, rows_in, rows_out, f"{seconds:.1f}", plain(result.note)
        if step.name in self._began:
            seconds = perf_counter() - self._began[step.name]
            note = self._paces[step.name].words() or step.purpose
            spin = self._spinner.render(perf_counter())
            name = Text(step.name, style="bold")
            return spin, name, "", "", f"{seconds:.0f}", Text(note, style="dim")
        return "", Text(step.name, style="dim"), "", "", "", ""


def _line(step: Step, result: StepResult, seconds: float) -> str:
    rows = f"{result.rows_in:>11,} → {result.rows_out:>11,} rows"
    return f"{step.name:<24} {rows} {seconds:>7.1f} s  {plain(result.note)}".rstrip()
