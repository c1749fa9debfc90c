"""Facts of every kind that commands print, made up, and the fields that their documents have."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from retail_lakehouse.lookup import (
    care_facts,
    home_state,
    inspected,
    known_customer,
    known_product,
    known_runs,
    known_segments,
    run_outcome,
)

# The facts of each document that --json prints.
DOCUMENTS = {
    "customer": known_customer.KnownCustomer,
    "segments": known_segments.KnownSegments,
    "product": known_product.KnownProduct,
    "runs": known_runs.KnownRuns,
    "status": home_state.HomeState,
    "run": run_outcome.RunOutcome,
    "inspect": inspected.Inspected,
    "rejects": care_facts.KnownRejects,
    "maintain": care_facts.Upkeep,
}
_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    date: "day",
    datetime: "time",
}
_VALUES = {
    int: 7,
    float: 0.25,
    Decimal: Decimal("12.5000"),
    bool: True,
    date: date(2011, 12, 10),
    datetime: datetime(2011, 12, 9, 12, 50, tzinfo=timezone.utc),
}


def fields_of(kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each field's path in the document and its type, in words."""
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not type(None))
        inner = list(fields_of(kind, path))
        if is_dataclass(kind):
            yield path, "object, or null"
            yield from inner
        else:
            yield path, f"{inner[0][1]}, or null"
    elif is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            yield from fields_of(hints[field.name], f"{path}.{field.name}".lstrip("."))
    elif get_origin(kind) is tuple:
        yield from fields_of(get_args(kind)[0], f"{path}[]")
    elif get_origin(kind) is Mapping:
        yield from fields_of(get_args(kind)[1], f"{path}.*")
    else:
        yield path, _WORDS[kind]


def example(kind: Any, text: str = "MUG") -> Any:
    """Facts of the kind with a value in every field; all texts are this one."""
    if get_origin(kind) is UnionType:
        return example(get_args(kind)[0], text)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: example(hints[field.name], text) for field in fields(kind)})
    if get_origin(kind) is tuple:
        return (example(get_args(kind)[0], text),)
    if get_origin(kind) is Mapping:
        return {text: example(get_args(kind)[1], text)}
    return text if kind is str else _VALUES[kind]


def found_in(value: Any, path: str = "") -> Iterator[str]:
    """The paths of a document that was read from JSON."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from found_in(one, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for one in value:
            yield from found_in(one, f"{path}[]")
    else:
        yield path
