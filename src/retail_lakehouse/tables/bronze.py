"""Bronze: what the sources say, verbatim."""

from retail_lakehouse.tables.schema import CURRENCY, Column, Table

SOURCE_COLUMNS = (
    Column("invoice", "STRING", "Invoice number as in the source", True),
    Column("stock_code", "STRING", "Product code as in the source", True),
    Column("description", "STRING", "Product name as in the source", True),
    Column("quantity", "STRING", "Units as in the source", True),
    Column("invoice_date", "STRING", "Date and time as in the source", True),
    Column("price", "STRING", f"Price per unit in {CURRENCY} as in the source", True),
    Column("customer_id", "STRING", "Customer as in the source; empty: anonymous", True),
    Column("country", "STRING", "Customer's country as in the source", True),
)
AMOUNT = Column(
    "amount", "STRING", f"The line's total in {CURRENCY} as in the source, if it gives one", True
)

LINE_SOURCE = (
    Column("source_file", "STRING", "Name of the file the line came in"),
    Column("source_sheet", "STRING", "Sheet of a workbook; empty for other files"),
)
LINE_NUMBER = Column("line_number", "INT", "Line within file and sheet, from 1, header not counted")
BATCH_ID = Column("batch_id", "STRING", "Kind of source and hash of the file's content")

INVOICE_LINES = Table(
    "bronze",
    "invoice_lines",
    "One row per line of a source file, verbatim",
    ("batch_id", "source_sheet", "line_number"),
    (
        *SOURCE_COLUMNS,
        AMOUNT,
        Column("other_columns", "MAP<STRING,STRING>", "What else the line says, by column", True),
        *LINE_SOURCE,
        LINE_NUMBER,
        BATCH_ID,
        Column("ingested_at", "TIMESTAMP", "When the line was loaded, UTC"),
    ),
    (("line_number_from_1", "line_number >= 1"),),
    ("batch_id",),
    written_by="bronze",
    keeps_rows=True,
)

BATCHES = Table(
    "bronze",
    "batches",
    "One row per source file that arrived, read or passed over",
    ("source_file", "batch_id"),
    (
        BATCH_ID,
        Column("source_file", "STRING", "Name of the file, as its lines carry it"),
        Column(
            "sheets",
            "ARRAY<STRUCT<sheet:STRING,lines:BIGINT,passed_over:STRING,remarks:ARRAY<STRING>>>",
            "Its sheets; passed_over: why a sheet was not read; empty: it was",
        ),
        Column("lines", "BIGINT", "Lines read from it"),
        Column("shop", "STRING", "Name in the shop's description that it was read by"),
        Column("arrived_at", "TIMESTAMP", "When it was first seen, UTC"),
        Column("state", "STRING", "loaded; passed over: nothing in it was read"),
    ),
    (("known_state", "state IN ('loaded', 'passed over')"), ("counted", "lines >= 0")),
    written_by="bronze",
    keeps_rows=True,
)
