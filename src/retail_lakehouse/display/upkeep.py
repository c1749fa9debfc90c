"""What upkeep, rejected lines and forgotten people look like in the terminal."""

from collections.abc import Sequence

from rich.table import Table as Grid

from retail_lakehouse.care.forget import Forgotten, forget
from retail_lakehouse.care.maintain import maintain
from retail_lakehouse.delta.maintenance import Tended
from retail_lakehouse.display.board import console, print_all
from retail_lakehouse.display.json_out import show
from retail_lakehouse.lookup.care_facts import of_tended
from retail_lakehouse.plain_text import plain
from retail_lakehouse.steps.harness.context import Context


def run_maintenance(context: Context, keep_days: int, as_json: bool = False) -> None:
    """Tend every table, and show how many files it took and takes."""
    tended = list(maintain(context, keep_days))
    said = f"No row was changed. Older versions can be read for {keep_days} days."
    facts = of_tended(tended, keep_days)
    show("maintain", facts, lambda _: (upkeep_grid(tended), said), as_json)


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


def run_forgetting(context: Context, customers: Sequence[str]) -> None:
    """Forget customers, and say what was removed where."""
    print_all(*forgotten_grids(forget(context, customers)))
    console.print(
        "\nTotals are as before. Counts of customers, profiles and what is popular follow with the "
        "next run of the steps."
    )


def forgotten_grids(done: Forgotten) -> list[Grid]:
    """What was removed where, and which models saw the customers."""
    who = ", ".join(map(plain, done.customers))
    places = Grid("where", "count", "what", title=f"Forgotten: {who}", title_justify="left")
    places.columns[1].justify = "right"
    for one in done.removed:
        places.add_row(plain(one.place), f"{one.count:,}", one.what)
    if not done.models:
        return [places]
    title = "Models that learnt from their lines too (none holds an id or a history)"
    models = Grid("model", "as of", "is", "learns without them", title=title, title_justify="left")
    for model in done.models:
        name = f"{model.model} version {model.version}"
        when = f"when {model.step} runs next"
        models.add_row(name, model.as_of, ", ".join(model.aliases) or "kept", when)
    return [places, models]
