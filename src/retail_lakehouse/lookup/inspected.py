"""What a look at a shop's files shows, as facts."""

from dataclasses import dataclass

from retail_lakehouse.landing.describing.inspection import Inspection, as_file


@dataclass(frozen=True)
class ColumnFound:
    """One of our columns, theirs, and a value of it."""

    ours: str
    theirs: str
    example: str


@dataclass(frozen=True)
class SheetFound:
    """A sheet, or a file that has none. passed_over: why it is not read; empty: it is."""

    file: str
    sheet: str
    lines: int
    passed_over: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class OutcomeFound:
    """What cleaning would make of lines, and values that decide it."""

    outcome: str
    lines: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Unclear:
    """What only a person can settle: a key of shop.toml, and the lines that would."""

    where: str
    key: str
    says: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Inspected:
    """All of it. shop_toml: the description as it would be written; empty: there are no lines."""

    lines: int
    sampled: int
    currency: str
    dates: tuple[str, ...]
    findings: tuple[str, ...]
    columns: tuple[ColumnFound, ...]
    sheets: tuple[SheetFound, ...]
    outcomes: tuple[OutcomeFound, ...]
    unclear: tuple[Unclear, ...]
    shop_toml: str


def of_inspection(found: Inspection) -> Inspected:
    """The same as what ``said_of_inspection`` says."""
    shop = found.shop
    columns = vars(shop.columns) if shop is not None else {}
    return Inspected(
        lines=found.lines,
        sampled=len(found.sample),
        currency=shop.currency if shop is not None else "",
        dates=shop.format.dates if shop is not None else (),
        findings=tuple(found.findings),
        columns=tuple(
            ColumnFound(ours, theirs, found.example(ours))
            for ours, theirs in columns.items()
            if theirs is not None
        ),
        sheets=tuple(
            SheetFound(one.file, one.sheet, one.lines, one.passed_over, one.remarks)
            for one in found.sheets
        ),
        outcomes=tuple(
            OutcomeFound(name, one.lines, tuple(one.examples))
            for name, one in found.outcomes().items()
        ),
        unclear=tuple(
            Unclear(where.rstrip(","), one.key, one.says, one.answers)
            for where, one in found.questions
        ),
        shop_toml=as_file(found),
    )
