"""Options that several commands take, and what they make of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from retail_lakehouse.machine.environment import own_mlflow, own_spark
from retail_lakehouse.policies.cadence import Cadence
from retail_lakehouse.policies.expectations import changed
from retail_lakehouse.settings import (
    DEFAULT_HOME,
    HOME_VARIABLE,
    SHOP_VARIABLE,
    SegmentSettings,
    Settings,
    parse_as_of,
)

if TYPE_CHECKING:
    from retail_lakehouse.steps.harness.context import Context

Command = TypeVar("Command", bound=Callable[..., Any])


def _as_of(context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """A job parameter that is not given arrives as empty text."""
    return parse_as_of(value) if value else None


def _shop(context: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    """A job parameter that is not given arrives as empty text."""
    return Path(value) if value else None


HOME = click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=DEFAULT_HOME,
    envvar=HOME_VARIABLE,
    show_default=True,
    show_envvar=True,
    help="Folder of everything a local run makes.",
)
PLACE = (
    HOME,
    click.option("--catalog", help="Unity Catalog catalog; default: Delta tables in --home."),
    click.option("--schema-prefix", default="", help="Put before bronze, silver and gold."),
    click.option("--landing", type=click.Path(path_type=Path), help="Landing folder or volume."),
    click.option("--experiment-prefix", default="", help="Put before MLflow experiment names."),
    click.option("--git-commit", default="", help="Commit to note in MLflow; default: ask git."),
)
AS_OF = click.option(
    "--as-of", callback=_as_of, metavar="DATE", help="See only lines before this day (YYYY-MM-DD)."
)
SOURCE = click.option(
    "--source",
    "sources",
    multiple=True,
    help="uci, demo, or a workbook, CSV, Parquet file or folder; more paths may follow.",
)
PATHS = click.argument("paths", nargs=-1)
SHOP = click.option(
    "--shop",
    callback=_shop,
    metavar="FILE",
    envvar=SHOP_VARIABLE,
    show_envvar=True,
    help="Description of the shop (shop.toml); default: the one kept, or what the files show.",
)
STRICT = click.option(
    "--strict", is_flag=True, help="Let one file of a folder that cannot be read refuse all."
)
MAX_REJECT_SHARE = click.option(
    "--max-reject-share",
    type=float,
    default=Settings.max_reject_share,
    show_default=True,
    help="Stop before gold where more of the lines, as a share, are rejected for one reason.",
)
RETRAIN = click.option(
    "--retrain", is_flag=True, help="Train even where a model of the same input exists."
)
EXPECT = click.option(
    "--expect",
    "expectations",
    default="",
    metavar="NAME=LEVEL[:BOUND],…",
    callback=lambda context, option, text: changed(text),
    help="Other levels (warn, fail, off) and bounds of checks before gold: docs/daily.md.",
)
TRAIN_EVERY = click.option(
    "--train-every",
    "cadence",
    type=int,
    metavar="DAYS",
    default=Cadence.every_days,
    show_default=True,
    callback=lambda context, option, days: Cadence(days),
    help="Train at most so often, but for drift, other settings or no champion; 0: always.",
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document (docs/terminal.md) instead."
)
TRAIN_SEGMENTS = (
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


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """All of the options, in this order in the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def reading(**place: Any) -> "Context":
    """What a command works with that only looks: a home need not be held, nor be writable."""
    from retail_lakehouse.steps.harness.context import Context

    return Context(Settings(**place), reads_only=True)


@contextmanager
def writing(sources: tuple[str, ...] = (), **place: Any) -> Iterator["Context"]:
    """What a step works with; a local home is held for this process meanwhile."""
    from retail_lakehouse.machine import home
    from retail_lakehouse.steps.harness.context import Context

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
