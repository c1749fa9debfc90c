"""Rows and places that several test modules share."""

from datetime import datetime
from pathlib import Path

REAL_WORKBOOK = Path(__file__).parents[2] / "shared" / "data" / "online_retail_II.xlsx"
INGESTED_AT = datetime(2024, 1, 1)
HEADER = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
]


def bronze_row(
    number: int,
    invoice: str | None,
    code: str | None,
    quantity: str | None,
    date: str | None,
    price: str | None,
    customer: str | None = "1",
    description: str | None = "MUG",
    file: str = "shop.xlsx",
    sheet: str = "Sheet1",
) -> dict:
    return {
        "invoice": invoice,
        "stock_code": code,
        "description": description,
        "quantity": quantity,
        "invoice_date": date,
        "price": price,
        "customer_id": customer,
        "country": "France",
        "source_file": file,
        "source_sheet": sheet,
        "line_number": number,
        "batch_id": f"files-{file}",
        "ingested_at": INGESTED_AT,
    }
