"""What a step's tables were last made from, kept with them: plain records, without Spark."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from retail_lakehouse.tables import columns as c

# A table's newest change: its version, and what tells it from that of another table of the name.
Change = tuple[int, str]
FIRST, ELSEWHERE = "first run", "a table was written by something else"


@dataclass(frozen=True)
class Progress:
    """How far a step has come.

    source: hash of all that it read. parts: of what decides on every row, in words that a reason
    begins with. follows: the newest change of each table whose changes are followed. left_at: the
    same of each of its own tables when it had ended. as_of: the day they were made for.
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
