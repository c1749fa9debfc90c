"""Commands that keep a lakehouse in order."""

from typing import Any

import click

from retail_lakehouse.cli.options import PLACE, with_options, writing

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
def maintain(keep_days: int, **place: Any) -> None:
    """Join small files, lay rows together, remove old files; no row changes."""
    from retail_lakehouse import display

    with writing(**place) as context:
        display.run_maintenance(context, keep_days)
