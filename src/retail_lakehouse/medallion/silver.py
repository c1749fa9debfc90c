"""Cleaning: every bronze line becomes exactly one sale, return or rejected line.

The rules and their order are the table "What cleaning does" of the README; the first that fits
decides.
"""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.tables import (
    INVOICE_LINES,
    MONEY,
    RETURNS,
    SALES,
    SOURCE_COLUMNS,
    UNIT_PRICE,
)

# Order in which files and sheets own an invoice: by name, not by time of arrival, so that any
# order of loading the same files gives the same tables.
_ORIGIN = ("source_file", "source_sheet", "batch_id")
_DEAL = ("customer_id", "stock_code", "unit_price", "quantity")
_INT_MAX = 2**31 - 1
_CODES = ("invoice", "stock_code", "customer_id")
_WHITE_SPACE = " \t\r\n\u00a0"
# There is no year 0, though Spark has one, which Python cannot read.
_ISO = r"^(?!0000)\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_US = r"^\d{1,2}/\d{1,2}/(?!0000)\d{4} \d{1,2}:\d{2}$"
_SHORT_NUMBER = r"^\s*[+-]?[0-9.]{1,20}([eE][+]?[0-9]{1,2})?\s*$"
_SHORT_POWER = r"^\s*[+-]?[0-9.]{1,40}[eE][+-]?[0-9]{1,2}\s*$"
_LONGEST_PRICE = 40
SALE, RETURN = "sale", "return"


def clean_text(name: str) -> Column:
    """The text without surrounding blanks; empty, ``NaN`` and ``nan`` become null.

    Codes, which decide what a line is, lose tabs, line ends and no-break spaces too; for long
    texts that costs more than all other cleaning.
    """
    text = F.btrim(F.col(name), F.lit(_WHITE_SPACE)) if name in _CODES else F.trim(name)
    return F.when(~text.isin("", "NaN", "nan"), text)


def parse_int(text: Column) -> Column:
    """INT of a whole number such as ``12``, ``-3`` or ``13085.0``; null if it is none."""
    # So short that no digit is rounded away.
    number = F.when(text.rlike(_SHORT_NUMBER), text.try_cast("DECIMAL(30,19)"))
    whole = (number == F.floor(number)) & (F.abs(number) <= _INT_MAX)
    # The smallest INT has no absolute value.
    plain = F.nullif(text.try_cast("INT"), F.lit(-_INT_MAX - 1))
    return F.coalesce(plain, F.when(whole, number).cast("INT"))


def parse_price(text: Column) -> Column:
    """The price of a number such as ``2.55`` or ``1e-2``, to the nearest ten-thousandth."""
    # Spark needs hours for 1e-999999999.
    short = (F.length(text) <= _LONGEST_PRICE) & ~text.contains("e") & ~text.contains("E")
    return F.when(short | text.rlike(_SHORT_POWER), text.try_cast(UNIT_PRICE))


def parse_timestamp(text: Column) -> Column:
    """Local time of ``2009-12-01 07:45[:00]`` or, as older exports write, ``12/1/2009 7:45``."""
    return F.when(text.rlike(_ISO), text.try_cast("TIMESTAMP")).when(
        text.rlike(_US), F.try_to_timestamp(text, F.lit("M/d/y H:m"))
    )


def visible(bronze: DataFrame, as_of: date | None) -> DataFrame:
    """Bronze lines dated before ``as_of``, and those whose date cannot be read."""
    if as_of is None:
        return bronze
    sold_at = parse_timestamp(clean_text("invoice_date"))
    return bronze.where(sold_at.isNull() | (sold_at < F.lit(as_of)))


def last_line_at(sales: DataFrame, returns: DataFrame, rejected: DataFrame) -> DataFrame:
    """One row with ``last``: the time of the latest line that cleaning has seen, or null."""
    dates = (
        sales.select("invoice_date")
        .unionByName(returns.select("invoice_date"))
        .unionByName(
            rejected.select(parse_timestamp(clean_text("invoice_date")).alias("invoice_date"))
        )
    )
    return dates.agg(F.max("invoice_date").alias("last"))


def shared_invoices(bronze: DataFrame) -> DataFrame:
    """Invoices found in more than one sheet or file, with the ``owner`` that keeps them."""
    origin = F.struct(*_ORIGIN)
    return (
        bronze.select(clean_text("invoice").alias("invoice"), *_ORIGIN)
        # A row an invoice and sheet: the smallest of texts is found by sorting.
        .distinct()
        .groupBy("invoice")
        .agg(F.min(origin).alias("owner"), F.max(origin).alias("last"))
        .where("invoice IS NOT NULL AND owner <> last")
        .select("invoice", "owner")
    )


def repeated_contents(bronze: DataFrame) -> DataFrame:
    """Contents that a sheet holds more than once, with the ``first_line`` that keeps them.

    A content is all eight columns, verbatim, within one sheet.
    """
    return (
        bronze.groupBy(_content())
        .agg(F.min("line_number").alias("first_line"), F.count("*").alias("lines"))
        .where("lines > 1")
        .select("content", "first_line")
    )


def _content() -> Column:
    """128 bits: at a hundred million lines a chance of 10^-23 that two contents look the same."""
    # A null is hashed as nothing: a mark for it keeps shifted nulls apart.
    text = [F.coalesce(c.name, F.lit("\0")) for c in SOURCE_COLUMNS]
    values: list[Column | str] = [*text, *_ORIGIN]
    return F.struct(
        F.xxhash64(*values).alias("low"), F.xxhash64(*reversed(values)).alias("high")
    ).alias("content")


def classify(bronze: DataFrame, shared: DataFrame, repeated: DataFrame) -> DataFrame:
    """Each bronze line as a typed product line with its ``outcome``.

    ``shared``, ``repeated``: ``shared_invoices`` and ``repeated_contents`` of the same bronze.
    ``outcome`` is ``sale``, ``return`` or the reason of the rejection. Quantities are units moved,
    without sign. ``bronze`` is a struct of the bronze columns where the line is rejected, else
    null.
    """
    parsed = (
        bronze.withColumns({f"_{c.name}": clean_text(c.name) for c in SOURCE_COLUMNS})
        .withColumns(
            {
                "stock": F.upper("_stock_code"),
                "signed_quantity": parse_int(F.col("_quantity")),
                "sold_at": parse_timestamp(F.col("_invoice_date")),
                "unit_price": parse_price(F.col("_price")),
                "customer": parse_int(F.col("_customer_id")),
                "content": _content(),
            }
        )
        .join(shared.withColumnRenamed("invoice", "_invoice"), on="_invoice", how="left")
        .join(repeated, on="content", how="left")
    )
    quantity = F.abs("signed_quantity")
    return parsed.withColumn("outcome", _outcome()).select(
        "outcome",
        F.col("_invoice").alias("invoice"),
        "line_number",
        F.col("stock").alias("stock_code"),
        F.col("_description").alias("description"),
        quantity.alias("quantity"),
        F.col("sold_at").alias("invoice_date"),
        "unit_price",
        (quantity * F.col("unit_price")).cast(MONEY).alias("amount"),
        F.col("customer").alias("customer_id"),
        F.col("_country").alias("country"),
        "source_file",
        "source_sheet",
        F.when(~F.col("outcome").isin(SALE, RETURN), F.struct(*INVOICE_LINES.column_names)).alias(
            "bronze"
        ),
    )


def _outcome() -> Column:
    rules = (
        (F.col("_invoice").isNull(), "unreadable_invoice"),
        (F.col("stock").isNull(), "unreadable_stock_code"),
        (F.col("signed_quantity").isNull(), "unreadable_quantity"),
        (F.col("sold_at").isNull(), "unreadable_invoice_date"),
        (F.col("unit_price").isNull(), "unreadable_price"),
        (F.col("_customer_id").isNotNull() & F.col("customer").isNull(), "unreadable_customer_id"),
        (F.col("owner") != F.struct(*_ORIGIN), "duplicate_invoice"),
        (F.col("line_number") > F.col("first_line"), "repeated_line"),
        (F.col("_invoice").startswith("A"), "adjustment"),
        (~F.col("stock").rlike("^[0-9]{5}"), "non_product"),
        # A cancellation of no units takes nothing back and falls to the next rule.
        (F.col("_invoice").startswith("C") & (F.col("signed_quantity") != 0), RETURN),
        (F.col("signed_quantity") <= 0, "non_positive_quantity"),
        (F.col("unit_price") <= 0, "non_positive_price"),
    )
    first_fit = [F.when(condition, F.lit(outcome)) for condition, outcome in rules]
    return F.coalesce(*first_fit, F.lit(SALE))


def reversals(classified: DataFrame) -> DataFrame:
    """One row per sale that a later cancellation takes back in full, with that cancellation.

    A return takes the latest earlier sale of the same customer, product, price and quantity that
    no other return has taken; anonymous lines take nothing back. Latest first is what brackets
    do: sales open, returns close. A running balance gives each line its depth (a return at a new
    low finds nothing open), and within one depth sales and returns alternate, so a sale's partner
    is the next line there.
    """
    lines = classified.where(
        F.col("outcome").isin(SALE, RETURN) & F.col("customer_id").isNotNull()
    ).withColumn("is_return", F.col("outcome") == RETURN)
    taken_back = lines.where("is_return").select(*_DEAL).distinct()
    # Returns stand before sales of the same minute: only an earlier sale can be taken back.
    in_time = ("invoice_date", F.col("is_return").desc(), "invoice", "line_number")
    deal = Window.partitionBy(*_DEAL).orderBy(*in_time)
    level = Window.partitionBy(*_DEAL, "depth").orderBy(*in_time)
    so_far = deal.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    partner = F.lead(F.struct("is_return", "invoice", "line_number", "invoice_date")).over(level)
    height = F.col("balance") - F.col("low")
    new_low = F.col("low") < F.lag("low", 1, 0).over(deal)
    return (
        lines.join(taken_back, on=list(_DEAL), how="left_semi")
        .withColumn("balance", F.sum(F.when(F.col("is_return"), -1).otherwise(1)).over(so_far))
        .withColumn("low", F.least(F.lit(0), F.min("balance").over(so_far)))
        .withColumn("depth", F.when(~F.col("is_return"), height).when(~new_low, height + 1))
        .where("depth IS NOT NULL")
        .withColumn("partner", partner)
        .where(~F.col("is_return") & F.col("partner.is_return"))
        .select(
            F.col("invoice").alias("sale_invoice"),
            F.col("line_number").alias("sale_line_number"),
            F.col("partner.invoice").alias("return_invoice"),
            F.col("partner.line_number").alias("return_line_number"),
            F.col("partner.invoice_date").alias("reversed_at"),
        )
    )


def sales(classified: DataFrame, reversed_sales: DataFrame) -> DataFrame:
    """Rows of ``silver.sales``."""
    taken = reversed_sales.select(
        F.col("sale_invoice").alias("invoice"),
        F.col("sale_line_number").alias("line_number"),
        "reversed_at",
    )
    lines = classified.where(F.col("outcome") == SALE)
    return lines.join(taken, on=["invoice", "line_number"], how="left").select(*SALES.column_names)


def returns(classified: DataFrame, reversed_sales: DataFrame) -> DataFrame:
    """Rows of ``silver.returns``."""
    taken = reversed_sales.select(
        F.col("return_invoice").alias("invoice"),
        F.col("return_line_number").alias("line_number"),
        "sale_invoice",
    )
    lines = classified.where(F.col("outcome") == RETURN)
    return lines.join(taken, on=["invoice", "line_number"], how="left").select(
        *RETURNS.column_names
    )


def rejected_lines(classified: DataFrame) -> DataFrame:
    """Rows of ``silver.rejected_lines``."""
    return classified.where(~F.col("outcome").isin(SALE, RETURN)).select(
        "bronze.*", F.col("outcome").alias("reason")
    )
