"""The command that writes gold for other tools."""

from pathlib import Path
from typing import Any

import click

from retail_lakehouse.cli.options import PLACE, reading, with_options
from retail_lakehouse.errors import SettingsError

_OPTIONS = {
    "segments": {"--segment", "--country"},
    "recommendations": {"--segment", "--country", "--list"},
    "rejects": {"--reason"},
}


@click.command("export")
@click.argument("what", type=click.Choice(list(_OPTIONS)))
@click.argument("out", type=click.Path(path_type=Path))
@with_options(*PLACE)
@click.option("--segment", default="", help="Only customers of this segment.")
@click.option("--country", default="", help="Only customers of this country.")
@click.option("--list", "list_name", default="", help="Only this list (recommendations).")
@click.option("--reason", default="", help="Only lines of this reason (rejects).")
def export(
    what: str,
    out: Path,
    segment: str,
    country: str,
    list_name: str,
    reason: str,
    **place: Any,
) -> None:
    """Write segments, recommendations or rejects to OUT, for other tools.

    The name of OUT says the form: .csv, .parquet or .xlsx (rejects: .csv or .xlsx).
    """
    from retail_lakehouse import display
    from retail_lakehouse.care.rejected import Wanted
    from retail_lakehouse.exports.chosen import Chosen

    given = {
        "--segment": segment,
        "--country": country,
        "--list": list_name,
        "--reason": reason,
    }
    for option, value in given.items():
        if value and option not in _OPTIONS[what]:
            raise SettingsError(f"{option} says nothing of {what}: leave it out.")
    reader = reading(**place)
    if what == "rejects":
        display.write_rejects(reader, Wanted(reason), out)
    else:
        display.export(reader, what, Chosen(segment, country, list_name), out)
