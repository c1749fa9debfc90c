"""Bronze: what the sources say, verbatim."""

from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.schema import CURRENCY, Column, Table

SOURCE_COLUMNS = (
    Column(c.INVOICE, "STRING", "Invoice number as in the source", nullable=True),
    Column(c.STOCK_CODE, "STRING", "Product code as in the source", nullable=True),
    Column(c.DESCRIPTION, "STRING", "Product name as in the source", nullable=True),
    Column(c.QUANTITY, "STRING", "Units as in the source", nullable=True),
    Column(c.INVOICE_DATE, "STRING", "Date and time as in the source", nullable=True),
    Column(c.PRICE, "STRING", f"Price per unit in {CURRENCY} as in the source", nullable=True),
    Column(c.CUSTOMER_ID, "STRING", "Customer as in the source; empty: anonymous", nullable=True),
    Column(c.COUNTRY, "STRING", "Customer's country as in the source", nullable=True),
)
AMOUNT = Column(
    c.AMOUNT,
    "STRING",
    f"The line's total in {CURRENCY} as in the source, if it gives one",
    nullable=True,
)

LINE_SOURCE = (
    Column(c.SOURCE_FILE, "STRING", "Name of the file the line came in"),
    Column(c.SOURCE_SHEET, "STRING", "Sheet of a workbook; empty for other files"),
)
LINE_NUMBER = Column(c.LINE_NUMBER, "INT", "Line within file and sheet, from 1, header not counted")
BATCH_ID = Column(c.BATCH_ID, "STRING", "Kind of source and hash of the file's content")

INVOICE_LINES = Table(
    layer="bronze",
    name="invoice_lines",
    grain="One row per line of a source file, verbatim",
    key=(c.BATCH_ID, c.SOURCE_SHEET, c.LINE_NUMBER),
    columns=(
        *SOURCE_COLUMNS,
        AMOUNT,
        Column(
            c.OTHER_COLUMNS,
            "MAP<STRING,STRING>",
            "What else the line says, by column",
            nullable=True,
        ),
        *LINE_SOURCE,
        LINE_NUMBER,
        BATCH_ID,
        Column(c.INGESTED_AT, "TIMESTAMP", "When the line was loaded, UTC"),
    ),
    checks=(("line_number_from_1", "line_number >= 1"),),
    stats_columns=(c.BATCH_ID,),
    written_by="bronze",
    keeps_rows=True,
    followed=True,
)

BATCHES = Table(
    layer="bronze",
    name="batches",
    grain="One row per source file that arrived, read or passed over",
    key=(c.SOURCE_FILE, c.BATCH_ID),
    columns=(
        BATCH_ID,
        Column(c.SOURCE_FILE, "STRING", "Name of the file, as its lines carry it"),
        Column(
            c.SHEETS,
            "ARRAY<STRUCT<sheet:STRING,lines:BIGINT,passed_over:STRING,remarks:ARRAY<STRING>>>",
            "Its sheets; passed_over: why a sheet was not read; empty: it was",
        ),
        Column(c.LINES, "BIGINT", "Lines read from it"),
        Column(c.SHOP, "STRING", "Name in the shop's description that it was read by"),
        Column(c.ARRIVED_AT, "TIMESTAMP", "When it was first seen, UTC"),
        Column(c.STATE, "STRING", "loaded; passed over: nothing in it was read"),
    ),
    checks=(("known_state", "state IN ('loaded', 'passed over')"), ("counted", "lines >= 0")),
    written_by="bronze",
    keeps_rows=True,
)
