"""How a shop writes its export down: whose customers, which columns, how numbers and dates look."""

from dataclasses import dataclass

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo.habits import GIFTS, GROCER, Habits
from retail_lakehouse.landing.readers.lines import COLUMNS
from retail_lakehouse.shops.inference.names import II_HEADER

DEFAULT = "online-retail-ii"


@dataclass(frozen=True)
class Dialect:
    """columns: ours (or ``amount``, a line's total), and their names in the file, in its order.

    date: pattern of dates in a file of text; None: as the real workbook's read, and then a workbook
    or Parquet may be written too. invoice, code, customer: what stands before each of them.
    countries: those that are called otherwise.
    """

    about: str
    columns: tuple[tuple[str, str], ...] = tuple(zip(COLUMNS, II_HEADER, strict=True))
    habits: Habits = GIFTS
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    date: str | None = None
    invoice: str = ""
    code: str = ""
    customer: str = ""
    countries: tuple[tuple[str, str], ...] = ()


DIALECTS = {
    DEFAULT: Dialect("Online Retail II's own"),
    "european-csv": Dialect(
        "semicolons, decimal commas, day before month, cp1252",
        columns=(
            ("invoice_date", "InvoiceDate"), ("invoice", "InvoiceNo"),
            ("customer_id", "CustomerID"), ("country", "Country"), ("stock_code", "StockCode"),
            ("description", "Description"), ("quantity", "Quantity"), ("price", "UnitPrice"),
        ),
        delimiter=";",
        decimal=",",
        encoding="cp1252",
        date="%d.%m.%Y %H:%M",
        countries=(
            ("United Kingdom", "Großbritannien"), ("Germany", "Deutschland"),
            ("France", "Frankreich"), ("EIRE", "Irland"), ("Netherlands", "Niederlande"),
            ("Spain", "España"),
        ),
    ),
    "us-csv": Dialect(
        "month before day, AM and PM",
        columns=(
            ("invoice", "Order ID"), ("invoice_date", "Order Date"), ("stock_code", "SKU"),
            ("description", "Product Name"), ("quantity", "Quantity"), ("price", "Unit Price"),
            ("customer_id", "Customer ID"), ("country", "Country"),
        ),
        date="%m/%d/%Y %I:%M %p",
    ),
    "letters": Dialect(
        "letters in the codes of invoices, products and customers",
        invoice="INV-",
        code="ART-",
        customer="CG-",
    ),
    "totals": Dialect(
        "a line's total instead of a price, month before day without a time",
        columns=(
            ("invoice", "Order ID"), ("invoice_date", "Order Date"), ("customer_id", "Customer ID"),
            ("country", "Country"), ("stock_code", "Product ID"), ("description", "Product Name"),
            ("amount", "Sales"), ("quantity", "Quantity"),
        ),
        date="%m/%d/%Y",
    ),
    "grocer": Dialect(
        "another shop: customers who come every day or week, few products a basket", habits=GROCER
    ),
}  # fmt: skip


def dialect_named(name: str) -> Dialect:
    """SettingsError for a name that is none, with those there are."""
    if name not in DIALECTS:
        raise SettingsError(f"--dialect {name} is none of {', '.join(DIALECTS)}.")
    return DIALECTS[name]
