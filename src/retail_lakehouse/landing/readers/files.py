"""Files as they lie in a folder, in a zip archive, or packed with gzip: opened, not unpacked."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits, over
from retail_lakehouse.landing.readers.archives import (
    AS_TABLE,
    few_entries,
    packed_content,
    unreadable,
)
from retail_lakehouse.landing.readers.raw import File

TEXTS = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
KINDS = (*WORKBOOKS, *TEXTS, ".parquet")
SUFFIXES = (*KINDS, ".zip", *(f"{kind}.gz" for kind in TEXTS))
# What opening or unpacking damaged content raises.
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error)


def suffix_of(name: str) -> str:
    """The file's kind by its name, such as .csv or .csv.gz, in small letters."""
    suffixes = Path(name.lower()).suffixes
    return "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


def file_at(path: Path, name: str = "", kind: str = "") -> File:
    """A file in a folder; one that is packed with gzip is unpacked while it is read."""
    name, suffix = name or str(path), kind or suffix_of(path.name)
    if suffix.endswith(".gz"):
        unpacked = cast("Callable[[], BinaryIO]", partial(gzip.open, path, "rb"))
        return File(name, suffix.removesuffix(".gz"), path.stat().st_size, unpacked)
    opened = cast("Callable[[], BinaryIO]", partial(path.open, "rb"))
    return File(name, suffix, path.stat().st_size, opened, path)


def in_memory(name: str, kind: str, content: bytes) -> File:
    """A file of which the content is known."""
    return File(name, kind, len(content), partial(io.BytesIO, content))


def members(zipped: File, limits: Limits = LIMITS) -> Iterator[tuple[str, File | None]]:
    """The files in a zip archive by their names in it; None for one of another kind.

    Nothing is unpacked by the paths inside.
    """
    name = zipped.name
    content = packed_content(zipped.path, limits, name) if zipped.path else b""
    try:
        with zipfile.ZipFile(io.BytesIO(few_entries(content, name, limits))) as archive:
            for info in archive.infolist():
                if not info.is_dir() and not _is_hidden(info.filename):
                    yield info.filename, _member(name, content, archive, info, limits)
    except (*DAMAGED, OSError) as error:
        raise SourceError(unreadable(name, content[:512], "zip archive")) from error
    except (RuntimeError, NotImplementedError) as error:  # a password, a rare compression
        raise SourceError(
            f"{name} cannot be unpacked here: unpack it yourself ({error})."
        ) from error


def _is_hidden(member: str) -> bool:
    # macOS adds a hidden twin to each file that it zips.
    return member.startswith("__MACOSX/") or member.rsplit("/", 1)[-1].startswith((".", "~$"))


def _member(
    zipped: str, content: bytes, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits
) -> File | None:
    kind, name = suffix_of(info.filename), f"{zipped}, in it {info.filename},"
    if kind not in KINDS:
        return None
    if kind in TEXTS:
        return File(name, kind, info.file_size, partial(_reopened, content, info.filename))
    if info.file_size > limits.packed_bytes:
        what = f"holds a file of {info.file_size:,} bytes"
        raise over(zipped, what, limits.packed_bytes, AS_TABLE)
    # Never more than the directory says, whatever is packed.
    return in_memory(name, kind, archive.read(info))


def _reopened(content: bytes, member: str) -> BinaryIO:
    return cast("BinaryIO", zipfile.ZipFile(io.BytesIO(content)).open(member))
