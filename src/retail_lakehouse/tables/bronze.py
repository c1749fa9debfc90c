"""Bronze: what the sources say, verbatim."""

from retail_lakehouse.tables.schema import Column, Table

SOURCE_COLUMNS = (
    Column("invoice", "STRING", "Invoice number as in the source; C…: cancellation", True),
    Column("stock_code", "STRING", "Product code as in the source", True),
    Column("description", "STRING", "Product name as in the source", True),
    Column("quantity", "STRING", "Units as in the source; negative in cancellations", True),
    Column("invoice_date", "STRING", "Local date and time as in the source", True),
    Column("price", "STRING", "Price per unit in GBP as in the source", True),
    Column("customer_id", "STRING", "Customer number as in the source; empty: anonymous", True),
    Column("country", "STRING", "Customer's country as in the source", True),
)

LINE_SOURCE = (
    Column("source_file", "STRING", "Name of the file the line came in"),
    Column("source_sheet", "STRING", "Sheet of a workbook; empty for CSV and Parquet"),
)

INVOICE_LINES = Table(
    "bronze",
    "invoice_lines",
    "One row per line of a source file, verbatim",
    ("batch_id", "source_sheet", "line_number"),
    (
        *SOURCE_COLUMNS,
        *LINE_SOURCE,
        Column("line_number", "INT", "Line within file and sheet, from 1, header not counted"),
        Column("batch_id", "STRING", "Kind of source and hash of the file's content"),
        Column("ingested_at", "TIMESTAMP", "When the line was loaded, UTC"),
    ),
    (("line_number_from_1", "line_number >= 1"),),
    ("batch_id",),
    written_by="bronze",
    keeps_rows=True,
)
