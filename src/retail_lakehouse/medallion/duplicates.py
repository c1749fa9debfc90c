"""What comes in twice: the same content again, and invoices that were sent again.

All of it is decided within one invoice. So only invoices with something suspicious about them, a
content that repeats or a second sheet, are looked at closely; they are found by hashes alone.
A corrected line counts as one of the sheet whose line it is for, and not as a second sheet.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion import moments, texts
from retail_lakehouse.medallion.rules import DUPLICATE, REPEATED, REPLACED
from retail_lakehouse.shops.corrections import REFERENCE
from retail_lakehouse.shops.description import REPLACES, ShopDescription
from retail_lakehouse.shops.forgotten import FORM, MARK, SHARED
from retail_lakehouse.tables import RESENT_INVOICES, SOURCE_COLUMNS
from retail_lakehouse.tables import columns as c

# Which copy stays goes by the names of files and sheets, not by time of arrival, so that any order
# of loading the same files gives the same tables.
_ORIGIN = (c.SOURCE_FILE, c.SOURCE_SHEET, c.BATCH_ID)
_CONTENT = (*(column.name for column in SOURCE_COLUMNS), c.AMOUNT)
_COPY = (c.INVOICE, c.INVOICE_DAY)


def origin() -> Column:
    """A number for the sheet that a line is of: with ``line_number`` it tells each line apart."""
    return F.xxhash64(c.BATCH_ID, c.SOURCE_SHEET)


def for_line() -> dict[str, Column]:
    """Of a corrected line, by name, batch, number, sheet and file of the line that it is for."""
    parts = F.split(F.trim(F.try_element_at(c.OTHER_COLUMNS, F.lit(REFERENCE))), ":")
    whole = F.size(parts) == F.lit(4)
    return {
        c.BATCH_ID: F.when(whole, parts[0]),
        c.LINE_NUMBER: F.when(whole, F.try_element_at(parts, F.lit(2)).try_cast("INT")),
        c.SOURCE_SHEET: F.when(whole, F.try_url_decode(F.try_element_at(parts, F.lit(3)))),
        c.SOURCE_FILE: F.when(whole, F.try_url_decode(F.try_element_at(parts, F.lit(4)))),
    }


def corrected(bronze: DataFrame) -> DataFrame:
    """``origin, line_number`` of lines for which a later one stands: ``is_corrected``.

    Of corrected lines for the same line those of the last file stand, all of them: it may have
    been split.
    """
    there = {f"for_{name}": column for name, column in for_line().items()}
    key = ("for_batch_id", "for_source_sheet", "for_line_number")
    newest = Window.partitionBy(*key).orderBy(F.desc(c.SOURCE_FILE), F.desc(c.BATCH_ID))
    lines = (
        bronze.withColumns(there)
        .where("for_line_number IS NOT NULL")
        .withColumn("age", F.dense_rank().over(newest))
    )
    originals = lines.select(
        F.xxhash64(*key[:2]).alias("origin"), F.col("for_line_number").alias(c.LINE_NUMBER)
    )
    earlier = lines.where("age > 1").select(origin().alias("origin"), c.LINE_NUMBER)
    return originals.unionByName(earlier).distinct().withColumn("is_corrected", F.lit(True))


def _stands_in() -> list[Column]:
    """Where a line counts as standing: a corrected one in place of the line that it is for."""
    there = for_line()
    return [F.coalesce(there[name], F.col(name)).alias(name) for name in _ORIGIN]


def suspects(bronze: DataFrame) -> DataFrame:
    """Hashes of the invoices that stand in several sheets or hold a content more than once."""
    lines = texts.with_codes(bronze, suspect=c.INVOICE).select(
        *_content(), F.xxhash64("suspect").alias("suspect"), origin().alias("origin")
    )
    contents = lines.groupBy("low", "high", "suspect").agg(
        F.count("*").alias("lines"), F.min("origin").alias("first"), F.max("origin").alias("last")
    )
    return (
        contents.groupBy("suspect")
        .agg(
            F.max("lines").alias("lines"),
            F.min("first").alias("first"),
            F.max("last").alias("last"),
        )
        .where("lines > 1 OR first <> last")
        .select("suspect")
    )


def copies(bronze: DataFrame, suspected: DataFrame, shop: ShopDescription) -> DataFrame:
    """The lines of suspected invoices, each with its ``place`` among the same in its sheet.

    ``again``: as many of the same stand in a sheet before. ``holders``: sheets that have as many.
    """
    sold_at = moments.timestamp(texts.clean_text(c.INVOICE_DATE), shop)
    lines = (
        texts.with_codes(bronze, code=c.INVOICE)
        .withColumn("suspect", F.xxhash64("code"))
        .join(suspected, on="suspect", how="left_semi")
        .transform(texts.with_codes, stock=c.STOCK_CODE)
        .select(
            *_content(),
            origin().alias("origin"),
            c.LINE_NUMBER,
            *_stands_in(),
            F.col("code").alias(c.INVOICE),
            F.to_date(sold_at).alias(c.INVOICE_DAY),
            F.upper("stock").alias(c.STOCK_CODE),
        )
    )
    # A line that came back as it was stands in place of its own, which counts as corrected.
    is_own = F.col("sheet") == F.col("origin")
    in_sheet = Window.partitionBy("low", "high", "sheet").orderBy(is_own, c.LINE_NUMBER, "origin")
    same = Window.partitionBy("low", "high", "place")
    return (
        # Of where it stands, which is another sheet's where it is for a line of that one.
        lines.withColumn("sheet", origin())
        .withColumn("place", F.row_number().over(in_sheet))
        .withColumns(
            {
                "again": F.row_number().over(same.orderBy(*_ORIGIN)) > 1,
                "holders": F.count("*").over(same),
            }
        )
    )


def resent_invoices(copied: DataFrame, shop: ShopDescription) -> DataFrame:
    """Rows of ``silver.resent_invoices`` from ``copies``.

    An invoice of one day came again where one of its products stands in two sheets; where none
    does, it only goes on in the other sheet. On another day the same number is another invoice.
    """
    by_product = copied.groupBy(*_COPY, c.STOCK_CODE).agg(
        F.collect_set("sheet").alias("origins"), F.collect_list("holders").alias("holders")
    )
    invoices = by_product.groupBy(*_COPY).agg(
        F.size(F.array_distinct(F.flatten(F.collect_list("origins")))).alias(c.COPIES),
        F.flatten(F.collect_list("holders")).alias("holders"),
        F.max(F.size("origins")).alias("most"),
    )
    differing = F.size(F.filter("holders", lambda holders: holders < F.col(c.COPIES)))
    return (
        invoices.where(
            F.col(c.INVOICE).isNotNull() & F.col(c.INVOICE_DAY).isNotNull() & (F.col("most") > 1)
        )
        .withColumns(
            {
                c.COPIES: F.col(c.COPIES).cast("BIGINT"),
                "lines": F.size("holders").cast("BIGINT"),
                c.DIFFERING_LINES: differing.cast("BIGINT"),
                c.REPLACED: F.lit(shop.lines.resent == REPLACES),
            }
        )
        .where(F.col(c.DIFFERING_LINES) > 0)
        .select(*RESENT_INVOICES.column_names)
    )


def there_already(copied: DataFrame, shop: ShopDescription) -> DataFrame:
    """``origin, line_number`` and the reason ``there_already`` of lines that come in twice."""
    again = F.when(F.col("again"), F.lit(DUPLICATE)).when(F.col("place") > 1, F.lit(REPEATED))
    if shop.lines.resent != REPLACES:
        lines, reason = copied, again
    else:
        resent = resent_invoices(copied, shop).select(*_COPY, c.REPLACED)
        newest = Window.partitionBy(*_COPY).orderBy(*(F.desc(name) for name in _ORIGIN))
        lines = copied.join(resent, on=list(_COPY), how="left").withColumn(
            "is_newest", F.dense_rank().over(newest) == 1
        )
        alone = F.when(F.col("place") > 1, F.lit(REPEATED))
        replaced = F.when(~F.col("is_newest"), F.lit(REPLACED)).otherwise(alone)
        reason = F.when(F.col(c.REPLACED), replaced).otherwise(again)
    return (
        lines.withColumn("there_already", reason)
        .where("there_already IS NOT NULL")
        .select("origin", c.LINE_NUMBER, "there_already")
    )


def _content() -> tuple[Column, Column]:
    """128 bits: at a hundred million lines a chance of 10^-23 that two contents look the same."""
    # A null is hashed as nothing: a mark for it keeps shifted nulls apart.
    text = [F.coalesce(_said(name), F.lit("\0")) for name in _CONTENT]
    return F.xxhash64(*text).alias("low"), F.xxhash64(*reversed(text)).alias("high")


def _said(name: str) -> Column:
    """What a line says; of customers who were forgotten no more than that, and in what form."""
    if name != c.CUSTOMER_ID:
        return F.col(name)
    forgotten = F.concat(F.lit(MARK), F.substring(name, SHARED + 1, FORM))
    return F.when(F.col(name).startswith(MARK), forgotten).otherwise(F.col(name))
