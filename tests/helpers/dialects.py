"""A made-up shop, written as some program might write it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

NAMES = {
    "invoice": ("Invoice", "InvoiceNo", "Order ID", "Rechnungsnr", "No. facture", "Receipt No"),
    "stock_code": ("StockCode", "SKU", "Artikelnummer", "Product ID", "Item", "codigo_producto"),
    "description": ("Description", "Product Name", "Bezeichnung", "Désignation"),
    "quantity": ("Quantity", "Qty", "Menge", "Quantité", "Cantidad", "UNITS"),
    "invoice_date": ("InvoiceDate", "Order Date", "Datum", "Fecha", "date", "Timestamp"),
    "price": ("Price", "Unit Price", "Einzelpreis", "Prix unitaire", "unit_price"),
    "customer_id": ("Customer ID", "customer_no", "Kundennummer", "ID client", "Cliente"),
    "country": ("Country", "Land", "Pays"),
}
DATES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
    "%d.%m.%Y", "%m/%d/%y", "%d-%m-%y %H:%M", "%Y%m%d", "%d %b %Y", "%m/%d/%Y %I:%M:%S %p",
    "%y/%m/%d", "serial", "%-d/%-m/%Y %H:%M", "%-m/%-d/%Y", "%Y/%m/%d %H:%M", "%b %d, %Y",
)  # fmt: skip
MARKS = ((".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'"))


@dataclass(frozen=True)
class Line:
    invoice: str
    stock_code: str
    description: str
    quantity: int
    invoice_date: datetime
    price: Decimal
    customer_id: str
    country: str


@dataclass(frozen=True)
class Dialect:
    order: Sequence[str]
    names: dict[str, str]
    delimiter: str
    date: str
    marks: tuple[str, str]
    encoding: str
    end: str
    sign: str
    negative: str
    titles: int


def write(path: Path, lines: Sequence[Line], dialect: Dialect) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.end)
    for number in range(dialect.titles):
        writer.writerow([f"Sales report {number}"])
    writer.writerow([dialect.names[ours] for ours in dialect.order])
    for line in lines:
        writer.writerow([_cell(line, ours, dialect) for ours in dialect.order])
    path.write_bytes(text.getvalue().encode(dialect.encoding))
    return path


def _cell(line: Line, ours: str, dialect: Dialect) -> str:
    value = getattr(line, ours)
    if ours == "invoice_date":
        return date_text(value, dialect.date)
    if ours == "quantity":
        return negative(number_text(abs(value), 0, dialect.marks), value < 0, dialect.negative)
    if ours == "price":
        return dialect.sign + number_text(value, 2, dialect.marks)
    return str(value)


def date_text(value: datetime, form: str) -> str:
    if form == "serial":
        return f"{(value - datetime(1899, 12, 30)).total_seconds() / 86_400:.9f}".rstrip("0")
    return value.strftime(form)


def number_text(value: Decimal | int, decimals: int, marks: tuple[str, str]) -> str:
    decimal, thousands = marks
    plain = f"{value:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def negative(text: str, is_negative: bool, style: str) -> str:
    if not is_negative:
        return text
    return {"before": f"-{text}", "after": f"{text}-", "brackets": f"({text})"}[style]


def kept(value: datetime, form: str) -> datetime:
    """What of the time a form keeps."""
    if form == "serial" or "%S" in form:
        return value
    if "%H" in form:
        return value.replace(second=0)
    return value.replace(hour=0, minute=0, second=0)
