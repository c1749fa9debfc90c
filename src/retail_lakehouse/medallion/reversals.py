"""Which sales a later cancellation takes back in full."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.rules import RETURN, SALE
from retail_lakehouse.tables import columns as c

DEAL = (c.CUSTOMER_ID, c.STOCK_CODE, c.UNIT_PRICE, c.QUANTITY)
_LINE = (c.INVOICE, "origin", c.LINE_NUMBER)
# Of lines of one minute: first by what they say, so that it does not matter in which file or
# place they came; lines that say the same may stand for each other.
_SAID = (c.INVOICE, c.DESCRIPTION, c.COUNTRY)


def reversals(classified: DataFrame) -> DataFrame:
    """One row per sale that a later cancellation takes back in full, with that cancellation.

    A return takes the latest earlier sale of the same customer, product, price and quantity that
    no other return has taken; anonymous lines take nothing back. Latest first is what brackets
    do: sales open, returns close. A running balance gives each line its depth (a return at a new
    low finds nothing open), and within one depth sales and returns alternate, so a sale's partner
    is the next line there.
    """
    lines = classified.where(
        F.col("outcome").isin(SALE, RETURN) & F.col(c.CUSTOMER_ID).isNotNull()
    ).withColumn("is_return", F.col("outcome") == RETURN)
    taken_back = lines.where("is_return").select(*DEAL).distinct()
    # Returns stand before sales of the same minute: only an earlier sale can be taken back.
    in_time = (c.INVOICE_DATE, F.col("is_return").desc(), *_SAID, *_LINE)
    deal = Window.partitionBy(*DEAL).orderBy(*in_time)
    level = Window.partitionBy(*DEAL, "depth").orderBy(*in_time)
    so_far = deal.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    partner = F.lead(F.struct("is_return", c.INVOICE_DATE, *_LINE)).over(level)
    height = F.col("balance") - F.col("low")
    new_low = F.col("low") < F.lag("low", 1, 0).over(deal)
    return (
        lines.join(taken_back, on=list(DEAL), how="left_semi")
        .withColumn("balance", F.sum(F.when(F.col("is_return"), -1).otherwise(1)).over(so_far))
        .withColumn("low", F.least(F.lit(0), F.min("balance").over(so_far)))
        .withColumn("depth", F.when(~F.col("is_return"), height).when(~new_low, height + 1))
        .where("depth IS NOT NULL")
        .withColumn("partner", partner)
        .where(~F.col("is_return") & F.col("partner.is_return"))
        .select(
            *(F.col(name).alias(f"sale_{name}") for name in _LINE),
            *(F.col(f"partner.{name}").alias(f"return_{name}") for name in _LINE),
            F.col("partner.invoice_date").alias(c.REVERSED_AT),
        )
    )
