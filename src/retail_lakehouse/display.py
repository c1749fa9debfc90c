"""What people see in the terminal: progress, the closing summary, one customer."""

from collections import defaultdict
from datetime import date
from time import perf_counter

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.console import Console, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table as Grid

from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.pipeline import STEPS, Step, run_all
from retail_lakehouse.settings import DEFAULT_HOME
from retail_lakehouse.steps import Context, StepResult

# A log has no width of its own: wide enough that a product and its reason stay on one line.
console = Console(width=None if Console().is_terminal else 120)
DEMO_WARNING = "DEMO SHOP: synthetic data, made up by this program. Nothing here is a real shop's."
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
            console.print(_line(step, result, seconds), highlight=False, soft_wrap=True)

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
            return "[green]✓", step.name, rows_in, rows_out, f"{seconds:.1f}", result.note
        if step.name in self._began:
            seconds = perf_counter() - self._began[step.name]
            note = self.download if step.name == "land" and self.download else step.purpose
            spin = self._spinner.render(perf_counter())
            return spin, f"[bold]{step.name}", "", "", f"{seconds:.0f}", f"[dim]{note}"
        return "", f"[dim]{step.name}", "", "", "", ""


def _line(step: Step, result: StepResult, seconds: float) -> str:
    rows = f"{result.rows_in:>11,} → {result.rows_out:>11,} rows"
    return f"{step.name:<24} {rows} {seconds:>7.1f} s  {result.note}".rstrip()


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
    console.print(f"\nDone in {perf_counter() - began:.0f} seconds.", highlight=False)


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
    console.print(f"Backtest: {result.note}, {result.rows_out:,} published rows judged")
    _print_quality(context.lakehouse.read(t.BACKTEST_QUALITY))


def run_tuning(context: Context, trials: int, windows: int) -> None:
    """Search settings, and say which did best."""
    from retail_lakehouse.steps.backtest import tune

    console.print(f"Tuning: {tune(context, trials, windows).note}")


def _print_quality(quality: DataFrame) -> None:
    """NDCG of every ranking, a column for each scope, as means over windows."""
    grid = Grid(
        title="NDCG@10, mean of the windows that backtests have judged", title_justify="left"
    )
    grid.add_column("ranking")
    scopes = ("all", "new", "repeat")
    for scope in scopes:
        grid.add_column(f"{scope} products", justify="right")
    rows = (
        quality.where("metric = 'ndcg_at_10'")
        .groupBy("ranking")
        .pivot("scope", list(scopes))
        .agg(F.avg("value"))
        .orderBy(F.desc_nulls_last("all"), F.desc_nulls_last("new"), "ranking")
    )
    for row in rows.collect():  # one per ranking
        cells = ("" if row[scope] is None else f"{row[scope]:.4f}" for scope in scopes)
        grid.add_row(row["ranking"], *cells)
    console.print(grid)


def warn_of_demo(why: str) -> None:
    """Say that the demo shop stands in for the real data, so that nobody misses it."""
    console.print(
        Panel(f"{why}\n\nGoing on with the demo shop instead.\n{DEMO_WARNING}", style="bold yellow")
    )


def summarize(context: Context) -> None:
    """Lines by outcome, segments, sample customers, and where to look next."""
    read = context.lakehouse.read
    if context.shop() == "demo":
        console.print(Panel(DEMO_WARNING, style="bold yellow"))
    _print_outcomes(read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES))
    segments = read(t.CUSTOMER_SEGMENTS)
    _print_segments(read(t.SEGMENT_PROFILES))
    samples = _samples(segments)
    listed = _listed(read(t.RECOMMENDATIONS).where(F.col("customer_id").isin(list(samples))))
    for who in samples.values():
        _print_headline(who)
        _print_list(listed[who["customer_id"]]["for_you"])
    _print_next(context, next(iter(samples)))


def _print_outcomes(sales: DataFrame, returns: DataFrame, rejected: DataFrame) -> None:
    grid = Grid("outcome", "lines", title="Lines by outcome", title_justify="left")
    grid.columns[1].justify = "right"
    reversed_sales = sales.where("reversed_at IS NOT NULL").count()
    grid.add_row("sales", f"{sales.count():,}")
    grid.add_row("  of them taken back in full", f"{reversed_sales:,}")
    grid.add_row("returns", f"{returns.count():,}")
    reasons = rejected.groupBy("reason").count().orderBy(F.desc("count"), "reason")
    for row in reasons.collect():  # one row per cleaning rule
        grid.add_row(f"rejected: {row['reason']}", f"{row['count']:,}")
    console.print()
    console.print(grid)


def _print_segments(profiles: DataFrame) -> None:
    grid = Grid(title="Segments", title_justify="left")
    headings = ("customers", "share", "revenue share", "days since", "invoices", "GBP")
    grid.add_column("segment")
    for heading in headings:
        grid.add_column(heading, justify="right")
    rows = profiles.orderBy(F.desc("revenue")).collect()  # one per segment
    for row in rows:
        grid.add_row(
            row["segment"],
            f"{row['customers']:,}",
            f"{row['customer_share']:.1%}",
            f"{row['revenue_share']:.1%}",
            f"{row['recency_days_median']:,.0f}",
            f"{row['frequency_median']:,.0f}",
            f"{row['monetary_median']:,.0f}",
        )
    console.print(grid)
    console.print("[dim]Days since the last purchase, invoices and GBP: medians.")
    for row in rows:
        console.print(f"[bold]{row['segment']}[/]: {row['recommended_action']}", highlight=False)


def _samples(segments: DataFrame) -> dict[int, Row]:
    """The most typical customer of three segments: the one nearest to its centre."""
    nearest = F.min_by(F.struct("*"), F.struct("distance", "customer_id")).alias("who")
    rows = segments.groupBy("segment").agg(nearest).orderBy("segment").collect()  # one per segment
    found = {row["segment"]: row["who"] for row in rows}
    chosen = [name for name in _SAMPLE_SEGMENTS if name in found] or list(found)
    return {found[name]["customer_id"]: found[name] for name in chosen}


# Lists by name, and what a person calls them.
_LISTS = {"for_you": "For you", "discover": "To discover", "buy_again": "To buy again"}


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
        console.print(f"[yellow]{DEMO_WARNING}")
    _print_headline(segment[0])
    _print_path(read(t.SEGMENT_HISTORY).where(one), segment[0])
    _print_history(read(t.SALES).where(one & F.col("reversed_at").isNull()))
    listed = _listed(read(t.RECOMMENDATIONS).where(one))[customer_id]
    for name, title in _LISTS.items():
        if listed[name]:
            console.print(f"\n[bold]{title}")
            _print_list(listed[name])


def _print_headline(who: Row) -> None:
    console.print(
        f"\n[bold]Customer {who['customer_id']}[/], {who['segment']}: "
        f"{_counted(who['frequency'], 'invoice')}, {who['monetary']:,.2f} GBP, "
        f"last purchase {_counted(who['recency_days'], 'day')} before {who['as_of']}",
        highlight=False,
    )


def _print_path(history: DataFrame, who: Row) -> None:
    """Through which segments the customer came, and to which one is nearest by now."""
    path: list[tuple[str, date]] = []
    for row in history.orderBy("month_end").collect():  # one a month
        if not path or path[-1][0] != row["segment"]:
            path.append((row["segment"], row["month_end"]))
    if path:
        came = " → ".join(f"{segment} (from {first})" for segment, first in path)
        console.print(f"At the months' ends: {came}", highlight=False)
    if who["next_segment"] is not None:
        console.print(
            f"Nearest other segment: {who['next_segment']} "
            f"(its centre is {who['next_distance']:.2f} away, the own one {who['distance']:.2f})",
            highlight=False,
        )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _print_list(rows: list[Row]) -> None:
    grid = Grid("rank", "product", "code", "why", box=None, pad_edge=False)
    for row in rows:
        name = row["description"] or ""
        grid.add_row(str(row["rank"]), name, row["stock_code"], row["reason"])
    console.print(grid)


def _print_history(sales: DataFrame) -> None:
    grid = Grid("day", "invoice", "product", "units", "GBP", title="Latest purchases")
    latest = sales.orderBy(F.desc("invoice_date"), "invoice", "line_number").limit(_RECENT_LINES)
    for row in latest.collect():
        day, units = f"{row['invoice_date']:%Y-%m-%d}", str(row["quantity"])
        name = row["description"] or row["stock_code"]
        grid.add_row(day, row["invoice"], name, units, f"{row['amount']:,.2f}")
    console.print(grid)


def _print_next(context: Context, customer_id: int) -> None:
    home = context.settings.home
    other = "" if str(home) == DEFAULT_HOME else f" --home {home}"
    grid = Grid(box=None, pad_edge=False, show_header=False)
    grid.add_row(f"  retail-lakehouse customer {customer_id}{other}", "one customer, for a person")
    grid.add_row(f"  retail-lakehouse ui{other}", "experiments and models in MLflow")
    grid.add_row(f"  {home}/warehouse/gold/", "Delta tables, for DuckDB, Polars, Spark")
    console.print("\n[bold]Where to look next")
    console.print(grid)
