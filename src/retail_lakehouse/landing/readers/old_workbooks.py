"""Workbooks of other kinds than .xlsx as tables, sheet by sheet."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread, Timer
from typing import IO, Any

import pyarrow as pa

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import Limits, over
from retail_lakehouse.landing.readers import apart
from retail_lakehouse.landing.readers.archives import unreadable
from retail_lakehouse.landing.readers.raw import RawTable

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_AS_XLSX = "save it as .xlsx, or give it as CSV"


def read_old_workbook(content: bytes, name: str, limits: Limits) -> Iterator[RawTable]:
    """The sheets of a workbook of an older or rarer kind (.xls, .xlsb, .ods)."""
    from retail_lakehouse.landing.readers.workbooks import table_of

    if _ENCRYPTED in content:
        raise SourceError(locked(name))
    if len(content) > limits.old_workbook_bytes:
        raise over(name, f"has {len(content):,} bytes", limits.old_workbook_bytes, _AS_XLSX)
    with _process(content, limits) as process:
        answers = process.stdout
        count = 0
        while said := _said(answers):
            if "error" in said:
                raise SourceError(_why(said["error"], name, limits))
            if "done" in said:
                return
            count += 1
            if count > limits.sheets:
                raise over(
                    name, f"has {count:,} sheets", limits.sheets, "give only those with lines"
                )
            with pa.ipc.open_stream(pa.PythonFile(answers, mode="r")) as stream:
                batch = stream.read_all().combine_chunks().to_batches()
            rows = batch[0] if batch else pa.RecordBatch.from_pylist([])
            yield table_of(said["name"], rows, hidden=said["hidden"])
    # It ended without a word.
    raise SourceError(_too_much(name, limits))


def locked(name: str) -> str:
    """The sentence for a workbook with a password."""
    return f"{name} is locked with a password: open it and save it without one."


def _why(error: str, name: str, limits: Limits) -> str:
    if apart.PASSWORD in error.lower():
        return locked(name)
    if error.startswith("MemoryError"):
        return _too_much(name, limits)
    return unreadable(name, b"", "workbook")


def _too_much(name: str, limits: Limits) -> str:
    return (
        f"{name} asks for more than {limits.apart_memory_bytes:,} bytes of memory or "
        f"{limits.apart_seconds:,} seconds, or is damaged: {_AS_XLSX}."
    )


def _said(answers: IO[bytes] | None) -> dict[str, Any]:
    line = answers.readline() if answers else b""
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return {}


@contextmanager
def _process(content: bytes, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads the workbook; it ends with the block, or after its time."""
    process = subprocess.Popen(
        [sys.executable, apart.__file__, str(limits.apart_memory_bytes), str(limits.apart_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Arrow's own allocator sets aside more room than it uses.
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        },
    )
    timer = Timer(limits.apart_seconds, process.kill)
    feeder = Thread(target=_feed, args=(process.stdin, content), daemon=True)
    timer.start()
    feeder.start()
    try:
        yield process
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        feeder.join()
        if process.stdout:
            process.stdout.close()


def _feed(stdin: IO[bytes] | None, content: bytes) -> None:
    # It may end before it has read everything.
    with suppress(OSError, ValueError):
        if stdin:
            stdin.write(content)
            stdin.close()
