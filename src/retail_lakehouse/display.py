"""What people see in the terminal: progress, the closing summary, one customer."""

from collections import defaultdict
from time import perf_counter

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table as Grid
from rich.text import Text

from retail_lakehouse import screen
from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.pipeline import STEPS, Step, run_all
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps import Context, StepResult

# A log has no width of its own: wide enough that a product and its reason stay on one line.
console = screen.new_console(width=None if Console().is_terminal else 120)
_SAMPLE_SEGMENTS = ("Champions", "Loyal", "At Risk")
_RECENT_LINES = 10


class _Board:
    """The table of steps, live on a terminal and a line a step elsewhere."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._began: dict[str, float] = {}
        self._ended: dict[str, tuple[StepResult, float]] = {}
        self.download = ""
        self._spinner = Spinner("dots")

    def started(self, step: Step) -> None:
        self._began[step.name] = perf_counter()

    def ended(self, step: Step, result: StepResult) -> None:
        seconds = perf_counter() - self._began[step.name]
        self._ended[step.name] = (result, seconds)
        if not console.is_terminal:
            console.print(_line(step, result, seconds), soft_wrap=True)
        for detail in result.details:
            console.print(f"  {plain(detail)}", style="dim", markup=False, soft_wrap=True)

    def downloaded(self, done: int, total: int | None) -> None:
        of = f" of {total / 2**20:.0f}" if total else ""
        self.download = f"downloading, {done / 2**20:.0f}{of} MB"

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
            note = self.download if step.name == "land" and self.download else step.purpose
            spin = self._spinner.render(perf_counter())
            name = Text(step.name, style="bold")
            return spin, name, "", "", f"{seconds:.0f}", Text(note, style="dim")
        return "", Text(step.name, style="dim"), "", "", "", ""


def _line(step: Step, result: StepResult, seconds: float) -> str:
    rows = f"{result.rows_in:>11,} → {result.rows_out:>11,} rows"
    return f"{step.name:<24} {rows} {seconds:>7.1f} s  {plain(result.note)}".rstrip()


def run(context: Context) -> None:
    """Run all steps with live progress, then say what came of it."""
    began = perf_counter()
    board = _Board(STEPS)
    context.download_progress = board.downloaded
    if console.is_terminal:
        with Live(board, console=console, refresh_per_second=8):
            run_all(context, board.started, board.ended)
    else:
        run_all(context, board.started, board.ended)
    summarize(context)
    console.print(f"\nDone in {perf_counter() - began:.0f} seconds.")


def run_step(step: Step, context: Context) -> None:
    """Run one step, live on a terminal, and say what came of it in one line."""
    board = _Board((step,))
    context.download_progress = board.downloaded
    board.started(step)
    if console.is_terminal:
        with Live(board, console=console, refresh_per_second=8):
            board.ended(step, step.run(context))
    else:
        board.ended(step, step.run(context))


def run_backtest(context: Context, windows: int) -> None:
    """Judge the last windows, and show what they say on the whole."""
    from retail_lakehouse.steps.backtest import backtest

    result = backtest(context, windows)
    console.print(f"Backtest: {plain(result.note)}, {result.rows_out:,} published rows judged")
    _print_quality(context.lakehouse.read(t.BACKTEST_QUALITY))


def run_tuning(context: Context, trials: int, windows: int) -> None:
    """Search settings, and say which did best."""
    from retail_lakehouse.steps.backtest import tune

    console.print(f"Tuning: {plain(tune(context, trials, windows).note)}")


def _print_quality(quality: DataFrame) -> None:
    """NDCG of every ranking, a column for each scope, as means over windows."""
    scopes = ("all", "new", "repeat")
    rows = (
        quality.where("metric = 'ndcg_at_10'")
        .groupBy("ranking")
        .pivot("scope", list(scopes))
        .agg(F.avg("value"))
        .orderBy(F.desc_nulls_last("all"), F.desc_nulls_last("new"), "ranking")
    )
    console.print(screen.quality(rows.collect(), scopes))  # one row per ranking


def warn_of_demo(why: str) -> None:
    """Say that the demo shop stands in for the real data, so that nobody misses it."""
    console.print(screen.demo_panel(why))


def summarize(context: Context) -> None:
    """Lines by outcome, segments, sample customers, and where to look next."""
    read = context.lakehouse.read
    if context.shop() == "demo":
        console.print(screen.demo_panel())
    _print_outcomes(read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES))
    segments = read(t.CUSTOMER_SEGMENTS)
    profiles = read(t.SEGMENT_PROFILES).orderBy(F.desc("revenue"))
    _print(*screen.segments(profiles.collect()))  # one row per segment
    samples = _samples(segments)
    listed = _listed(read(t.RECOMMENDATIONS).where(F.col("customer_id").isin(list(samples))))
    for who in samples.values():
        _print(screen.headline(who), screen.products(listed[who["customer_id"]]["for_you"]))
    _print(*screen.where_next(context.settings.home, next(iter(samples))))


def _print(*what: RenderableType) -> None:
    for one in what:
        console.print(one)


def _print_outcomes(sales: DataFrame, returns: DataFrame, rejected: DataFrame) -> None:
    reversed_sales = sales.where("reversed_at IS NOT NULL").count()
    reasons = rejected.groupBy("reason").count().orderBy(F.desc("count"), "reason")
    console.print()
    console.print(
        # One row per cleaning rule.
        screen.outcomes(sales.count(), reversed_sales, returns.count(), reasons.collect())
    )


def _samples(segments: DataFrame) -> dict[int, Row]:
    """The most typical customer of three segments: the one nearest to its centre."""
    nearest = F.min_by(F.struct("*"), F.struct("distance", "customer_id")).alias("who")
    rows = segments.groupBy("segment").agg(nearest).orderBy("segment").collect()  # one per segment
    found = {row["segment"]: row["who"] for row in rows}
    chosen = [name for name in _SAMPLE_SEGMENTS if name in found] or list(found)
    return {found[name]["customer_id"]: found[name] for name in chosen}


def _listed(recommendations: DataFrame) -> dict[int, dict[str, list[Row]]]:
    """The lists of a few customers, by name."""
    lists: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in recommendations.orderBy("customer_id", "list", "rank").collect():
        lists[row["customer_id"]][row["list"]].append(row)
    return lists


def show_customer(context: Context, customer_id: int) -> None:
    """Segment, history and lists of one customer; SettingsError for one nobody knows."""
    read = context.lakehouse.read
    one = F.col("customer_id") == customer_id
    segment = read(t.CUSTOMER_SEGMENTS).where(one).collect()
    if not segment:
        raise SettingsError(
            f"Customer {customer_id} bought nothing in {context.lakehouse.place}: give the number "
            "of a customer of gold.customer_segments."
        )
    if context.shop() == "demo":
        console.print(screen.DEMO_WARNING, style="yellow")
    history = read(t.SEGMENT_HISTORY).where(one).orderBy("month_end").collect()  # one a month
    _print(screen.headline(segment[0]), *screen.path(history, segment[0]))
    _print(screen.purchases(_latest(read(t.SALES).where(one & F.col("reversed_at").isNull()))))
    listed = _listed(read(t.RECOMMENDATIONS).where(one))[customer_id]
    for name, title in screen.LISTS.items():
        if listed[name]:
            _print(Text(f"\n{title}", style="bold"), screen.products(listed[name]))


def _latest(sales: DataFrame) -> list[Row]:
    ordered = sales.orderBy(F.desc("invoice_date"), "invoice", "line_number")
    return ordered.limit(_RECENT_LINES).collect()
