"""Segments in the order that people expect, each with its colour, which stays its own."""

from collections.abc import Iterable

from retail_lakehouse.segments.naming import ARCHETYPES, EVERYONE

_ORDER = [kind.name for kind in ARCHETYPES] + [EVERYONE]
# Of gold.segment_migrations: no customer yet, or no more.
NOBODY = "(none)"


def in_order(names: Iterable[str]) -> list[str]:
    """Champions first; names that are not known last, by the alphabet.

    >>> in_order(["Lost", "Champions", "At Risk"])
    ['Champions', 'At Risk', 'Lost']
    """
    return sorted(set(names), key=lambda name: (_place(name), name))


def _place(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def variable(name: str) -> str:
    """The variable of the page's style that holds the segment's colour."""
    if name == NOBODY:
        return "--none"
    return f"--s{_place(name) % len(ARCHETYPES)}"


def colours(names: Iterable[str]) -> list[str]:
    """The segments' colours, for a chart."""
    return [f"var({variable(name)})" for name in names]
