"""What new lines affect: all lines of their invoices, and other lines of the same deals.

Whatever is decided of a line is decided within its invoice, and a reversal within one deal: one
customer's purchase of a product at a price and quantity. So these are enough, and ``duplicates``,
``silver`` and ``reversals`` make of them what they would make of them among all lines. Two things
reach further: a corrected line, which may be of another invoice than the line that it is for, and
deals of customers who were forgotten, which silver does not name.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion import duplicates, texts
from retail_lakehouse.medallion.reversals import DEAL
from retail_lakehouse.medallion.rules import RETURN, SALE
from retail_lakehouse.shops.forgotten import MARK
from retail_lakehouse.tables import INVOICE_LINES
from retail_lakehouse.tables import columns as c

_LINE = ("origin", c.LINE_NUMBER)
_OF_INVOICE = "_invoice_hash"


def invoices(lines: DataFrame) -> DataFrame:
    """The invoices of bronze lines, by hash; lines without a number are one of their own."""
    coded = texts.with_codes(lines, code=c.INVOICE)
    return coded.select(F.xxhash64("code").alias(_OF_INVOICE)).distinct()


def lines_for(lines: DataFrame) -> DataFrame:
    """Which lines the corrected ones among bronze lines are for."""
    origin, line = _for()
    named = lines.select(origin.alias("origin"), line.alias(c.LINE_NUMBER))
    return named.where(F.col(c.LINE_NUMBER).isNotNull()).distinct()


def _for() -> tuple[Column, Column]:
    """Of a corrected line, origin and number of the line that it is for."""
    there = duplicates.for_line()
    return F.xxhash64(there[c.BATCH_ID], there[c.SOURCE_SHEET]), there[c.LINE_NUMBER]


def corrected_with(bronze: DataFrame, named: DataFrame) -> DataFrame:
    """The bronze lines of ``lines_for``, and all corrected lines that are for them."""
    as_named, as_naming = (
        bronze.withColumns({"origin": origin, "_line": line})
        for origin, line in ((duplicates.origin(), F.col(c.LINE_NUMBER)), _for())
    )
    key = named.withColumnRenamed(c.LINE_NUMBER, "_line")
    both = as_named.unionByName(as_naming)
    return both.join(F.broadcast(key), on=["origin", "_line"], how="left_semi").select(
        *INVOICE_LINES.column_names
    )


def forgotten(lines: DataFrame, new: DataFrame) -> DataFrame:
    """Lines of customers who were forgotten, but for those of the batches of new lines.

    What such lines have to do with each other only their marks say, and those of a batch are its
    own: with all its lines its deals are whole.
    """
    theirs = lines.where(F.col(c.CUSTOMER_ID).startswith(MARK))
    return theirs.join(new.select(c.BATCH_ID).distinct(), on=c.BATCH_ID, how="left_anti")


def lines_of(bronze: DataFrame, found: DataFrame) -> DataFrame:
    """All bronze lines of ``invoices``."""
    coded = texts.with_codes(bronze, code=c.INVOICE).withColumn(_OF_INVOICE, F.xxhash64("code"))
    return coded.join(found, on=_OF_INVOICE, how="left_semi").select(*INVOICE_LINES.column_names)


def resent_before(resent: DataFrame, found: DataFrame) -> DataFrame:
    """Rows of silver.resent_invoices that are of ``invoices``."""
    coded = resent.withColumn(_OF_INVOICE, F.xxhash64(c.INVOICE))
    return coded.join(found, on=_OF_INVOICE, how="left_semi").select(*resent.columns)


def with_deals(lines: DataFrame, sales: DataFrame, returns: DataFrame) -> DataFrame:
    """Classified ``lines``, and those of other invoices whose reversals they may change.

    lines: of whole invoices, as they are now. sales, returns: silver as it was. A line's deal does
    not depend on what becomes of it, so the deals of rejected lines are those that sales and
    returns have left. A deal in which nothing was returned, then or now, has nothing to reverse.
    """
    deals = lines.select(*DEAL).distinct()
    returned = lines.where(F.col("outcome") == RETURN).select(*DEAL)
    with_returns = returned.unionByName(returns.select(*DEAL)).distinct()
    open_again = deals.join(with_returns, on=list(DEAL), how="left_semi")
    known = lines.select(*_LINE)

    def others(rows: DataFrame, outcome: str) -> DataFrame:
        marked = rows.withColumns({"outcome": F.lit(outcome), "origin": duplicates.origin()})
        columns = [name for name in lines.columns if name != "bronze"]
        return (
            marked.join(open_again, on=list(DEAL), how="left_semi")
            .join(known, on=list(_LINE), how="left_anti")
            .select(*columns)
        )

    added = others(sales, SALE).unionByName(others(returns, RETURN))
    return lines.unionByName(added, allowMissingColumns=True)
