"""What a step's tables were last made from, kept with them: plain records, without Spark."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c

if TYPE_CHECKING:
    from retail_lakehouse.lakehouse import Lakehouse

# A table's newest change: its version, and what tells it from that of another table of the name.
Change = tuple[int, str]
# The property of a step's first table that says how far the step has come.
PROGRESS = "retail_lakehouse.progress"
FIRST, ELSEWHERE = "first run", "a table was written by something else"


@dataclass(frozen=True)
class Progress:
    """How far a step has come.

    source: hash of all that it read. parts: of what decides on every row, in words that a reason
    begins with. follows: the newest change of each table whose changes are followed. left_at: the
    same of each of its own tables when it had ended. as_of: the day they were made for, or of the
    step that settles it, the day after the last line.
    """

    source: str
    parts: Mapping[str, str]
    follows: Mapping[str, Change]
    left_at: Mapping[str, Change]
    as_of: str

    def as_text(self) -> str:
        """For a table's property."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str | None) -> "Progress | None":
        """What ``as_text`` said; None where nothing is said, or another version said it."""
        try:
            said = json.loads(text or "")
            return Progress(
                said["source"], said["parts"], _changes(said["follows"]),
                _changes(said["left_at"]), said[c.AS_OF],
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def ends_at(self, now: Mapping[str, Change]) -> bool:
        """Whether its own tables are as it left them."""
        return bool(now) and self.left_at == now


def newest_changes(lakehouse: "Lakehouse", tables: tuple[Table, ...]) -> dict[str, Change]:
    """Of each table, by name; empty where one is missing."""
    if not all(map(lakehouse.exists, tables)):
        return {}
    return {table.full_name: lakehouse.last_write(table).mark for table in tables}


def kept_progress(lakehouse: "Lakehouse", tables: tuple[Table, ...]) -> Progress | None:
    """How far the step that writes these tables had come when it last ended well."""
    return Progress.read(lakehouse.noted(tables[0], PROGRESS))


def untouched_progress(lakehouse: "Lakehouse", tables: tuple[Table, ...]) -> Progress | None:
    """The same; None where anything has written to the tables since."""
    marks = newest_changes(lakehouse, tables)
    kept = kept_progress(lakehouse, tables) if marks else None
    return kept if kept is not None and kept.ends_at(marks) else None


def why_anew(
    kept: Progress | None,
    parts: Mapping[str, str],
    own: Mapping[str, Change],
    follows: Mapping[str, Change],
) -> str:
    """Why tables cannot be brought up to date from where they are; empty: they can.

    >>> why_anew(None, {}, {}, {})
    'first run'
    """
    if kept is None:
        return FIRST
    changed = [words for words in parts if parts[words] != kept.parts.get(words)]
    if changed or parts.keys() != kept.parts.keys():
        return f"{changed[0] if changed else 'the program'} has changed"
    if not kept.ends_at(own):
        return ELSEWHERE
    another = [name for name, now in follows.items() if not _goes_on(kept.follows.get(name), now)]
    return f"{another[0]} is another table" if another else ""


def _goes_on(before: Change | None, now: Change) -> bool:
    """Whether a change comes after the other in the same table, or is the same."""
    return before is not None and (now[0] > before[0] or now == before)


def _changes(said: Mapping[str, list[object]]) -> dict[str, Change]:
    return {name: (int(str(version)), str(identity)) for name, (version, identity) in said.items()}
