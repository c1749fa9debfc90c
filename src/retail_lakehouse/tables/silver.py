"""Silver: lines cleaned into sales, returns and the rejected rest."""

from retail_lakehouse.tables.bronze import INVOICE_LINES, LINE_SOURCE
from retail_lakehouse.tables.schema import MONEY, UNIT_PRICE, Column, Table


def _product_line(quantity_comment: str, date_comment: str) -> tuple[Column, ...]:
    return (
        Column("invoice", "STRING", "Invoice number"),
        Column("line_number", "INT", "Line within source file and sheet, from 1"),
        Column("stock_code", "STRING", "Product code, upper case"),
        Column("description", "STRING", "Product name on this line", True),
        Column("quantity", "INT", quantity_comment),
        Column("invoice_date", "TIMESTAMP", date_comment),
        Column("unit_price", UNIT_PRICE, "Price per unit, GBP"),
        Column("amount", MONEY, "quantity x unit_price, GBP"),
        Column("customer_id", "INT", "Customer; null: anonymous", True),
        Column("country", "STRING", "Customer's country", True),
    )


_PRODUCT_LINE_CHECKS = (
    ("quantity_positive", "quantity > 0"),
    ("stock_code_is_product", "stock_code RLIKE '^[0-9]{5}'"),
    ("amount_adds_up", "amount = quantity * unit_price"),
)

SALES = Table(
    "silver",
    "sales",
    "One row per product line sold",
    ("invoice", "line_number"),
    (
        *_product_line("Units sold", "When it was sold, local time"),
        Column(
            "reversed_at",
            "TIMESTAMP",
            "When a later cancellation took the whole line back, local time; null: it stands",
            True,
        ),
        *LINE_SOURCE,
    ),
    (
        *_PRODUCT_LINE_CHECKS,
        ("price_positive", "unit_price > 0"),
        ("reversed_later", "reversed_at IS NULL OR reversed_at > invoice_date"),
    ),
    ("invoice_date", "customer_id"),
    written_by="silver",
)

RETURNS = Table(
    "silver",
    "returns",
    "One row per product line cancelled",
    ("invoice", "line_number"),
    (
        *_product_line("Units taken back, positive", "When it was cancelled, local time"),
        Column("sale_invoice", "STRING", "Invoice of the sale it reverses in full", True),
        *LINE_SOURCE,
    ),
    (*_PRODUCT_LINE_CHECKS, ("is_cancellation", "invoice LIKE 'C%'")),
    written_by="silver",
)

REJECTED_LINES = Table(
    "silver",
    "rejected_lines",
    "One row per bronze line that is neither sale nor return",
    INVOICE_LINES.key,
    (*INVOICE_LINES.columns, Column("reason", "STRING", "The first cleaning rule that fits")),
    written_by="silver",
)
