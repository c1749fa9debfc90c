"""Cleaning: every bronze line becomes exactly one sale, return or rejected line.

What a value says is read by ``texts`` and ``moments``, what comes in twice is found by
``duplicates``, what a line is by ``rules``: all as the shop's description says.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion import duplicates, moments, texts
from retail_lakehouse.medallion.rules import IMPLAUSIBLE, RETURN, SALE, outcome
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.forgotten import MARK, SHARED
from retail_lakehouse.tables import INVOICE_LINES, MONEY, RETURNS, SALES, UNIT_PRICE
from retail_lakehouse.tables import columns as c

_LINE = ("origin", c.LINE_NUMBER)
_WRITTEN = (c.DESCRIPTION, c.QUANTITY, c.INVOICE_DATE, c.PRICE, c.AMOUNT, c.COUNTRY)


def sold_at(shop: ShopDescription) -> Column:
    """Local date and time of a bronze line; null if it cannot be read."""
    return moments.timestamp(texts.clean_text(c.INVOICE_DATE), shop)


def last_line_at(
    sales: DataFrame, returns: DataFrame, rejected: DataFrame, shop: ShopDescription
) -> DataFrame:
    """One row with ``last``: the time of the latest line that cleaning has seen, or null.

    A date that cannot be, such as 9999-12-31, is no line's.
    """
    plausible = rejected.where(F.col(c.REASON) != IMPLAUSIBLE)
    seen = (
        sales.select(c.INVOICE_DATE)
        .unionByName(returns.select(c.INVOICE_DATE))
        .unionByName(plausible.select(sold_at(shop).alias(c.INVOICE_DATE)))
    )
    return seen.agg(F.max(c.INVOICE_DATE).alias("last"))


def classify(
    bronze: DataFrame,
    there_already: DataFrame,
    shop: ShopDescription,
    corrected: DataFrame | None = None,
) -> DataFrame:
    """Each bronze line as a typed product line with its ``outcome``.

    ``there_already``: of the same bronze, from ``duplicates``. ``corrected``: from there, too, and
    of the same bronze if it is not given. ``outcome`` is ``sale``, ``return`` or the reason of the
    rejection. Quantities are units moved, without sign. ``origin``: of ``duplicates``. ``bronze``
    is a struct of the bronze columns where the line is rejected, else null.
    """
    corrected = duplicates.corrected(bronze) if corrected is None else corrected
    parsed = (
        _parsed(bronze, shop)
        .join(there_already, on=list(_LINE), how="left")
        .join(F.broadcast(corrected), on=list(_LINE), how="left")
    )
    unit_price, amount = F.col(c.UNIT_PRICE), F.col("signed_amount")
    if shop.columns.price:
        amount = F.when(F.col("signed_quantity") < 0, -amount).otherwise(amount)
    else:
        # Some write the total of a cancellation with a minus, some without.
        unit_price, amount = F.abs(unit_price), F.abs(amount)
    return parsed.withColumn("outcome", outcome(shop)).select(
        "outcome",
        *_LINE,
        F.col("invoice_code").alias(c.INVOICE),
        F.col("stock").alias(c.STOCK_CODE),
        F.col("_description").alias(c.DESCRIPTION),
        F.abs("signed_quantity").alias(c.QUANTITY),
        F.col(c.SOLD_AT).alias(c.INVOICE_DATE),
        unit_price.alias(c.UNIT_PRICE),
        amount.alias(c.AMOUNT),
        F.col("customer_id_code").alias(c.CUSTOMER_ID),
        F.col("_country").alias(c.COUNTRY),
        c.SOURCE_FILE,
        c.SOURCE_SHEET,
        c.BATCH_ID,
        F.when(~F.col("outcome").isin(SALE, RETURN), F.struct(*INVOICE_LINES.column_names)).alias(
            "bronze"
        ),
    )


def _parsed(bronze: DataFrame, shop: ShopDescription) -> DataFrame:
    """The lines with their values beside the text, under names of their own."""
    # First as text: each is looked at several times.
    written = bronze.withColumns({f"_{name}": texts.clean_text(name) for name in _WRITTEN})
    coded = texts.with_codes(
        written, invoice_code=c.INVOICE, stock=c.STOCK_CODE, customer_id_code=c.CUSTOMER_ID
    ).withColumns(
        {
            "origin": duplicates.origin(),
            "stock": F.upper("stock"),
            c.SOLD_AT: moments.timestamp(F.col("_invoice_date"), shop),
            "customer_id_code": _identified(F.col("customer_id_code"), shop),
        }
    )
    lines = texts.with_quantity(coded, "signed_quantity", "_quantity", shop.format)
    return _with_price(lines, shop) if shop.columns.price else _with_total(lines, shop)


def _identified(customer: Column, shop: ShopDescription) -> Column:
    """A customer; of one who was forgotten, what the lines of a product share."""
    is_forgotten = customer.startswith(MARK)
    customer = F.when(is_forgotten, F.substring(customer, 1, SHARED)).otherwise(customer)
    if not shop.lines.nobody:
        return customer
    return F.when(~F.lower(customer).isin(*shop.lines.nobody), customer)


def _with_price(lines: DataFrame, shop: ShopDescription) -> DataFrame:
    priced = texts.with_money(lines, c.UNIT_PRICE, "_price", shop.format, shop.currency, UNIT_PRICE)
    total = F.col("signed_quantity") * F.col(c.UNIT_PRICE)
    return priced.withColumns({"worth": F.col(c.UNIT_PRICE), "signed_amount": total.cast(MONEY)})


def _with_total(lines: DataFrame, shop: ShopDescription) -> DataFrame:
    """``unit_price`` to the ten-thousandth from the line's total, which stays as it is."""
    totalled = texts.with_money(
        lines, "signed_amount", "_amount", shop.format, shop.currency, MONEY
    )
    price = F.try_divide("signed_amount", "signed_quantity").try_cast(UNIT_PRICE)
    fits = F.col(c.UNIT_PRICE).isNotNull() | (F.col("signed_quantity") == 0)
    return totalled.withColumn(c.UNIT_PRICE, price).withColumn(
        "worth", F.when(fits, F.col("signed_amount"))
    )


def sales(classified: DataFrame, reversed_sales: DataFrame) -> DataFrame:
    """Rows of ``silver.sales``."""
    taken = reversed_sales.select(
        F.col("sale_origin").alias("origin"),
        F.col("sale_line_number").alias(c.LINE_NUMBER),
        c.REVERSED_AT,
    )
    lines = _without_forgotten(classified.where(F.col("outcome") == SALE))
    return lines.join(taken, on=list(_LINE), how="left").select(*SALES.column_names)


def returns(classified: DataFrame, reversed_sales: DataFrame) -> DataFrame:
    """Rows of ``silver.returns``."""
    taken = reversed_sales.select(
        F.col("return_origin").alias("origin"),
        F.col("return_line_number").alias(c.LINE_NUMBER),
        c.SALE_INVOICE,
    )
    lines = _without_forgotten(classified.where(F.col("outcome") == RETURN))
    return lines.join(taken, on=list(_LINE), how="left").select(*RETURNS.column_names)


def _without_forgotten(lines: DataFrame) -> DataFrame:
    """The same, anonymous where the customer was forgotten: reversals alone tell them apart."""
    customer = F.col(c.CUSTOMER_ID)
    return lines.withColumn(c.CUSTOMER_ID, F.when(~customer.startswith(MARK), customer))


def rejected_lines(classified: DataFrame) -> DataFrame:
    """Rows of ``silver.rejected_lines``."""
    return classified.where(~F.col("outcome").isin(SALE, RETURN)).select(
        "bronze.*", F.col("outcome").alias(c.REASON)
    )
