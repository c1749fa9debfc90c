"""A local table's log: its newest commit, and what the writer said in it."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LastWrite:
    """A table's newest commit. identity: tells it from the same version of another table of that
    name. made_from: what the writer said the rows are made from.
    """

    version: int
    identity: str
    made_from: str


def last_commit(folder: Path) -> Path | None:
    """The newest commit in a local table's log; None: there is no table."""
    return max((folder / "_delta_log").glob("*.json"), default=None)


def read_commit(log: Path) -> LastWrite:
    """What the commit of this file says of itself."""
    with log.open(encoding="utf-8") as actions:
        for action in map(json.loads, actions):
            if "commitInfo" in action:
                info = action["commitInfo"]
                made_from = info.get("userMetadata", "")
                return LastWrite(int(log.stem), info.get("txnId", ""), made_from)
    return LastWrite(int(log.stem), "", "")
