"""Arrays and a page of JSON in one zip, as ``numpy.savez`` lays them out; nothing in it is code.

What is read is not trusted: sizes are known to be bounded before anything is unpacked, each array
is held against the type and shape it must have, and objects (which would be pickles) are none.
"""

import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

# A catalogue of 5,000 products takes some 10 MB unpacked.
MAX_BYTES = 256 * 2**20
MAX_UNPACKED = 2**30
_MAX_PAGE = 2**25
_PAGE = "model.json"
_DIRECTORY_BYTES = 2**16
_END, _END_LENGTH, _END_64, _END_64_LENGTH = b"PK\5\6", 22, b"PK\6\7", 20
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def pack(page: object, arrays: Mapping[str, np.ndarray]) -> bytes:
    """A zip of ``page`` as JSON and of the arrays; the same input gives the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:

        def add(name: str, content: bytes) -> None:
            # Without a moment given, a zip notes the clock's.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

        add(_PAGE, json.dumps(page, allow_nan=False).encode())
        for name, array in arrays.items():
            member = io.BytesIO()
            rows = np.ascontiguousarray(array)
            np.lib.format.write_array(member, rows, version=(1, 0), allow_pickle=False)
            add(f"{name}.npy", member.getvalue())
    return target.getvalue()


class Archive:
    """What ``pack`` wrote. Where that is not so each method raises whatever Python finds wrong."""

    def __init__(self, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        _check_directory(content)
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        members = self._zip.infolist()
        if any(member.compress_type not in _KINDS for member in members):
            raise ValueError("it is packed in an unknown way")
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise ValueError(f"it unpacks to more than {MAX_UNPACKED:,} bytes")

    def page(self) -> dict[str, Any]:
        """The JSON."""
        page = json.loads(self._read(_PAGE, _MAX_PAGE), parse_constant=_refuse)
        if not isinstance(page, dict):
            raise ValueError(f"{_PAGE} is not an object")
        return page

    def array(self, name: str, kind: str, *shape: int | None) -> np.ndarray:
        """An array of exactly this type and shape; None: of any length, and NaN may be in it."""
        content = self._read(f"{name}.npy")
        member = io.BytesIO(content)
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{name} is of another format")
        actual, by_column, dtype = np.lib.format.read_array_header_1_0(member)
        fits = len(actual) == len(shape) and all(
            size >= 0 and wanted in (None, size) for size, wanted in zip(actual, shape, strict=True)
        )
        if dtype != np.dtype(kind) or not fits or by_column:
            raise ValueError(f"{name} has the type {dtype} and the shape {actual}")
        start = member.tell()
        if len(content) - start != math.prod(actual) * dtype.itemsize:
            raise ValueError(f"{name} is cut off")
        array = np.frombuffer(content, dtype, offset=start).reshape(actual)
        return array.astype(dtype.newbyteorder("="))

    def _read(self, name: str, most: int = MAX_UNPACKED) -> bytes:
        if name not in self._zip.NameToInfo:
            raise ValueError(f"it holds no {name}")
        member = self._zip.getinfo(name)
        if member.file_size > most:
            raise ValueError(f"{name} has more than {most:,} bytes")
        with self._zip.open(member) as content:
            # With the size given no more is unpacked than that, whatever else is packed.
            return content.read(member.file_size)


def _check_directory(content: bytes) -> None:
    """ValueError unless the zip's directory is short: zipfile reads it whole."""
    end = content[-_END_LENGTH:]
    before = content[-_END_LENGTH - _END_64_LENGTH : -_END_LENGTH]
    if not end.startswith(_END) or before.startswith(_END_64):
        raise ValueError("it is no zip of arrays, or cut off")
    if int.from_bytes(end[12:16], "little") > _DIRECTORY_BYTES:
        raise ValueError("it has too many members")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} stands in {_PAGE}")
