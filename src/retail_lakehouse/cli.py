"""The command ``retail-lakehouse``: parse, call, exit code."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from retail_lakehouse import __version__, pipeline
from retail_lakehouse.environment import own_mlflow, own_spark
from retail_lakehouse.errors import LakehouseError, SettingsError, SourceUnreachableError
from retail_lakehouse.faults import machine_fault
from retail_lakehouse.plain_text import plain
from retail_lakehouse.settings import (
    DEFAULT_HOME,
    DEMO_ROWS,
    HOME_VARIABLE,
    SHOP_VARIABLE,
    SegmentSettings,
    Settings,
    parse_as_of,
)
from retail_lakehouse.tracking import SEGMENTS

if TYPE_CHECKING:
    from retail_lakehouse.steps import Context

Command = TypeVar("Command", bound=Callable[..., Any])
USER_ERROR = 2


def _as_of(context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """A job parameter that is not given arrives as empty text."""
    return parse_as_of(value) if value else None


def _shop(context: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    """A job parameter that is not given arrives as empty text."""
    return Path(value) if value else None


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
_SHOP = click.option(
    "--shop",
    callback=_shop,
    metavar="FILE",
    envvar=SHOP_VARIABLE,
    show_envvar=True,
    help="Description of the shop (shop.toml); default: the one kept, or what the files show.",
)
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


@contextmanager
def _writing(sources: tuple[str, ...] = (), **place: Any) -> Iterator["Context"]:
    """What a step works with; a local home is held for this process meanwhile."""
    from retail_lakehouse import home
    from retail_lakehouse.steps import Context

    settings = Settings(**place)
    if settings.catalog:
        yield Context(settings, sources)
        return
    others = (*own_spark(), *own_mlflow())
    if others:
        click.echo(
            f"Not used, as a local run brings its own Spark and MLflow: {', '.join(others)}",
            err=True,
        )
    with home.writing(settings.home, settings.landing_dir):
        yield Context(settings, sources)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def app() -> None:
    """Customer segments and product recommendations from a shop's invoices.

    'run' does everything; each step of it is a command of its own.
    """


@app.command("run")
@_with(_SOURCE, _PATHS, _SHOP, _AS_OF, *_PLACE, _RETRAIN, *_TRAIN_SEGMENTS)
@click.option(
    "--or-demo", is_flag=True, help="Use the demo shop, loudly, where the source is unreachable."
)
def run(sources: tuple[str, ...], paths: tuple[str, ...], or_demo: bool, **place: Any) -> None:
    """Run the whole pipeline."""
    from retail_lakehouse import display

    with _writing((*sources, *paths) or ("uci",), **place) as context:
        try:
            display.run(context)
        except SourceUnreachableError as error:
            if not or_demo:
                raise
            display.warn_of_demo(str(error))
            display.run(replace(context, sources=("demo",)))


def _add_step(step: pipeline.Step) -> None:
    is_land = pipeline.LANDING in step.writes
    options = (*((_SOURCE, _PATHS, _SHOP) if is_land else (_AS_OF,)), *_PLACE)
    if step.name.startswith("train-"):
        options = (*options, _RETRAIN)
    if SEGMENTS in step.writes:
        options = (*options, *_TRAIN_SEGMENTS)

    @app.command(step.name, help=f"{step.purpose} (a step of 'run').")
    @_with(*options)
    def command(sources: tuple[str, ...] = (), paths: tuple[str, ...] = (), **place: Any) -> None:
        from retail_lakehouse import display

        with _writing((*sources, *paths), **place) as context:
            display.run_step(step, context)


for _step in pipeline.STEPS:
    _add_step(_step)


@app.command("inspect")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_with(_SHOP)
@click.option("--write", type=click.Path(path_type=Path), help="Write the description to a file.")
@click.option(
    "--set", "settled", multiple=True, metavar="KEY=VALUE", help="Settle a key of shop.toml."
)
def inspect(
    paths: tuple[Path, ...], shop: Path | None, write: Path | None, settled: tuple[str, ...]
) -> None:
    """Look at a shop's files and propose its description, shop.toml."""
    from retail_lakehouse.landing.describing import inspection, said

    found = inspection.inspect(paths, shop, settled)
    for line in said.said_of_inspection(found):
        click.echo(plain(line))
    if write is not None:
        inspection.write(found, write)
        click.echo(f"\nWritten to {write}: check it, and give it with --shop.")


@app.command("customer")
@click.argument("customer_id", type=int)
@_with(*_PLACE)
def customer(customer_id: int, **place: Any) -> None:
    """Segment, history and lists of one customer."""
    from retail_lakehouse import display
    from retail_lakehouse.steps import Context

    display.show_customer(Context(Settings(**place), reads_only=True), customer_id)


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


def _port(default: int) -> Callable[[Command], Command]:
    return click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=default,
        show_default=True,
        help="Port to listen on; 0: any that is free.",
    )


@app.command("ui")
@_with(_HOME, _HOST, _port(5000))
def ui(home: Path, host: str, port: int) -> None:
    """Browse experiments and models with MLflow."""
    from retail_lakehouse.tracking import servers

    _need_experiments(home)
    listener = servers.listen(host, port)
    server = servers.mlflow_ui(home, host)
    click.echo(f"MLflow on {servers.address_of(listener, host)} (stop with Ctrl+C)")
    _warn_of(servers.exposure(host))
    servers.run(server, listener)


def _warn_of(danger: str | None) -> None:
    if danger is not None:
        click.echo(danger, err=True)


@app.command("backtest")
@_with(_AS_OF, *_PLACE)
@click.option(
    "--windows", type=click.IntRange(1), default=6, show_default=True, help="How many to judge."
)
def backtest(windows: int, **place: Any) -> None:
    """Judge lists and baselines on the last windows of 30 days."""
    from retail_lakehouse import display

    with _writing(**place) as context:
        display.run_backtest(context, windows)


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

    with _writing(**place) as context:
        display.run_tuning(context, trials, windows)


@app.command("serve")
@_with(_HOME, _HOST, _port(5001))
def serve(home: Path, host: str, port: int) -> None:
    """Answer requests for recommendations with the champion (POST /invocations)."""
    from retail_lakehouse.recommend.model import Recommender
    from retail_lakehouse.serving import RECOMMENDER_FILE, app
    from retail_lakehouse.tracking import RECOMMENDER, Tracking, servers
    from retail_lakehouse.tracking.guard import Guard

    _need_experiments(home)
    listener = servers.listen(host, port)
    servers.forget_mlflow_variables()
    tracking = Tracking(Settings(home=home), reads_only=True)
    champion = tracking.champion(RECOMMENDER)
    model = Recommender.from_bytes(tracking.content(RECOMMENDER, champion, RECOMMENDER_FILE))
    place = servers.address_of(listener, host)
    click.echo(
        f"Version {champion.version} of {RECOMMENDER.name} on {place}/invocations "
        "(stop with Ctrl+C)"
    )
    _warn_of(servers.exposure(host))
    servers.run(Guard(app.RecommenderApp(model), host), listener)


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
    except Exception as error:
        remedy = machine_fault(error)
        if remedy is None:
            raise
        click.echo(f"retail-lakehouse: {remedy}", err=True)
        sys.exit(USER_ERROR)
    if code:
        sys.exit(int(code))


if __name__ == "__main__":
    main()
