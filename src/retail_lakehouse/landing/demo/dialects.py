"""How a shop writes its export down: whose customers, which columns, how numbers and dates look."""

from dataclasses import dataclass

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo.habits import GIFTS, GROCER, Habits
from retail_lakehouse.landing.readers.lines import COLUMNS
from retail_lakehouse.shops.inference.names import II_HEADER
from retail_lakehouse.tables import columns as c

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
            (c.INVOICE_DATE, "InvoiceDate"), (c.INVOICE, "InvoiceNo"),
            (c.CUSTOMER_ID, "CustomerID"), (c.COUNTRY, "Country"), (c.STOCK_CODE, "StockCode"),
            (c.DESCRIPTION, "Description"), (c.QUANTITY, "Quantity"), (c.PRICE, "UnitPrice"),
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
            (c.INVOICE, "Order ID"), (c.INVOICE_DATE, "Order Date"), (c.STOCK_CODE, "SKU"),
            (c.DESCRIPTION, "Product Name"), (c.QUANTITY, "Quantity"), (c.PRICE, "Unit Price"),
            (c.CUSTOMER_ID, "Customer ID"), (c.COUNTRY, "Country"),
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
            (c.INVOICE, "Order ID"), (c.INVOICE_DATE, "Order Date"), (c.CUSTOMER_ID, "Customer ID"),
            (c.COUNTRY, "Country"), (c.STOCK_CODE, "Product ID"), (c.DESCRIPTION, "Product Name"),
            (c.AMOUNT, "Sales"), (c.QUANTITY, "Quantity"),
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
