"""Whether a step would only write again what is there: what its tables are made from, as a hash."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from retail_lakehouse.steps.context import Context, StepResult, counted
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import ModelKind

_PACKAGE = Path(__file__).parents[1]


def unless_unchanged(
    context: Context,
    reads: Sequence[Table | ModelKind],
    writes: Sequence[Table],
    work: Callable[[Context], StepResult],
) -> StepResult:
    """Do a step's work, unless its tables were made from just what it would read now."""
    # Silver is where a run without as_of looks for its last day.
    makes_silver = any(table.layer == "silver" for table in writes)
    as_of = context.settings.as_of if makes_silver else context.as_of()
    source = made_from(context, reads, str(as_of))
    if are_made_from(context, writes, source):
        tables = tuple(source for source in reads if isinstance(source, Table))
        return counted(context, tables[:1], tuple(writes), "unchanged")
    return work(context.making(source))


def made_from(context: Context, reads: Sequence[Table | ModelKind], as_of: str) -> str:
    """Hash of the state of all that is read, of the settings, and of this program's own code.

    A table's state is its newest commit, a model's its champion. Empty where something is missing.
    """
    states = [_state(context, source) for source in reads]
    if None in states:
        return ""
    settings = context.settings
    parts = [states, as_of, asdict(settings.segments), asdict(settings.recommend), _code()]
    parts.append(asdict(context.description))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def are_made_from(context: Context, tables: Sequence[Table], source: str) -> bool:
    """Whether each of the tables was last written by a step whose ``made_from`` was this."""
    lakehouse = context.lakehouse
    return bool(source) and all(
        lakehouse.exists(table) and lakehouse.last_write(table).made_from == source
        for table in tables
    )


def _state(context: Context, source: Table | ModelKind) -> list[object] | None:
    if isinstance(source, ModelKind):
        if not context.has_experiments:
            return None
        champion = context.tracking.find_champion(source, context.shop())
        return [champion.version, champion.run_id] if champion else None
    lakehouse = context.lakehouse
    if not lakehouse.exists(source):
        return None
    last = lakehouse.last_write(source)
    return [last.version, last.identity]


@cache
def _code() -> str:
    """Hash of the package: tables that another version of this program made are made anew."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
