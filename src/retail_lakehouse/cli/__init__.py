"""The command ``retail-lakehouse``: parse, call, exit code."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from retail_lakehouse import __version__, pipeline
from retail_lakehouse.assets import EXPECTED, LANDING, SEGMENTS
from retail_lakehouse.cli.caring import forget, maintain, rejects
from retail_lakehouse.cli.exporting import export
from retail_lakehouse.cli.listening import serve, ui
from retail_lakehouse.cli.looking import customer, product, runs, segments, status
from retail_lakehouse.cli.options import (
    AS_OF,
    EXPECT,
    JSON,
    MAX_REJECT_SHARE,
    PATHS,
    PLACE,
    RETRAIN,
    SHOP,
    SOURCE,
    STRICT,
    TRAIN_EVERY,
    TRAIN_SEGMENTS,
    with_options,
    writing,
)
from retail_lakehouse.errors import LakehouseError, SourceUnreachableError
from retail_lakehouse.machine.faults import machine_fault
from retail_lakehouse.plain_text import plain
from retail_lakehouse.settings import DEMO_ROWS
from retail_lakehouse.steps.harness.step import Step

USER_ERROR = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def app() -> None:
    """Customer segments and product recommendations from a shop's invoices.

    'run' does everything; each step of it is a command of its own.
    """


@app.command("run")
@with_options(
    *(SOURCE, PATHS, SHOP, STRICT, AS_OF, *PLACE),
    *(MAX_REJECT_SHARE, EXPECT, RETRAIN, TRAIN_EVERY, *TRAIN_SEGMENTS, JSON),
)
@click.option(
    "--or-demo", is_flag=True, help="Use the demo shop, loudly, where the source is unreachable."
)
def run(
    sources: tuple[str, ...], paths: tuple[str, ...], or_demo: bool, as_json: bool, **place: Any
) -> None:
    """Run the whole pipeline."""
    from retail_lakehouse import display

    named = (*sources, *paths) or ("uci",)
    with writing(named, **place) as context, display.progress_aside(as_json):
        try:
            display.run(context, as_json)
        except SourceUnreachableError as error:
            if not or_demo:
                raise
            display.warn_of_demo(str(error))
            display.run(replace(context, sources=("demo",)), as_json)


def _add_step(step: Step) -> None:
    is_land = LANDING in step.writes
    options = (*((SOURCE, PATHS, SHOP, STRICT) if is_land else (AS_OF,)), *PLACE)
    if step.name == "gold":
        options = (*options, MAX_REJECT_SHARE)
    if EXPECTED in step.writes:
        options = (*options, EXPECT)
    if step.name.startswith("train-"):
        options = (*options, RETRAIN, TRAIN_EVERY)
    if SEGMENTS in step.writes:
        options = (*options, *TRAIN_SEGMENTS)

    @app.command(step.name, help=f"{step.purpose} (a step of 'run').")
    @with_options(*options)
    def command(sources: tuple[str, ...] = (), paths: tuple[str, ...] = (), **place: Any) -> None:
        from retail_lakehouse import display

        with writing((*sources, *paths), **place) as context:
            display.run_step(step, context)


for _step in pipeline.STEPS:
    _add_step(_step)


@app.command("inspect")
@click.argument("paths", nargs=-1, required=True)
@with_options(SHOP)
@click.option("--write", type=click.Path(path_type=Path), help="Write the description to a file.")
@click.option(
    "--set", "settled", multiple=True, metavar="KEY=VALUE", help="Settle a key of shop.toml."
)
@with_options(JSON)
def inspect(
    paths: tuple[str, ...],
    shop: Path | None,
    write: Path | None,
    settled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Look at a shop's files and propose its description, shop.toml."""
    from retail_lakehouse.landing.describing import inspection, said
    from retail_lakehouse.lookup import inspected, json_form

    found = inspection.inspect(paths, shop, settled)
    if as_json:
        click.echo(json_form.document("inspect", inspected.of_inspection(found)))
    else:
        for line in said.said_of_inspection(found):
            click.echo(plain(line))
    if write is not None:
        inspection.write(found, write)
        click.echo(f"\nWritten to {plain(write)}: check it, and give it with --shop.", err=as_json)


@app.command("demo")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--rows", type=int, default=DEMO_ROWS, show_default=True, help="Number of lines.")
@click.option("--products", type=int, help="How many; default: as many as suit the lines.")
@click.option("--customers", type=int, help="How many; default: as many as suit the lines.")
@click.option(
    "--dialect",
    metavar="NAME",
    default="online-retail-ii",
    show_default=True,
    help="Whose export it looks like: european-csv, us-csv, letters, totals or grocer.",
)
def demo(out: Path, rows: int, **wanted: Any) -> None:
    """Write the demo shop's data to OUT (.xlsx, .csv or .parquet).

    An OUT without such an ending is a folder of Parquet files, which Spark writes on all cores.
    """
    from retail_lakehouse.landing import demo as shop

    options = shop.Options(**wanted)
    if out.suffix:
        shop.write(rows, out, options=options)
    else:
        from retail_lakehouse.machine.environment import folder_for_now
        from retail_lakehouse.spark import get_session

        drawn = shop.Shop(rows, options=options)  # refused before Spark is started
        session = get_session(log=folder_for_now() / "spark.log")
        shop.write_folder(session, drawn, out)
    click.echo(f"{rows:,} lines of the demo shop written to {out}")


@app.command("backtest")
@with_options(AS_OF, *PLACE)
@click.option(
    "--windows", type=click.IntRange(1), default=6, show_default=True, help="How many to judge."
)
def backtest(windows: int, **place: Any) -> None:
    """Judge lists on the last windows of 30 days, and forecasts on as many of 90."""
    from retail_lakehouse import display

    with writing(**place) as context:
        display.run_backtest(context, windows)


@app.command("tune")
@with_options(AS_OF, *PLACE)
@click.option(
    "--trials", type=click.IntRange(1), default=20, show_default=True, help="Settings to try."
)
@click.option(
    "--windows", type=click.IntRange(1), default=2, show_default=True, help="Windows of each trial."
)
def tune(trials: int, windows: int, **place: Any) -> None:
    """Search ALS's settings on windows before --as-of, as runs in MLflow."""
    from retail_lakehouse import display

    with writing(**place) as context:
        display.run_tuning(context, trials, windows)


for _command in (
    *(customer, segments, product, runs, status),
    *(maintain, rejects, forget, ui, serve, export),
):
    app.add_command(_command)


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
