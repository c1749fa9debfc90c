"""The champion's view of every month: segments at each month's end, migrations, feature drift."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.gold import invoice_key, recency_days, rfm_aggregates
from retail_lakehouse.segments.kmeans import assign
from retail_lakehouse.segments.model import FEATURES, SegmentModel
from retail_lakehouse.segments.profiles import origin
from retail_lakehouse.tables import FEATURE_DRIFT, MONEY, SEGMENT_HISTORY, SEGMENT_MIGRATIONS

NOBODY = "(none)"
TRAINING, PREVIOUS_MONTH = "training", "previous_month"
# Siddiqi, Credit Risk Scorecards (2006): below .1 no change, from .25 a shift to look into.
_MODERATE, _LARGE = 0.1, 0.25
# An empty bin counts as this share: its logarithm would be infinite.
_PSI_FLOOR = 1e-4


def last_month_end(as_of: date) -> date:
    """The midnight that ends the last whole month before ``as_of``."""
    return as_of.replace(day=1)


def rfm_by_month(sales: DataFrame, as_of: date) -> DataFrame:
    """RFM of each customer at each whole month's end before ``as_of``: what gold had seen then.

    One row per customer and ``month_end``, from rows of silver.sales. A sale counts from the end
    of its month to the last month's end before a cancellation took it back; invoices that share
    both are summed first, so only they, and not every line, are repeated a month.
    """
    last = F.lit(last_month_end(as_of))
    gone = F.coalesce(F.add_months(_end_of_month("reversed_at"), -1), last)
    invoices = (
        sales.where("customer_id IS NOT NULL")
        .withColumns({"seen_from": _end_of_month("invoice_date"), "seen_to": F.least(gone, last)})
        .where("seen_from <= seen_to")
        .groupBy("customer_id", *invoice_key(), "seen_from", "seen_to")
        .agg(F.sum("amount").alias("amount"), F.max("invoice_date").alias("invoice_date"))
    )
    months = F.sequence("seen_from", "seen_to", F.expr("INTERVAL 1 MONTH"))
    return (
        invoices.withColumn("month_end", F.explode(months))
        .groupBy("customer_id", "month_end")
        .agg(*rfm_aggregates())
        .withColumn("recency_days", recency_days(F.col("month_end")))
        .select("customer_id", "month_end", *FEATURES)
    )


def _end_of_month(moment: str) -> Column:
    """The first midnight of a month from which on the moment lies in the past."""
    return F.add_months(F.trunc(moment, "month"), 1)


def segment_history(
    rfm: DataFrame, model: SegmentModel, model_version: int, as_of: date
) -> DataFrame:
    """Rows of gold.segment_history from ``rfm_by_month``."""
    return (
        assign(rfm, model)
        .withColumns(origin(model_version, as_of))
        .select(*SEGMENT_HISTORY.column_names)
    )


def segment_migrations(history: DataFrame, model_version: int, as_of: date) -> DataFrame:
    """Rows of gold.segment_migrations from rows of gold.segment_history.

    Every customer of either month's end is counted once, so the rows of a month add up to the
    history by ``to_segment``, and to the month before by ``from_segment``.
    """
    now = history.select("customer_id", "month_end", "segment", "monetary")
    before = history.select(
        "customer_id",
        F.add_months("month_end", 1).alias("month_end"),
        F.col("segment").alias("before"),
    ).where(F.col("month_end") <= F.lit(last_month_end(as_of)))
    return (
        now.join(before, on=["customer_id", "month_end"], how="full")
        .groupBy(
            "month_end",
            F.coalesce("before", F.lit(NOBODY)).alias("from_segment"),
            F.coalesce("segment", F.lit(NOBODY)).alias("to_segment"),
        )
        .agg(
            F.count("*").alias("customers"),
            F.coalesce(F.sum("monetary"), F.lit(0)).cast(MONEY).alias("revenue"),
        )
        .withColumns(origin(model_version, as_of))
        .select(*SEGMENT_MIGRATIONS.column_names)
    )


def feature_drift(
    rfm: DataFrame, model: SegmentModel, model_version: int, as_of: date
) -> DataFrame:
    """Rows of gold.feature_drift from ``rfm_by_month``, or from rows of gold.segment_history.

    PSI of each feature against the customers the model was trained on, and against the month
    before, both over the training deciles. The first month has nothing before it.
    """
    shares = rfm.groupBy("month_end").agg(
        F.count("*").alias("customers"),
        *(
            F.array(*_bin_shares(F.col(name), model.bins[name].edges)).alias(name)
            for name in FEATURES
        ),
    )
    # A row a month: few enough for a window without partitions.
    in_order = Window.orderBy("month_end")
    compared = [
        F.struct(
            F.lit(name).alias("feature"),
            F.lit(reference).alias("reference"),
            _psi(F.col(name), other).alias("psi"),
        )
        for name in FEATURES
        for reference, other in (
            (TRAINING, F.array(*map(F.lit, model.bins[name].shares))),
            (PREVIOUS_MONTH, F.col(f"previous_{name}")),
        )
    ]
    drift = F.when(F.col("psi") < _MODERATE, "none").when(F.col("psi") < _LARGE, "moderate")
    return (
        shares.withColumns({f"previous_{name}": F.lag(name).over(in_order) for name in FEATURES})
        .select("month_end", "customers", F.inline(F.array(*compared)))
        .where("psi IS NOT NULL")
        .withColumns({"drift": drift.otherwise("large"), **origin(model_version, as_of)})
        .select(*FEATURE_DRIFT.column_names)
    )


def _bin_shares(value: Column, edges: tuple[float, ...]) -> list[Column]:
    below = F.filter(F.array(*map(F.lit, edges)), lambda edge: value.cast("double") > edge)
    number = F.size(below) if edges else F.lit(0)
    return [F.avg((number == place).cast("double")) for place in range(len(edges) + 1)]


def _psi(actual: Column, expected: Column) -> Column:
    """Population stability index of two arrays of shares; null where one is null.

    Sum over bins of (actual - expected) ln(actual / expected) (Siddiqi 2006).
    """

    def part(a: Column, e: Column) -> Column:
        a, e = F.greatest(a, F.lit(_PSI_FLOOR)), F.greatest(e, F.lit(_PSI_FLOOR))
        return (a - e) * F.ln(a / e)

    return F.aggregate(
        F.zip_with(actual, expected, part), F.lit(0.0), lambda total, one: total + one
    )
