"""Commands that keep a lakehouse in order."""

from pathlib import Path
from typing import Any

import click

from retail_lakehouse.cli.options import JSON, PLACE, reading, with_options, writing
from retail_lakehouse.errors import SettingsError

# As long as MLflow's versions of a month of trainings may be asked for their tables.
KEEP_DAYS = 30


@click.command("maintain")
@with_options(*PLACE)
@click.option(
    "--keep-days",
    type=click.IntRange(0, 3_650),
    default=KEEP_DAYS,
    show_default=True,
    help="For so long, older versions of tables can be read.",
)
@with_options(JSON)
def maintain(keep_days: int, as_json: bool, **place: Any) -> None:
    """Join small files, lay rows together, remove old files; no row changes."""
    from retail_lakehouse import display

    with writing(**place) as context:
        display.run_maintenance(context, keep_days, as_json)


@click.command("forget")
@click.argument("customers", nargs=-1, required=True, metavar="CUSTOMER...")
@with_options(*PLACE)
def forget(customers: tuple[str, ...], **place: Any) -> None:
    """Remove customers from every layer, list and older version; totals stay.

    Their lines stay without whose they were. A CUSTOMER is an id as the lines have it.
    """
    from retail_lakehouse import display

    with writing(**place) as context:
        display.run_forgetting(context, customers)


@click.command("rejects")
@with_options(*PLACE)
@click.option("--reason", default="", help="Only lines of this reason.")
@click.option("--file", default="", help="Only lines of this source file.")
@click.option(
    "--samples", type=click.IntRange(0, 100), default=3, show_default=True, help="Of each reason."
)
@click.option(
    "--write",
    "out",
    type=click.Path(path_type=Path),
    help="Write them to be corrected (.csv, .xlsx).",
)
@click.option(
    "--load",
    "corrected",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Load a corrected file, each line for the one that was rejected.",
)
@with_options(JSON)
def rejects(
    reason: str,
    file: str,
    samples: int,
    out: Path | None,
    corrected: tuple[Path, ...],
    as_json: bool,
    **place: Any,
) -> None:
    """Show rejected lines, write them to be corrected, load them corrected."""
    from retail_lakehouse import display
    from retail_lakehouse.care.rejected import Wanted

    if as_json and (corrected or out is not None):
        raise SettingsError("--json is for looking: leave it out, or --write and --load.")
    if corrected:
        with writing(**place) as context:
            display.load_corrected(context.settings, corrected)
        return
    reader, wanted = reading(**place), Wanted(reason, file)
    if out is not None:
        display.write_rejects(reader, wanted, out)
    else:
        display.show_rejects(reader, wanted, samples, as_json)
