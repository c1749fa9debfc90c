"""Zip archives, also those that workbooks are, whose directory may lie about what is inside."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits, over

AS_TABLE = "unpack it and give it as CSV or Parquet"
_ENCRYPTED, _UTF8 = 0x1, 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for a damaged directory; it takes an absurd version for one to come.
_DAMAGED = (
    zipfile.BadZipFile, EOFError, OSError, struct.error, ValueError, NotImplementedError,
)  # fmt: skip
_ENTRY_MARK = b"PK\x01\x02"


@dataclass(frozen=True)
class Part:
    """One member of an archive, packed; ``size`` and ``crc`` are what the directory says."""

    name: str
    method: int
    size: int
    crc: int
    packed: memoryview


def packed_content(path: Path, limits: Limits = LIMITS, name: str = "") -> bytes:
    """Content of a file that is held in memory whole. ``name``: what errors call it."""
    size = path.stat().st_size
    if size > limits.packed_bytes:
        raise over(
            name or str(path), f"has {size:,} bytes", limits.packed_bytes,
            "split it, or give it as CSV or Parquet",
        )  # fmt: skip
    return path.read_bytes()


def few_entries(content: bytes, name: str, limits: Limits = LIMITS) -> bytes:
    """The same content; SourceError where an archive lists too many files."""
    entries = content.count(_ENTRY_MARK)
    if entries > limits.parts:
        raise over(name, f"holds {entries:,} files", limits.parts, "give the workbook itself")
    return content


def unreadable(name: str, start: bytes, kind: str) -> str:
    """The sentence for a file that is not what its suffix says; ``start``: its first bytes."""
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"{name} is a web page, not a {kind}: download the file itself again."
    return (
        f"{name} is not a readable {kind}, perhaps cut off or damaged on its way: fetch it again."
    )


def xml_parts(content: bytes, name: str, limits: Limits = LIMITS) -> list[Part]:
    """The XML of a workbook, still packed; together it unpacks to no more than the limit.

    SourceError where the directory says more. What it says too little is found by ``unpack``.
    """
    few_entries(content, name, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [_part(content, info, name) for info in archive.infolist() if _is_xml(info)]
    except _DAMAGED as error:
        raise SourceError(unreadable(name, content[:512], "workbook (.xlsx)")) from error
    total = sum(part.size for part in found)
    if total > limits.unzipped_bytes:
        raise over(name, f"unpacks to {total:,} bytes", limits.unzipped_bytes, AS_TABLE)
    return found


def _is_xml(info: zipfile.ZipInfo) -> bool:
    # Pictures and macros stay out, and with them the marks of other kinds of workbooks.
    return info.filename.lower().endswith((".xml", ".rels"))


def _part(content: bytes, info: zipfile.ZipInfo, name: str) -> Part:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise SourceError(
            f"{name} is packed in a way that cannot be read: open it and save it as .xlsx without "
            "a password."
        )
    names = struct.unpack_from("<HH", content, info.header_offset + 26)
    start = info.header_offset + 30 + sum(names)
    packed = memoryview(content)[start : start + info.compress_size]
    return Part(info.filename, info.compress_type, info.file_size, info.CRC, packed)


def unpack(part: Part, name: str) -> bytes:
    """The part's content; SourceError unless it is as long as the directory says."""
    try:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS)
        content = (
            bytes(part.packed[: part.size + 1])
            if part.method == zipfile.ZIP_STORED
            else inflated.decompress(part.packed, part.size + 1)
        )
    except zlib.error as error:
        raise SourceError(unreadable(name, b"", "workbook (.xlsx)")) from error
    if len(content) != part.size or zlib.crc32(content) != part.crc:
        raise SourceError(unreadable(name, b"", "workbook (.xlsx)"))
    return content


def packed_again(parts: list[Part]) -> bytes:
    """An archive of exactly these parts, as they are packed.

    Readers differ in what they take for the directory of an archive that has several. Whoever
    reads this one reads what was checked.
    """
    archive, directory = io.BytesIO(), io.BytesIO()
    for part in parts:
        name = part.name.encode()
        fields = struct.pack(
            "<HHHHHIIIHH",
            20, _UTF8, part.method, 0, 0x21, part.crc, len(part.packed), part.size, len(name), 0,
        )  # fmt: skip
        directory.write(_ENTRY_MARK + struct.pack("<H", 20) + fields)
        directory.write(struct.pack("<HHHII", 0, 0, 0, 0, archive.tell()) + name)
        archive.write(b"PK\x03\x04" + fields + name)
        archive.write(part.packed)
    start, listed = archive.tell(), directory.getvalue()
    archive.write(listed)
    archive.write(
        b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(listed), start, 0)
    )
    return archive.getvalue()
