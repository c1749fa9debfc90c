"""The tables in a file of any kind, also in a zip archive of several."""

from collections.abc import Iterator
from dataclasses import replace

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import Limits
from retail_lakehouse.landing.readers.archives import packed_content
from retail_lakehouse.landing.readers.csv_files import read_csv
from retail_lakehouse.landing.readers.files import SUFFIXES, TEXTS, WORKBOOKS, members
from retail_lakehouse.landing.readers.old_workbooks import read_old_workbook
from retail_lakehouse.landing.readers.parquet_files import read_parquet
from retail_lakehouse.landing.readers.raw import File, RawTable
from retail_lakehouse.landing.readers.workbooks import read_workbook
from retail_lakehouse.shops.description import ShopDescription

UNKNOWN = "it is no kind of file that can be read"
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def tables_in(file: File, shop: ShopDescription | None, limits: Limits) -> Iterator[RawTable]:
    """The tables of a file; of an archive, those of all files in it."""
    if file.kind != ".zip":
        yield from _tables_of(file, shop, limits)
        return
    found = list(members(file, limits))
    known = [name for name, member in found if member is not None]
    if not known:
        raise SourceError(
            f"{file.name} holds no file that can be read: unpack it and give {', '.join(SUFFIXES)}."
        )
    for name, member in found:
        if member is None:
            yield RawTable(name, (), lambda _: iter(()), passed_over=UNKNOWN)
            continue
        for table in _tables_of(member, shop, limits):
            sheet = table.sheet if len(known) == 1 else " ".join((name, table.sheet)).strip()
            yield replace(table, sheet=sheet)


def _tables_of(file: File, shop: ShopDescription | None, limits: Limits) -> Iterator[RawTable]:
    """The tables of a file of a known kind; workbooks are known by their content."""
    if file.kind in TEXTS:
        return read_csv(file, shop, limits)
    if file.kind == ".parquet":
        return read_parquet(file, shop, limits)
    if file.kind not in WORKBOOKS:
        raise SourceError(
            f"{file.name} is not a kind of file that can be read: give {', '.join(SUFFIXES)}."
        )
    content = _content(file, limits)
    if content.startswith(_OLD_OFFICE) or (
        content.startswith(_ZIP) and file.kind in (".xlsb", ".ods")
    ):
        return read_old_workbook(content, file.name, limits)
    if file.kind == ".xls" and not content.startswith(_ZIP):
        if content.lstrip()[:1] in (b"<", b""):
            raise SourceError(
                f"{file.name} is a web page by a workbook's name: open it and save it as .xlsx."
            )
        return read_csv(file, shop, limits)
    return read_workbook(content, file.name, limits)


def _content(file: File, limits: Limits) -> bytes:
    if file.path is not None:
        return packed_content(file.path, limits, file.name)
    with file.opened() as opened:
        return opened.read()
