"""Silver: lines cleaned into sales, returns and the rejected rest."""

from retail_lakehouse.tables import columns as c
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
        Column(c.INVOICE, "STRING", "Invoice number"),
        LINE_NUMBER,
        Column(c.STOCK_CODE, "STRING", "Product code, upper case"),
        Column(c.DESCRIPTION, "STRING", "Product name on this line", nullable=True),
        Column(c.QUANTITY, QUANTITY, quantity_comment),
        Column(c.INVOICE_DATE, "TIMESTAMP", date_comment),
        Column(
            c.UNIT_PRICE,
            UNIT_PRICE,
            f"Price per unit, {CURRENCY}; amount / quantity where the source gives totals",
        ),
        Column(
            c.AMOUNT,
            MONEY,
            f"quantity x unit_price, or else the total that the source gives, {CURRENCY}",
        ),
        Column(c.CUSTOMER_ID, "STRING", "Customer; null: anonymous", nullable=True),
        Column(c.COUNTRY, "STRING", "Customer's country", nullable=True),
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
    layer="silver",
    name="sales",
    grain="One row per product line sold",
    key=INVOICE_LINES.key,
    columns=(
        *_product_line("Units sold", "When it was sold, local time"),
        Column(
            c.REVERSED_AT,
            "TIMESTAMP",
            "When a later cancellation took the whole line back, local time; null: it stands",
            nullable=True,
        ),
        *LINE_SOURCE,
        BATCH_ID,
    ),
    checks=(
        *_PRODUCT_LINE_CHECKS,
        ("price_positive", "amount > 0 AND unit_price >= 0"),
        ("reversed_later", "reversed_at IS NULL OR reversed_at > invoice_date"),
    ),
    # The last is what a day's lines are merged by.
    stats_columns=(c.INVOICE_DATE, c.CUSTOMER_ID, c.REVERSED_AT, c.BATCH_ID),
    written_by="silver",
    clustered_by=(c.CUSTOMER_ID, c.INVOICE_DATE),
    followed=True,
)

RETURNS = Table(
    layer="silver",
    name="returns",
    grain="One row per product line cancelled",
    key=INVOICE_LINES.key,
    columns=(
        *_product_line("Units taken back, positive", "When it was cancelled, local time"),
        Column(c.SALE_INVOICE, "STRING", "Invoice of the sale it reverses in full", nullable=True),
        *LINE_SOURCE,
        BATCH_ID,
    ),
    checks=_PRODUCT_LINE_CHECKS,
    written_by="silver",
)

REJECTED_LINES = Table(
    layer="silver",
    name="rejected_lines",
    grain="One row per bronze line that is neither sale nor return",
    key=INVOICE_LINES.key,
    columns=(
        *INVOICE_LINES.columns,
        Column(c.REASON, "STRING", "The first cleaning rule that fits"),
    ),
    written_by="silver",
)

RESENT_INVOICES = Table(
    layer="silver",
    name="resent_invoices",
    grain="One row per invoice and day that came again in another sheet or file, and was not the "
    "same",
    key=(c.INVOICE, c.INVOICE_DAY),
    columns=(
        Column(c.INVOICE, "STRING", "Invoice number"),
        Column(c.INVOICE_DAY, "DATE", "Day of the invoice, local time"),
        Column(c.COPIES, "BIGINT", "Sheets and files that hold it"),
        Column(c.LINES, "BIGINT", "Its lines in all of them"),
        Column(c.DIFFERING_LINES, "BIGINT", "Those of them that not every one of the copies has"),
        Column(c.REPLACED, "BOOLEAN", "Whether the last copy by name took the others' place"),
    ),
    checks=(("came_again", "copies >= 2"),),
    written_by="silver",
)
