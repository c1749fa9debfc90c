"""A table's log: its newest commits, and what the writers said in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Of a catalog's history, those looked through for the last that changed rows.
_COMMITS = 50
# Commits of upkeep: they change files or properties, and no row.
UPKEEP = (
    "CLUSTER BY",
    "COMPUTE STATS",
    "OPTIMIZE",
    "REORG",
    "SET TBLPROPERTIES",
    "UNSET TBLPROPERTIES",
    "VACUUM END",
    "VACUUM START",
)


@dataclass(frozen=True)
class LastWrite:
    """A commit of a table. identity: tells it from the same version of another table of that
    name. made_from: what the writer said the rows are made from. written_at: None where the log
    does not say it.
    """

    version: int
    identity: str
    made_from: str
    written_at: datetime | None = field(default=None, compare=False)

    @property
    def mark(self) -> tuple[int, str]:
        """What tells this commit from any other."""
        return self.version, self.identity


def commits(folder: Path) -> list[Path]:
    """The commits in a local table's log, the newest first; none: there is no table."""
    return sorted((folder / "_delta_log").glob("*.json"), reverse=True)


def last_commit(folder: Path) -> Path | None:
    """The newest commit in a local table's log; None: there is no table."""
    return max((folder / "_delta_log").glob("*.json"), default=None)


def last_write(folder: Path) -> LastWrite | None:
    """The newest commit that changed rows, as far back as the log goes; None: there is no table."""
    found = None
    for log in commits(folder):
        info = _info(log)
        said = info.get("txnId", ""), info.get("userMetadata", "")
        found = LastWrite(int(log.stem), *said, _time(info.get("timestamp")))
        if info.get("operation") not in UPKEEP:
            return found
    return found


def written_last(history: Sequence[Any]) -> LastWrite:
    """The newest commit of a table's history, newest first, that changed rows; else the oldest."""
    writes = [commit for commit in history if commit["operation"] not in UPKEEP]
    commit = writes[0] if writes else history[-1]
    written = commit["timestamp"]
    said = str(written), commit["userMetadata"] or ""
    # Spark hands times over in this machine's zone, and does not say so.
    at = written.astimezone(timezone.utc) if isinstance(written, datetime) else None
    return LastWrite(commit["version"], *said, at)


def newest_version(spark: "SparkSession", name: str, folder: Path | None) -> int:
    """A table's current version; folder: of a local one."""
    newest = last_commit(folder) if folder else None
    return int(newest.stem if newest else _history(spark, name, 1)[0]["version"])


def newest_write(spark: "SparkSession", name: str, folder: Path | None) -> LastWrite:
    """The commit that made a table's rows what they are."""
    last = last_write(folder) if folder else None
    return last or written_last(_history(spark, name, _COMMITS))


def _history(spark: "SparkSession", name: str, newest: int) -> Sequence[Any]:
    return spark.sql(f"DESCRIBE HISTORY {name} LIMIT {newest}").collect()


def _info(log: Path) -> dict[str, Any]:
    with log.open(encoding="utf-8") as actions:
        for action in map(json.loads, actions):
            if "commitInfo" in action:
                info: dict[str, Any] = action["commitInfo"]
                return info
    return {}


def _time(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
