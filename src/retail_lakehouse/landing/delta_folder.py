"""A Delta table's folder as a source: the files that its log says are the table's now."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import Limits, over

LOG = "_delta_log"
_VERSION = re.compile(r"^([0-9]{20})\.json$")
_CHECKPOINT = re.compile(r"^([0-9]{20})\.checkpoint\.parquet$")
_READER_FEATURES = frozenset({"timestampNtz", "typeWidening", "vacuumProtocolCheck"})
_AGAIN = "write it as Parquet or CSV and give that"


def active_files(folder: Path, limits: Limits) -> list[tuple[Path, tuple[tuple[str, str], ...]]]:
    """Each file of the table, with the values of the columns that it is parted by."""
    try:
        actions = _actions(folder / LOG, limits)
        files: dict[str, dict[str, Any]] = {}
        for action in actions:
            _refuse_new_features(action, folder)
            if action.get("add"):
                files[action["add"]["path"]] = action["add"]
            if action.get("remove"):
                files.pop(action["remove"]["path"], None)
        return [_file(folder, files[path]) for path in sorted(files)]
    except (ValueError, KeyError, TypeError, AttributeError, OSError, pa.ArrowException) as error:
        raise SourceError(
            f"The Delta table {folder} has a log that cannot be read: {_AGAIN}."
        ) from (error)


def _actions(log: Path, limits: Limits) -> list[dict[str, Any]]:
    """Of the last checkpoint and all versions after it, in order."""
    checkpoints = {int(m[1]): p for p in log.iterdir() if (m := _CHECKPOINT.match(p.name))}
    versions = {int(m[1]): p for p in log.iterdir() if (m := _VERSION.match(p.name))}
    last = max(checkpoints, default=-1)
    later = sorted(version for version in versions if version > last)
    if later != list(range(last + 1, last + 1 + len(later))) or (last < 0 and not later):
        raise ValueError("a version is missing")
    paths = [versions[version] for version in later]
    whole = [checkpoints[last]] if last >= 0 else []
    size = sum(path.stat().st_size for path in [*whole, *paths])
    if size > limits.delta_log_bytes:
        what = f"has a log of {size:,} bytes"
        raise over(f"The Delta table {log.parent}", what, limits.delta_log_bytes, _AGAIN)
    found = [action for path in whole for action in _checkpoint(path)]
    for path in paths:
        found += [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return found


def _checkpoint(path: Path) -> list[dict[str, Any]]:
    file = pq.ParquetFile(path.absolute())
    names = [n for n in ("add", "metaData", "protocol") if n in file.schema_arrow.names]
    rows: list[dict[str, Any]] = []
    for batch in file.iter_batches(columns=names, batch_size=2**14):
        rows += batch.to_pylist()
    return rows


def _refuse_new_features(action: dict[str, Any], folder: Path) -> None:
    """SourceError for a table whose files do not say all of it."""
    protocol, metadata, add = (action.get(name) or {} for name in ("protocol", "metaData", "add"))
    features = set(protocol.get("readerFeatures") or ()) - _READER_FEATURES
    mapped = dict(metadata.get("configuration") or {}).get("delta.columnMapping.mode", "none")
    if mapped != "none":
        features.add("columnMapping")
    if add.get("deletionVector"):
        features.add("deletionVectors")
    # That a table may have them says nothing of whether it does.
    features.discard("deletionVectors" if not add.get("deletionVector") else "")
    if features:
        raise SourceError(
            f"The Delta table {folder} uses {', '.join(sorted(features))}, which is not read here: "
            f"{_AGAIN}."
        )


def _file(folder: Path, add: dict[str, Any]) -> tuple[Path, tuple[tuple[str, str], ...]]:
    path = folder / unquote(add["path"])
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise SourceError(
            f"The Delta table {folder} names a file {add['path']}, which is not in its folder: "
            f"{_AGAIN}."
        )
    values = dict(add.get("partitionValues") or {})
    return path, tuple((name, value or "") for name, value in sorted(values.items()))
