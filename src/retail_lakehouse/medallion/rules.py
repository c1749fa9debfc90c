"""The rules of cleaning, in their order: what each bronze line is.

They are the table of docs/cleaning.md; the first that fits decides.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from retail_lakehouse.medallion import moments, texts
from retail_lakehouse.shops.description import Cancellation, ShopDescription
from retail_lakehouse.tables import columns as c

SALE, RETURN = "sale", "return"
DUPLICATE, REPEATED, REPLACED = "duplicate_line", "repeated_line", "replaced_invoice"
CORRECTED = "corrected_line"
# Lines whose content is in silver all the same.
THERE_ALREADY = (DUPLICATE, REPEATED, REPLACED, CORRECTED)
IMPLAUSIBLE = "implausible_date"


def outcome(shop: ShopDescription) -> Column:
    """``sale``, ``return`` or the reason of the rejection of a line that ``silver`` has parsed."""
    cancelled = _is_cancellation(shop.lines.cancellation)
    # A line that could not be read and was corrected may be one that can, by another description.
    corrected = F.coalesce("is_corrected", F.lit(False))
    rules = (
        *_unreadable(shop),
        (
            moments.is_implausible(F.col(c.SOLD_AT), F.col(c.INGESTED_AT), shop.timezone),
            IMPLAUSIBLE,
        ),
        # What ``duplicates`` found.
        *((F.col("there_already") == reason, reason) for reason in THERE_ALREADY),
        *_no_products(shop),
        (cancelled & corrected, CORRECTED),
        # A cancellation of no units takes nothing back and falls to the next rule.
        (cancelled & (F.col("signed_quantity") != 0), RETURN),
        (F.col("signed_quantity") <= 0, "non_positive_quantity"),
        # A total of little money for many units is a price of zero, to the ten-thousandth.
        (F.col("worth") <= 0, "non_positive_price"),
        (F.col("signed_amount") <= 0, "non_positive_price"),
        (corrected, CORRECTED),
    )
    return F.coalesce(*(F.when(fits, F.lit(reason)) for fits, reason in rules), F.lit(SALE))


def _unreadable(shop: ShopDescription) -> tuple[tuple[Column, str], ...]:
    customer = F.col("customer_id_code")
    worth = c.PRICE if shop.columns.price else c.AMOUNT
    found = {
        c.INVOICE: _no_code(F.col("invoice_code")),
        c.STOCK_CODE: _no_code(F.col("stock")),
        c.QUANTITY: F.col("signed_quantity").isNull(),
        c.INVOICE_DATE: F.col(c.SOLD_AT).isNull(),
        worth: F.col("worth").isNull(),
        c.CUSTOMER_ID: customer.isNotNull() & texts.is_shortened(customer),
    }
    return tuple((fits, f"unreadable_{name}") for name, fits in found.items())


def _no_code(text: Column) -> Column:
    return text.isNull() | texts.is_shortened(text)


def _no_products(shop: ShopDescription) -> list[tuple[Column, str]]:
    """Rules for lines that are no product's: the shop says which."""
    lines, rules = shop.lines, []
    if lines.adjustment_prefix:
        rules.append((F.col("invoice_code").startswith(lines.adjustment_prefix), "adjustment"))
    stock = F.col("stock")
    if lines.product_code:
        rules.append((~stock.rlike(f"^(?:{lines.product_code})"), "non_product"))
    if lines.service_codes:
        services = [code.upper() for code in lines.service_codes]
        rules.append((stock.isin(services), "non_product"))
    return rules


def _is_cancellation(signs: Cancellation) -> Column:
    found = F.lit(False)
    if signs.invoice_prefix:
        found = found | F.col("invoice_code").startswith(signs.invoice_prefix)
    if signs.negative_quantity:
        found = found | (F.col("signed_quantity") < 0)
    if signs.column:
        said = F.lower(F.trim(F.try_element_at(c.OTHER_COLUMNS, F.lit(signs.column))))
        words = [word.strip().lower() for word in signs.values]
        found = found | F.coalesce(said.isin(words), F.lit(False))
    return found
