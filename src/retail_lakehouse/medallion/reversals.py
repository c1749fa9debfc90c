"""Which sales a later cancellation takes back in full."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.rules import RETURN, SALE

_DEAL = ("customer_id", "stock_code", "unit_price", "quantity")
_LINE = ("invoice", "origin", "line_number")


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
    in_time = ("invoice_date", F.col("is_return").desc(), *_LINE)
    deal = Window.partitionBy(*_DEAL).orderBy(*in_time)
    level = Window.partitionBy(*_DEAL, "depth").orderBy(*in_time)
    so_far = deal.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    partner = F.lead(F.struct("is_return", "invoice_date", *_LINE)).over(level)
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
            *(F.col(name).alias(f"sale_{name}") for name in _LINE),
            *(F.col(f"partner.{name}").alias(f"return_{name}") for name in _LINE),
            F.col("partner.invoice_date").alias("reversed_at"),
        )
    )
