"""The command ``retail-lakehouse``: parse, call, exit code."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from retail_lakehouse import __version__, pipeline
from retail_lakehouse.errors import LakehouseError, SettingsError, SourceUnreachableError
from retail_lakehouse.plain_text import plain
from retail_lakehouse.settings import (
    DEFAULT_HOME,
    DEMO_ROWS,
    HOME_VARIABLE,
    SegmentSettings,
    Settings,
    parse_as_of,
)
from retail_lakehouse.tracking import SEGMENTS

Command = TypeVar("Command", bound=Callable[..., Any])
USER_ERROR = 2


def _as_of(context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """A job parameter that is not given arrives as empty text."""
    return parse_as_of(value) if value else None


_HOME = click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=DEFAULT_HOME,
    envvar=HOME_VARIABLE,
    show_default=True,
    show_envvar=True,
    help="Folder of everything a local run makes.",
)
_PLACE = (
    _HOME,
    click.option("--catalog", help="Unity Catalog catalog; default: Delta tables in --home."),
    click.option("--schema-prefix", default="", help="Put before bronze, silver and gold."),
    click.option("--landing", type=click.Path(path_type=Path), help="Landing folder or volume."),
    click.option("--experiment-prefix", default="", help="Put before MLflow experiment names."),
    click.option("--git-commit", default="", help="Commit to note in MLflow; default: ask git."),
)
_AS_OF = click.option(
    "--as-of", callback=_as_of, metavar="DATE", help="See only lines before this day (YYYY-MM-DD)."
)
_SOURCE = click.option(
    "--source",
    "sources",
    multiple=True,
    help="uci, demo, or a workbook, CSV, Parquet file or folder; more paths may follow.",
)
_PATHS = click.argument("paths", nargs=-1)
_RETRAIN = click.option(
    "--retrain", is_flag=True, help="Train even where a model of the same input exists."
)
_TRAIN_SEGMENTS = (
    click.option(
        "--segments",
        type=int,
        default=SegmentSettings.k,
        show_default=True,
        callback=lambda context, option, k: SegmentSettings(k=k),
        help="How many segments to make.",
    ),
    click.option(
        "--sweep", is_flag=True, help="Compare 2 to 10 segments first, in MLflow runs of their own."
    ),
)


def _with(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _settings(home: Path, **values: Any) -> Settings:
    if not values.get("catalog"):
        _check_home(home)
    return Settings(home=home, **values)


def _check_home(home: Path) -> None:
    """Raise SettingsError unless files can be written to the folder, which is made if missing."""
    probe = home / ".write-test"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"--home {home} cannot be written ({error.strerror}): choose another folder."
        ) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def app() -> None:
    """Customer segments and product recommendations from a shop's invoices.

    'run' does everything; each step of it is a command of its own.
    """


@app.command("run")
@_with(_SOURCE, _PATHS, _AS_OF, *_PLACE, _RETRAIN, *_TRAIN_SEGMENTS)
@click.option(
    "--or-demo", is_flag=True, help="Use the demo shop, loudly, where the source is unreachable."
)
def run(sources: tuple[str, ...], paths: tuple[str, ...], or_demo: bool, **place: Any) -> None:
    """Run the whole pipeline."""
    from retail_lakehouse import display
    from retail_lakehouse.steps import Context

    settings = _settings(**place)
    sources = (*sources, *paths) or ("uci",)
    try:
        display.run(Context(settings, sources))
    except SourceUnreachableError as error:
        if not or_demo:
            raise
        display.warn_of_demo(str(error))
        display.run(Context(settings, ("demo",)))


def _add_step(step: pipeline.Step) -> None:
    is_land = pipeline.LANDING in step.writes
    options = (*((_SOURCE, _PATHS) if is_land else (_AS_OF,)), *_PLACE)
    if step.name.startswith("train-"):
        options = (*options, _RETRAIN)
    if SEGMENTS in step.writes:
        options = (*options, *_TRAIN_SEGMENTS)

    @app.command(step.name, help=f"{step.purpose} (a step of 'run').")
    @_with(*options)
    def command(sources: tuple[str, ...] = (), paths: tuple[str, ...] = (), **place: Any) -> None:
        from retail_lakehouse import display
        from retail_lakehouse.steps import Context

        display.run_step(step, Context(_settings(**place), (*sources, *paths)))


for _step in pipeline.STEPS:
    _add_step(_step)


@app.command("customer")
@click.argument("customer_id", type=int)
@_with(*_PLACE)
def customer(customer_id: int, **place: Any) -> None:
    """Segment, history and lists of one customer."""
    from retail_lakehouse import display
    from retail_lakehouse.steps import Context

    display.show_customer(Context(_settings(**place)), customer_id)


@app.command("demo")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--rows", type=int, default=DEMO_ROWS, show_default=True, help="Number of lines.")
def demo(out: Path, rows: int) -> None:
    """Write the demo shop's data to OUT (.xlsx, .csv or .parquet)."""
    from retail_lakehouse.landing import demo as shop

    shop.write(rows, out)
    click.echo(f"{rows:,} lines of the demo shop written to {out}")


def _need_experiments(home: Path) -> None:
    if not (home / "mlflow.db").is_file():
        raise SettingsError(
            f"There are no experiments in {home} yet: run 'retail-lakehouse run' first."
        )


_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")


@app.command("ui")
@_with(_HOME, _HOST)
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
def ui(home: Path, host: str, port: int) -> None:
    """Browse experiments and models with MLflow."""
    from retail_lakehouse.tracking.servers import serve_ui

    _need_experiments(home)
    click.echo(f"MLflow on http://{host}:{port} (stop with Ctrl+C)")
    sys.exit(serve_ui(home, host, port))


@app.command("backtest")
@_with(_AS_OF, *_PLACE)
@click.option(
    "--windows", type=click.IntRange(1), default=6, show_default=True, help="How many to judge."
)
def backtest(windows: int, **place: Any) -> None:
    """Judge lists and baselines on the last windows of 30 days."""
    from retail_lakehouse import display
    from retail_lakehouse.steps import Context

    display.run_backtest(Context(_settings(**place)), windows)


@app.command("tune")
@_with(_AS_OF, *_PLACE)
@click.option(
    "--trials", type=click.IntRange(1), default=20, show_default=True, help="Settings to try."
)
@click.option(
    "--windows", type=click.IntRange(1), default=2, show_default=True, help="Windows of each trial."
)
def tune(trials: int, windows: int, **place: Any) -> None:
    """Search ALS's settings on windows before --as-of, as runs in MLflow."""
    from retail_lakehouse import display
    from retail_lakehouse.steps import Context

    display.run_tuning(Context(_settings(**place)), trials, windows)


@app.command("serve")
@_with(_HOME, _HOST)
@click.option("--port", default=5001, show_default=True, help="Port to listen on.")
def serve(home: Path, host: str, port: int) -> None:
    """Answer requests for recommendations with the champion (POST /invocations)."""
    from retail_lakehouse.tracking import RECOMMENDER, Tracking
    from retail_lakehouse.tracking.servers import serve_model

    _need_experiments(home)
    champion = Tracking(Settings(home=home)).champion(RECOMMENDER)
    click.echo(
        f"Version {champion.version} of {RECOMMENDER.name} on http://{host}:{port}/invocations "
        "(stop with Ctrl+C)"
    )
    sys.exit(serve_model(home, champion.uri, host, port))


def main() -> None:
    """Entry point of the command and of the job's tasks.

    Exit code 0: done; 2: the user can mend it; 1: a defect. Returning, and not exiting with 0, is
    what a Databricks wheel task takes for success.
    """
    try:
        code = app.main(prog_name="retail-lakehouse", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"retail-lakehouse: {plain(error.format_message())}", err=True)
        sys.exit(USER_ERROR)
    except click.Abort:
        sys.exit(130)
    except LakehouseError as error:
        click.echo(f"retail-lakehouse: {plain(error)}", err=True)
        sys.exit(USER_ERROR)
    if code:
        sys.exit(int(code))


if __name__ == "__main__":
    main()
