"""What comes in twice: the same content again, and invoices that were sent again.

All of it is decided within one invoice. So only invoices with something suspicious about them, a
content that repeats or a second sheet, are looked at closely; they are found by hashes alone.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion import moments, texts
from retail_lakehouse.medallion.rules import DUPLICATE, REPEATED, REPLACED
from retail_lakehouse.shops.description import REPLACES, ShopDescription
from retail_lakehouse.tables import RESENT_INVOICES, SOURCE_COLUMNS

# Which copy stays goes by the names of files and sheets, not by time of arrival, so that any order
# of loading the same files gives the same tables.
_ORIGIN = ("source_file", "source_sheet", "batch_id")
_CONTENT = (*(column.name for column in SOURCE_COLUMNS), "amount")
_COPY = ("invoice", "invoice_day")


def origin() -> Column:
    """A number for the sheet that a line is of: with ``line_number`` it tells each line apart."""
    return F.xxhash64("batch_id", "source_sheet")


def suspects(bronze: DataFrame) -> DataFrame:
    """Hashes of the invoices that stand in several sheets or hold a content more than once."""
    lines = texts.with_codes(bronze, suspect="invoice").select(
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
    sold_at = moments.timestamp(texts.clean_text("invoice_date"), shop)
    lines = (
        texts.with_codes(bronze, code="invoice")
        .withColumn("suspect", F.xxhash64("code"))
        .join(suspected, on="suspect", how="left_semi")
        .transform(texts.with_codes, stock="stock_code")
        .select(
            *_content(),
            origin().alias("origin"),
            "line_number",
            *_ORIGIN,
            F.col("code").alias("invoice"),
            F.to_date(sold_at).alias("invoice_day"),
            F.upper("stock").alias("stock_code"),
        )
    )
    in_sheet = Window.partitionBy("low", "high", "origin").orderBy("line_number")
    same = Window.partitionBy("low", "high", "place")
    return lines.withColumn("place", F.row_number().over(in_sheet)).withColumns(
        {
            "again": F.row_number().over(same.orderBy(*_ORIGIN)) > 1,
            "holders": F.count("*").over(same),
        }
    )


def resent_invoices(copied: DataFrame, shop: ShopDescription) -> DataFrame:
    """Rows of ``silver.resent_invoices`` from ``copies``.

    An invoice of one day came again where one of its products stands in two sheets; where none
    does, it only goes on in the other sheet. On another day the same number is another invoice.
    """
    by_product = copied.groupBy(*_COPY, "stock_code").agg(
        F.collect_set("origin").alias("origins"), F.collect_list("holders").alias("holders")
    )
    invoices = by_product.groupBy(*_COPY).agg(
        F.size(F.array_distinct(F.flatten(F.collect_list("origins")))).alias("copies"),
        F.flatten(F.collect_list("holders")).alias("holders"),
        F.max(F.size("origins")).alias("most"),
    )
    differing = F.size(F.filter("holders", lambda holders: holders < F.col("copies")))
    return (
        invoices.where("invoice IS NOT NULL AND invoice_day IS NOT NULL AND most > 1")
        .withColumns(
            {
                "copies": F.col("copies").cast("BIGINT"),
                "lines": F.size("holders").cast("BIGINT"),
                "differing_lines": differing.cast("BIGINT"),
                "replaced": F.lit(shop.lines.resent == REPLACES),
            }
        )
        .where("differing_lines > 0")
        .select(*RESENT_INVOICES.column_names)
    )


def there_already(copied: DataFrame, shop: ShopDescription) -> DataFrame:
    """``origin, line_number`` and the reason ``there_already`` of lines that come in twice."""
    again = F.when(F.col("again"), F.lit(DUPLICATE)).when(F.col("place") > 1, F.lit(REPEATED))
    if shop.lines.resent != REPLACES:
        lines, reason = copied, again
    else:
        resent = resent_invoices(copied, shop).select(*_COPY, "replaced")
        newest = Window.partitionBy(*_COPY).orderBy(*(F.desc(name) for name in _ORIGIN))
        lines = copied.join(resent, on=list(_COPY), how="left").withColumn(
            "is_newest", F.dense_rank().over(newest) == 1
        )
        alone = F.when(F.col("place") > 1, F.lit(REPEATED))
        replaced = F.when(~F.col("is_newest"), F.lit(REPLACED)).otherwise(alone)
        reason = F.when(F.col("replaced"), replaced).otherwise(again)
    return (
        lines.withColumn("there_already", reason)
        .where("there_already IS NOT NULL")
        .select("origin", "line_number", "there_already")
    )


def _content() -> tuple[Column, Column]:
    """128 bits: at a hundred million lines a chance of 10^-23 that two contents look the same."""
    # A null is hashed as nothing: a mark for it keeps shifted nulls apart.
    text = [F.coalesce(name, F.lit("\0")) for name in _CONTENT]
    return F.xxhash64(*text).alias("low"), F.xxhash64(*reversed(text)).alias("high")
