"""Silver: lines cleaned into sales, returns and the rejected rest."""

from retail_lakehouse.tables.bronze import BATCH_ID, INVOICE_LINES, LINE_NUMBER, LINE_SOURCE
from retail_lakehouse.tables.schema import (
    CURRENCY,
    MONEY,
    QUANTITY,
    UNIT_PRICE,
    Column,
    Table,
)


def _product_line(quantity_comment: str, date_comment: str) -> tuple[Column, ...]:
    return (
        Column("invoice", "STRING", "Invoice number"),
        LINE_NUMBER,
        Column("stock_code", "STRING", "Product code, upper case"),
        Column("description", "STRING", "Product name on this line", True),
        Column("quantity", QUANTITY, quantity_comment),
        Column("invoice_date", "TIMESTAMP", date_comment),
        Column(
            "unit_price",
            UNIT_PRICE,
            f"Price per unit, {CURRENCY}; amount / quantity where the source gives totals",
        ),
        Column(
            "amount",
            MONEY,
            f"quantity x unit_price, or else the total that the source gives, {CURRENCY}",
        ),
        Column("customer_id", "STRING", "Customer; null: anonymous", True),
        Column("country", "STRING", "Customer's country", True),
    )


_PRODUCT_LINE_CHECKS = (
    ("quantity_positive", "quantity > 0"),
    # A price made from a total, and the amount of a part of a unit, are rounded in the last digit.
    (
        "amount_adds_up",
        "abs(amount - quantity * unit_price) <= 0.0001 * greatest(quantity, 1)",
    ),
)

SALES = Table(
    "silver",
    "sales",
    "One row per product line sold",
    INVOICE_LINES.key,
    (
        *_product_line("Units sold", "When it was sold, local time"),
        Column(
            "reversed_at",
            "TIMESTAMP",
            "When a later cancellation took the whole line back, local time; null: it stands",
            True,
        ),
        *LINE_SOURCE,
        BATCH_ID,
    ),
    (
        *_PRODUCT_LINE_CHECKS,
        ("price_positive", "amount > 0 AND unit_price >= 0"),
        ("reversed_later", "reversed_at IS NULL OR reversed_at > invoice_date"),
    ),
    ("invoice_date", "customer_id"),
    written_by="silver",
    clustered_by=("customer_id", "invoice_date"),
)

RETURNS = Table(
    "silver",
    "returns",
    "One row per product line cancelled",
    INVOICE_LINES.key,
    (
        *_product_line("Units taken back, positive", "When it was cancelled, local time"),
        Column("sale_invoice", "STRING", "Invoice of the sale it reverses in full", True),
        *LINE_SOURCE,
        BATCH_ID,
    ),
    _PRODUCT_LINE_CHECKS,
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

RESENT_INVOICES = Table(
    "silver",
    "resent_invoices",
    "One row per invoice and day that came again in another sheet or file, and was not the same",
    ("invoice", "invoice_day"),
    (
        Column("invoice", "STRING", "Invoice number"),
        Column("invoice_day", "DATE", "Day of the invoice, local time"),
        Column("copies", "BIGINT", "Sheets and files that hold it"),
        Column("lines", "BIGINT", "Its lines in all of them"),
        Column("differing_lines", "BIGINT", "Those of them that not every one of the copies has"),
        Column("replaced", "BOOLEAN", "Whether the last copy by name took the others' place"),
    ),
    (("came_again", "copies >= 2"),),
    written_by="silver",
)
