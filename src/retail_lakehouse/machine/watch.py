"""How far long work is, for whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """How far a step is.

    work: what goes on, as text. count: units of it that are done. total: of how many; None: not
    known. unit: what is counted, such as ``BYTES`` or lines; empty: nothing is.
    """

    work: str
    count: int = 0
    total: int | None = None
    unit: str = ""


BYTES = "bytes"
Watch = Callable[[Done], None]
# Of steps that may go on side by side: the step's name comes first.
WatchSteps = Callable[[str, Done], None]


def unwatched(done: Done) -> None:
    """Work that nobody watches."""


def steps_unwatched(step: str, done: Done) -> None:
    """Steps that nobody watches."""
