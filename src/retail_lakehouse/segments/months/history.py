"""The champion's view of every month: segments at each month's end, migrations, feature drift."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from retail_lakehouse.medallion.gold import invoice_key, recency_days, rfm_aggregates
from retail_lakehouse.segments.kmeans import assign
from retail_lakehouse.segments.model import FEATURES, SegmentModel
from retail_lakehouse.tables import FEATURE_DRIFT, MONEY, SEGMENT_HISTORY, SEGMENT_MIGRATIONS
from retail_lakehouse.tables import columns as c

NOBODY = "(none)"
TRAINING, PREVIOUS_MONTH = "training", "previous_month"
# Siddiqi, Credit Risk Scorecards (2006): below .1 no change, from .25 a shift to look into.
_MODERATE, _LARGE = 0.1, 0.25
# An empty bin counts as this share: its logarithm would be infinite.
_PSI_FLOOR = 1e-4


def last_month_end(as_of: date) -> date:
    """The midnight that ends the last whole month before ``as_of``."""
    return as_of.replace(day=1)


def next_month_end(before: date, as_of: date) -> date | None:
    """The first month's end that ``as_of`` sees, and a day before did not; None: there is none."""
    last = last_month_end(before)
    following = (last + timedelta(days=31)).replace(day=1)
    return following if following <= last_month_end(as_of) else None


def rfm_by_month(sales: DataFrame, as_of: date, first: date | None = None) -> DataFrame:
    """RFM of each customer at each whole month's end before ``as_of``: what gold had seen then.

    One row per customer and ``month_end``, from rows of silver.sales. A sale counts from the end
    of its month to the last month's end before a cancellation took it back; invoices that share
    both are summed first, so only they, and not every line, are repeated a month. first: the
    earliest month's end asked for.
    """
    last = F.lit(last_month_end(as_of))
    gone = F.coalesce(F.add_months(_end_of_month(c.REVERSED_AT), -1), last)
    invoices = (
        sales.where(F.col(c.CUSTOMER_ID).isNotNull())
        .withColumns({"seen_from": _end_of_month(c.INVOICE_DATE), "seen_to": F.least(gone, last)})
        .withColumn("seen_from", F.greatest("seen_from", F.lit(first).cast("DATE")))
        .where("seen_from <= seen_to")
        .groupBy(c.CUSTOMER_ID, *invoice_key(), "seen_from", "seen_to")
        .agg(F.sum(c.AMOUNT).alias(c.AMOUNT), F.max(c.INVOICE_DATE).alias(c.INVOICE_DATE))
    )
    months = F.sequence("seen_from", "seen_to", F.expr("INTERVAL 1 MONTH"))
    return (
        invoices.withColumn(c.MONTH_END, F.explode(months))
        .groupBy(c.CUSTOMER_ID, c.MONTH_END)
        .agg(*rfm_aggregates())
        .withColumn(c.RECENCY_DAYS, recency_days(F.col(c.MONTH_END)))
        .select(c.CUSTOMER_ID, c.MONTH_END, *FEATURES)
    )


def moved(changes: DataFrame, as_of: date) -> DataFrame:
    """Of rows of silver.sales that have changed, those that a month's end before ``as_of`` saw.

    ``customer_id, month_end``: from which one on the customer's values may be others.
    """
    seen = changes.where(F.col(c.CUSTOMER_ID).isNotNull()).select(
        c.CUSTOMER_ID, _end_of_month(c.INVOICE_DATE).alias(c.MONTH_END)
    )
    return seen.where(F.col(c.MONTH_END) <= F.lit(last_month_end(as_of)))


def _end_of_month(moment: str) -> Column:
    """The first midnight of a month from which on the moment lies in the past."""
    return F.add_months(F.trunc(moment, "month"), 1)


def segment_history(rfm: DataFrame, model: SegmentModel, model_version: int) -> DataFrame:
    """Rows of gold.segment_history from ``rfm_by_month``."""
    return (
        assign(rfm, model).withColumns(_origin(model_version)).select(*SEGMENT_HISTORY.column_names)
    )


def _origin(model_version: int) -> dict[str, Column]:
    """A month's rows see what was before its end, on whatever later day they are written."""
    return {c.MODEL_VERSION: F.lit(model_version), c.AS_OF: F.col(c.MONTH_END)}


def segment_migrations(history: DataFrame, model_version: int, as_of: date) -> DataFrame:
    """Rows of gold.segment_migrations from rows of gold.segment_history.

    Every customer of either month's end is counted once, so the rows of a month add up to the
    history by ``to_segment``, and to the month before by ``from_segment``.
    """
    now = history.select(c.CUSTOMER_ID, c.MONTH_END, c.SEGMENT, c.MONETARY)
    before = history.select(
        c.CUSTOMER_ID,
        F.add_months(c.MONTH_END, 1).alias(c.MONTH_END),
        F.col(c.SEGMENT).alias("before"),
    ).where(F.col(c.MONTH_END) <= F.lit(last_month_end(as_of)))
    return (
        now.join(before, on=[c.CUSTOMER_ID, c.MONTH_END], how="full")
        .groupBy(
            c.MONTH_END,
            F.coalesce("before", F.lit(NOBODY)).alias(c.FROM_SEGMENT),
            F.coalesce(c.SEGMENT, F.lit(NOBODY)).alias(c.TO_SEGMENT),
        )
        .agg(
            F.count("*").alias(c.CUSTOMERS),
            F.coalesce(F.sum(c.MONETARY), F.lit(0)).cast(MONEY).alias(c.REVENUE),
        )
        .withColumns(_origin(model_version))
        .select(*SEGMENT_MIGRATIONS.column_names)
    )


def feature_drift(rfm: DataFrame, model: SegmentModel, model_version: int) -> DataFrame:
    """Rows of gold.feature_drift from ``rfm_by_month``, or from rows of gold.segment_history.

    PSI of each feature against the customers the model was trained on, and against the month
    before, both over the training deciles. The first month has nothing before it.
    """
    shares = rfm.groupBy(c.MONTH_END).agg(
        F.count("*").alias(c.CUSTOMERS),
        *(
            F.array(*_bin_shares(F.col(name), model.bins[name].edges)).alias(name)
            for name in FEATURES
        ),
    )
    # A row a month: few enough for a window without partitions.
    in_order = Window.orderBy(c.MONTH_END)
    compared = [
        F.struct(
            F.lit(name).alias(c.FEATURE),
            F.lit(reference).alias(c.REFERENCE),
            _psi(F.col(name), other).alias(c.PSI),
        )
        for name in FEATURES
        for reference, other in (
            (TRAINING, F.array(*map(F.lit, model.bins[name].shares))),
            (PREVIOUS_MONTH, F.col(f"previous_{name}")),
        )
    ]
    drift = F.when(F.col(c.PSI) < _MODERATE, "none").when(F.col(c.PSI) < _LARGE, "moderate")
    return (
        shares.withColumns({f"previous_{name}": F.lag(name).over(in_order) for name in FEATURES})
        .select(c.MONTH_END, c.CUSTOMERS, F.inline(F.array(*compared)))
        .where(F.col(c.PSI).isNotNull())
        .withColumns({c.DRIFT: drift.otherwise("large"), **_origin(model_version)})
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
