"""Workbooks of the kinds that say nothing of their size: read in a process of bounded memory.

Run as a file, this module is that process: it reads a workbook from its standard input and writes
each sheet to its output, described in a line of JSON. So it imports nothing of the package.
"""

import json
import sys
from contextlib import suppress
from typing import Any, BinaryIO

PASSWORD = "password"  # noqa: S105, what reads a workbook says so


def main(memory: int, seconds: int) -> None:
    """Read the workbook."""
    _bound(memory, seconds)
    out = sys.stdout.buffer
    try:
        for described, sheet in _sheets(sys.stdin.buffer.read()):
            _say(out, described)
            import pyarrow as pa

            with pa.ipc.new_stream(out, sheet.schema) as stream:
                stream.write_batch(sheet)
    except BaseException as error:  # also a defect that the file finds in what reads it
        _say(out, {"error": f"{type(error).__name__} {error}"[:500]})
    else:
        _say(out, {"done": True})
    out.flush()


def _bound(memory: int, seconds: int) -> None:
    # Windows has no such bounds: there the size of the file is the only one.
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _sheets(content: bytes) -> Any:
    import fastexcel

    workbook = fastexcel.read_excel(content)
    for name in workbook.sheet_names:
        sheet = workbook.load_sheet(name, header_row=None, dtypes="string")
        hidden = sheet.visible != "visible"
        yield {"name": name, "hidden": hidden}, sheet.to_arrow()


def _say(out: BinaryIO, described: dict[str, Any]) -> None:
    out.write(json.dumps(described).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
