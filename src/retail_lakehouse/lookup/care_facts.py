"""What the commands of care say, as facts: rejected lines, and files of tables after upkeep."""

from collections.abc import Iterable
from dataclasses import dataclass

from retail_lakehouse.care.rejected import Reason
from retail_lakehouse.delta.maintenance import Tended
from retail_lakehouse.tables.row_facts import of_row


@dataclass(frozen=True)
class RejectedLine:
    """A rejected line, as the source has it."""

    source_file: str
    source_sheet: str
    line_number: int
    invoice: str | None
    stock_code: str | None
    quantity: str | None
    invoice_date: str | None
    price: str | None
    amount: str | None
    customer_id: str | None


@dataclass(frozen=True)
class RejectedFor:
    """Rejected lines of one reason, and some of them."""

    reason: str
    lines: int
    corrected: int
    remedy: str
    samples: tuple[RejectedLine, ...]


@dataclass(frozen=True)
class KnownRejects:
    """The reasons, the most frequent first."""

    reasons: tuple[RejectedFor, ...]


@dataclass(frozen=True)
class TendedTable:
    """Files of a table before and after its upkeep, and their size."""

    table: str
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True)
class Upkeep:
    """Every table. keep_days: for so long older versions can be read."""

    keep_days: int
    tables: tuple[TendedTable, ...]


def of_reasons(found: Iterable[Reason]) -> KnownRejects:
    """Reasons with their samples."""
    return KnownRejects(
        tuple(
            RejectedFor(
                one.name,
                one.lines,
                one.corrected,
                one.remedy,
                tuple(of_row(RejectedLine, line) for line in one.samples),
            )
            for one in found
        )
    )


def of_tended(tended: Iterable[Tended], keep_days: int) -> Upkeep:
    """Tables in the order of their upkeep."""
    return Upkeep(
        keep_days,
        tuple(
            TendedTable(
                one.table.full_name,
                one.before.count,
                one.after.count,
                one.before.size,
                one.after.size,
            )
            for one in tended
        ),
    )
