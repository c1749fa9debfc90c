"""A row of a table as a fact: a frozen dataclass whose fields have the names of its columns."""

from dataclasses import fields
from typing import Any, Protocol, TypeVar

Fact = TypeVar("Fact", bound="Any")


class Record(Protocol):
    """A row of a table, such as Spark's, or a dict."""

    def __getitem__(self, name: str, /) -> Any: ...


def of_row(kind: type[Fact], row: Record, **others: Any) -> Fact:
    """The fact whose fields are the row's columns; others: those that it takes from elsewhere.

    >>> from dataclasses import make_dataclass
    >>> Counted = make_dataclass("Counted", ["name", "lines", "known"])
    >>> of_row(Counted, {"name": "adjustment", "lines": 6, "more": None}, known=True)
    Counted(name='adjustment', lines=6, known=True)
    """
    names = (field.name for field in fields(kind))
    given: dict[str, Any] = {name: row[name] for name in names if name not in others}
    made: Fact = kind(**given, **others)
    return made
