"""Whether a step would only write again what is there: what that is made from, as a hash."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

import retail_lakehouse
from retail_lakehouse.assets import (
    AS_OF,
    DESCRIPTION,
    EXPECTED,
    LANDING,
    SOURCE_KIND,
    Asset,
    Document,
    ModelKind,
    title,
)
from retail_lakehouse.landing.landed import state_of
from retail_lakehouse.policies.cadence import hash_of
from retail_lakehouse.steps.harness import documents
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.progress import untouched_progress
from retail_lakehouse.steps.harness.step import Step, StepResult
from retail_lakehouse.tables import Table

_PACKAGE = Path(retail_lakehouse.__file__).parent


def unless_unchanged(step: Step, context: Context, work: Callable[[str], StepResult]) -> StepResult:
    """Do a step's work, unless what it writes was made from just what it would read now.

    work: is given what that is made from.
    """
    source = made_from(step, context)
    if are_made_from(context, step, source):
        reads = tuple(asset for asset in step.reads if isinstance(asset, Table))
        return context.counted(reads[:1], step.tables, "unchanged")
    return work(source)


def made_from(step: Step, context: Context) -> str:
    """Hash of the state of all that is read, of the settings, and of this program's own code.

    A table's state is its newest change, a model's its champion. Empty where something is missing.
    """
    states = [_state(context, asset) for asset in step.reads]
    if None in states:
        return ""
    settings = context.settings
    parts = [states, asdict(settings.segments), asdict(settings.recommend)]
    parts += [asdict(settings.value), _code()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def parts(step: Step, context: Context) -> dict[str, str]:
    """Hashes of what decides on every row of the step's tables, by the words for it."""
    states: dict[str, object] = {"the program": _code()}
    for asset in step.reads:
        if not isinstance(asset, Table) and asset not in (AS_OF, EXPECTED):
            whose = "champion of " if isinstance(asset, ModelKind) else ""
            states[f"the {whose}{title(asset)}"] = _state(context, asset)
    return {words: hash_of(state) for words, state in states.items()}


def are_made_from(context: Context, step: Step, source: str) -> bool:
    """Whether the step's tables and documents were last written by it with this ``made_from``."""
    if not source:
        return False
    if step.keeps_progress:
        kept = untouched_progress(context.lakehouse, step.tables)
        return kept is not None and kept.source == source
    return all(
        _origin(context, asset) == source
        for asset in step.writes
        if isinstance(asset, Table | Document)
    )


def _origin(context: Context, asset: Table | Document) -> str:
    """What it says that it was made from; empty where there is none."""
    if isinstance(asset, Document):
        return documents.made_from(documents.path_of(context.settings, asset))
    lakehouse = context.lakehouse
    return lakehouse.last_write(asset).made_from if lakehouse.exists(asset) else ""


def _state(context: Context, asset: Asset) -> list[object] | None:
    lakehouse = context.lakehouse
    if isinstance(asset, ModelKind):
        if not context.has_experiments:
            return None
        champion = context.tracking.find_champion(asset, context.source_kind())
        return [champion.version, champion.run_id] if champion else None
    if isinstance(asset, Table):
        if not lakehouse.exists(asset):
            return None
        return [*lakehouse.last_write(asset).mark]
    if asset == LANDING:
        return state_of(context.settings.landing_dir)
    if asset == SOURCE_KIND:
        return [context.source_kind()]
    if asset == DESCRIPTION:
        return [asdict(context.description)]
    if asset == EXPECTED:
        return []
    if asset == AS_OF:
        return [context.as_of().isoformat()]
    raise TypeError(f"a step that reads {asset} cannot tell whether it has changed")


@cache
def _code() -> str:
    """Hash of the package: what another version of this program made is made anew."""
    digest = hashlib.sha256()
    for path in sorted(_own_files()):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _own_files() -> Iterator[Path]:
    """Code, and what the report's pages are made of."""
    for path in _PACKAGE.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield path
