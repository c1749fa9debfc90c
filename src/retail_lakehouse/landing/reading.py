"""The lines of a file: its tables, the columns that are ours in each, and what is passed over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, SPLIT, Limits, over
from retail_lakehouse.landing.readers.archives import unreadable
from retail_lakehouse.landing.readers.files import DAMAGED, file_at
from retail_lakehouse.landing.readers.lines import (
    Lines,
    SheetRead,
    as_lines,
    filled,
    line_bytes,
    longest_line,
)
from retail_lakehouse.landing.readers.raw import RawTable, Texts
from retail_lakehouse.landing.tables import tables_in
from retail_lakehouse.plain_text import plain
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.inference import layout, names
from retail_lakehouse.shops.inference.layout import Found, Layout
from retail_lakehouse.shops.inference.questions import Question

_SHOWN = 200


class NoLinesError(SourceError):
    """A file that can be read, but holds no invoice lines."""


def refuse(where: str, question: Question) -> None:
    """SourceError: what is unclear is not read."""
    raise SourceError(question.sentence(where))


@dataclass
class Reading:
    """What is known of a file while it is read; ``sheets`` grows meanwhile.

    shop: whose names of columns hold; None: names are found. ask: is told what is unclear.
    partitions: columns that the file's folder names, with their one value. name, kind: of the file,
    for sentences and for its reader, if not those of its path. answers: names of columns that
    somebody has settled, by ours. traits: how each sheet is written.
    """

    file: str
    shop: ShopDescription | None = None
    limits: Limits = LIMITS
    ask: Callable[[str, Question], None] = refuse
    partitions: tuple[tuple[str, str], ...] = ()
    name: str = ""
    kind: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    sheets: list[SheetRead] = field(default_factory=list)
    layouts: dict[str, Layout] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    traits: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def where(self, path: str, sheet: str) -> str:
        """File and sheet, as a sentence begins with them."""
        return f"{path}, sheet {sheet!r}," if sheet else path


def read(path: Path, reading: Reading) -> Iterator[Lines]:
    """Lines of one file, sheet by sheet, in batches; SourceError says what is wrong with it.

    What unfolds to more than the limits is refused before it does.
    """
    limits, name = reading.limits, reading.name or str(path)
    tables = tables_in(file_at(path, name, reading.kind), reading.shop, limits)
    any_line, count, text = False, 0, 0
    try:
        for lines in lines_of(tables, name, reading):
            lengths = line_bytes(lines.table)
            where = reading.where(name, lines.sheet)
            longest_line(lengths, where, 0 if lines.sheet else count, limits)
            count, text = count + lines.table.num_rows, text + (pc.sum(lengths).as_py() or 0)
            if count > limits.lines:
                raise over(name, f"has {count:,} lines or more", limits.lines, SPLIT)
            if text > limits.text_bytes:
                what = f"has {text:,} bytes of text or more"
                raise over(name, what, limits.text_bytes, SPLIT)
            any_line = any_line or pc.any(filled(lines.table)).as_py() is True
            yield lines
    except DAMAGED as error:
        raise SourceError(unreadable(name, b"", "packed file")) from error
    if not any_line:
        raise SourceError(f"{name} has a header but no lines: give a file with invoice lines.")


def lines_of(tables: Iterator[RawTable], path: str, reading: Reading) -> Iterator[Lines]:
    """Lines of those tables that hold invoice lines; SourceError where none does."""
    before: tuple[Layout, Sequence[Sequence[str | None]]] | None = None
    for table in tables:
        where = reading.where(path, table.sheet)
        found, why, remarks = _found(table, before, where, reading)
        if found is None:
            reading.sheets.append(SheetRead(reading.file, table.sheet, passed_over=why))
            continue
        reading.layouts[table.sheet] = found
        reading.traits[table.sheet] = table.traits
        before = before or (found, table.head[found.header + 1 :])
        count = 0
        for texts in table.below(found.header):
            lines = _lines(table, texts, found, where, reading)
            count += pc.sum(filled(lines.table)).as_py() or 0
            yield lines
        remarks = (*remarks, *table.remarks())
        reading.sheets.append(SheetRead(reading.file, table.sheet, count, remarks=remarks))
    if not reading.layouts:
        raise _no_lines(path, reading)


def _found(
    table: RawTable,
    before: tuple[Layout, Sequence[Sequence[str | None]]] | None,
    where: str,
    reading: Reading,
) -> tuple[Layout | None, str, tuple[str, ...]]:
    """The table's layout, or why it is passed over; and what should be known of it."""
    asked = reading.shop.format.sheets if reading.shop else ()
    if table.passed_over:
        return None, table.passed_over, ()
    if table.sheet and asked and table.sheet not in asked:
        return None, "it is not among format.sheets", ()
    found = _choice(table, reading)
    header = _shown_header(table)
    if found.layout is None or not (found.is_lines or reading.shop):
        if before is not None and found.layout is None and _goes_on(table, before):
            return Layout(-1, before[0].names, before[0].places), "", ("it goes on without header",)
        reading.headers.append(header)
        lacks = _lacks(found.missing) if found.layout else "it has no header of invoice lines"
        return None, f"{lacks} (its first row: {header})" if header else "it is empty", ()
    if found.missing:
        if not found.is_lines and reading.shop:
            reading.headers.append(header)
            return None, _lacks(found.missing), ()
        raise _lacking(where, found, reading)
    if table.hidden and table.sheet not in asked:
        reading.headers.append(header)
        return None, "it is hidden: to read it, name it in format.sheets", ()
    for question in found.questions:
        reading.ask(where, question)
    title = found.layout.header
    return found.layout, "", (f"its header is in row {title + 1}",) if title > 0 else ()


def _choice(table: RawTable, reading: Reading) -> Found:
    extra = tuple(name for name, _ in reading.partitions)
    if table.names is not None:
        header = layout.as_names((*table.names, *extra))
        if reading.shop is not None:
            return layout.named_as(header, reading.shop.columns)
        # A header that could be of anything is none of lines.
        if names.matched(header) < layout.MEANT_AS_LINES:
            return Found(None)
        return layout.choose(header, table.head, answers=reading.answers)
    head = [(*row, *extra) for row in table.titles] if extra else table.titles
    if reading.shop is None:
        return layout.find([*head, *table.head[len(head) :]], reading.answers)
    return layout.by_description(head, reading.shop.columns, reading.shop.format.header_row)


def _goes_on(table: RawTable, before: tuple[Layout, Sequence[Sequence[str | None]]]) -> bool:
    return table.names is None and layout.goes_on(table.head, *before)


def _lines(table: RawTable, texts: Texts, found: Layout, where: str, reading: Reading) -> Lines:
    rows = len(texts[0]) if len(texts) else 0
    constant = [pa.chunked_array([pa.repeat(value, rows)]) for _, value in reading.partitions]
    columns = [*texts, *constant]
    for ours, place in found.places.items():
        cells = table.without_value.get(place, 0)
        if cells and columns[place].null_count:
            raise SourceError(
                f"{where} has {cells:,} cells of a formula without a value in the column "
                f"{found.names[place]} ({names.SHOWN[ours]}): open it in a spreadsheet program and "
                "save it, so that the formulas are calculated."
            )
    place = found.places["invoice_date"]
    if table.serial_shift:
        columns[place] = _shifted(columns[place], table.serial_shift)
    return as_lines(table.sheet, columns, found)


def _shifted(dates: pa.ChunkedArray, days: int) -> pa.ChunkedArray:
    """Days that count from 1904 as days from 1900."""
    serial = pc.match_substring_regex(dates, r"^[0-9]{1,5}(\.[0-9]+)?$")
    numbers = pc.if_else(serial, dates, pa.scalar(None, pa.string())).cast(pa.float64())
    shifted = pc.add(numbers, float(days)).cast(pa.string())
    return pc.if_else(pc.fill_null(serial, False), shifted, dates)


def _lacks(missing: Sequence[str]) -> str:
    shown = ", ".join(names.SHOWN[ours] for ours in missing)
    return f"it lacks the column{'s' if len(missing) > 1 else ''} {shown}"


def _lacking(where: str, found: Found, reading: Reading) -> SourceError:
    header = found.layout.names if found.layout else ()
    if reading.shop is None:
        shown = _lacks(found.missing).removeprefix("it ")
    else:
        asked = vars(reading.shop.columns)
        theirs = ", ".join(asked[ours] for ours in found.missing)
        shown = f"lacks the column{'s' if len(found.missing) > 1 else ''} {theirs}"
    example = found.missing[0]
    return SourceError(
        f"{where} {shown}: rename or add what is missing, or say in a shop.toml which column it "
        f'is (columns.{example} = "…"); the header has {_short(header)}.'
    )


def _no_lines(path: str, reading: Reading) -> NoLinesError:
    """The error for a file in which no header of invoice lines was found."""
    shown = next((header for header in reading.headers if header), "")
    if any(sheet.passed_over.startswith("it is hidden") for sheet in reading.sheets):
        return NoLinesError(f"{path} holds invoice lines in hidden sheets only: unhide them.")
    wanted = ", ".join(names.SHOWN[ours] for ours in layout.REQUIRED)
    return NoLinesError(
        f"{path} holds no invoice lines: a row must name the columns {wanted}; "
        f"{f'it has {shown}' if shown else 'it is empty'}."
    )


def _shown_header(table: RawTable) -> str:
    """The names that come first, whatever a file that is no table gives as its first row."""
    row = table.names or next((r for r in table.head if any(r)), ())
    return _short([cell or "" for cell in row])


def _short(found: Sequence[str]) -> str:
    named = [" ".join(name.split()) for name in found]
    return plain(", ".join(name for name in named if name), _SHOWN)
