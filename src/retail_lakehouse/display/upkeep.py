"""What upkeep, rejected lines and forgotten people look like in the terminal."""

from rich.table import Table as Grid

from retail_lakehouse.care.maintain import maintain
from retail_lakehouse.delta.maintenance import Tended
from retail_lakehouse.display.board import console
from retail_lakehouse.steps.context import Context


def run_maintenance(context: Context, keep_days: int) -> None:
    """Tend every table, and show how many files it took and takes."""
    console.print(upkeep_grid(list(maintain(context, keep_days))))
    console.print(f"No row was changed. Older versions can be read for {keep_days} days.")


def upkeep_grid(tended: list[Tended]) -> Grid:
    """Files of each table before and after."""
    grid = Grid("table", "files", "then", "MB", title="Upkeep", title_justify="left")
    for column in grid.columns[1:]:
        column.justify = "right"
    for one in tended:
        grid.add_row(
            one.table.full_name,
            f"{one.before.count:,}",
            f"{one.after.count:,}",
            f"{one.after.size / 2**20:,.1f}",
        )
    return grid
