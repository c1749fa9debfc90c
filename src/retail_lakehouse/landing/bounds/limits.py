"""What one source file may unfold to; what is over is refused, if possible before it is parsed.

A file says little of what it takes: 2 KB can hold a sheet that asks for 549 GB. The limits are far
above what a shop's invoices need (Online Retail II, a million lines, stays below a tenth of most)
and low enough for a laptop.
"""

from dataclasses import dataclass

from retail_lakehouse.errors import SourceError


@dataclass(frozen=True)
class Limits:
    """Each is the most that is still read."""

    # Of a workbook, packed as it is, or of a zip archive: both are held in memory.
    packed_bytes: int = 500 * 2**20
    # Of all XML in a workbook together, and of what describes it (sheet names, styles, relations),
    # of which each byte takes several in memory.
    unzipped_bytes: int = 2**30
    description_bytes: int = 32 * 2**20
    # Parts of an archive: each takes a kilobyte while it is listed.
    parts: int = 10_000
    sheets: int = 1_000
    # The rectangle around a sheet's values, 32 bytes each, empty or not: 32 full columns.
    sheet_area: int = 2**25
    # Values in a sheet, some 80 bytes each while it is read: 16 full columns.
    sheet_values: int = 2**24
    # Text in a sheet once every cell holds its own copy of what a workbook keeps but once.
    sheet_text_bytes: int = 512 * 2**20
    # Different texts that a workbook's cells refer to. Room is made for as many as it announces.
    texts: int = 9_999_999
    # A workbook of an older kind, which is read in a process of its own, and what that may hold.
    old_workbook_bytes: int = 128 * 2**20
    apart_memory_bytes: int = 4 * 2**30
    apart_seconds: int = 600
    # Characters between two line ends of a CSV file, whether they are in one of the eight columns.
    csv_line: int = 2**20
    # Bytes that a packed text file unpacks to; it is never unpacked as a whole.
    text_file_bytes: int = 32 * 2**30
    # Text in all columns of one line: twice the most that one cell of a spreadsheet holds.
    line_bytes: int = 2**16
    # Lines of a file, and text in them together; a line's number must fit 32 bits.
    lines: int = 100_000_000
    text_bytes: int = 32 * 2**30
    # What the end of a Parquet file tells of it: a byte there takes up to 200 in memory.
    parquet_footer_bytes: int = 4 * 2**20
    # Pages of the eight columns in all row groups, which may name the same bytes again and again:
    # each is an object in memory. 100 million lines, 20,000 a page as is usual, have 40,000.
    parquet_pages: int = 200_000
    # The largest pages of the eight columns together, unpacked: they are in memory at once.
    parquet_page_bytes: int = 256 * 2**20
    # What rows read at a time unpack to; a few times as much is in memory meanwhile.
    parquet_batch_bytes: int = 64 * 2**20
    # A page where each text may begin as the one before: any of them can be as long as the page.
    parquet_prefix_page_bytes: int = 4 * 2**20
    # Files of a folder, or of a Delta table's; bytes of the log that lists the latter.
    files: int = 100_000
    delta_log_bytes: int = 256 * 2**20


LIMITS = Limits()
SPLIT = "split it into several files"


def over(where: str, what: str, limit: int, remedy: str) -> SourceError:
    """The error for a file that goes over a limit: one sentence with value, limit and remedy."""
    return SourceError(f"{where} {what}, over the limit of {limit:,}: {remedy}.")
