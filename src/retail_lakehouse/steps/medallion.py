"""Steps from the sources to gold's features, and the check of their tables."""

import re
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, SettingsError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing.describing.said import said_of
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import (
    count_lines,
    landed_files,
    landed_lines,
    read_again,
    shop_in,
)
from retail_lakehouse.medallion import duplicates, gold, quality, reversals, silver
from retail_lakehouse.steps.context import Context, StepResult, counted

_NAMED = 3


def land_sources(context: Context) -> StepResult:
    """Sources to Parquet in the landing folder."""
    if not context.sources:
        raise SettingsError("--source is missing: give uci, demo, or paths of your own files.")
    settings = context.settings
    landed = land(context.sources, settings.landing_dir, context.download_progress, settings.shop)
    files = len(landed.batches)
    note = f"{files} file{'s' if files > 1 else ''}"
    return StepResult(landed.lines, landed.lines, note, said_of(landed))


def load_bronze(context: Context) -> StepResult:
    """Landed files that are not in bronze yet, verbatim."""
    lakehouse, table, landing = context.lakehouse, t.INVOICE_LINES, context.settings.landing_dir
    landed = landed_files(landing)
    if not landed:
        raise EmptyShopError(
            f"Nothing has landed in {landing} yet: run the step 'land' with a --source first."
        )
    shop = shop_in(landed[0])
    if lakehouse.shop(table) != shop:
        # Only the demo shop makes way like this; landing refuses to mix other kinds.
        if context.has_experiments:
            context.tracking.forget_other_shops(shop)
        lakehouse.drop_all()
    lakehouse.create(table, shop)
    if read_again(_loaded(lakehouse), {path.stem for path in landed}):
        # Their lines as they were read before must not stand beside the new ones.
        lakehouse.drop_all()
        lakehouse.create(table, shop)
    new = 0
    while pending := _pending(lakehouse, landed):
        version, paths = pending
        # Files of earlier versions lack what came to the contract since.
        columns = [column for column in table.columns if column.name != "ingested_at"]
        schema = ", ".join(f"`{column.name}` {column.type}" for column in columns)
        lines = lakehouse.spark.read.schema(schema).parquet(*map(_literal_path, paths))
        rows = lines.withColumn("ingested_at", F.current_timestamp()).select(*table.column_names)
        lakehouse.append_after(table, rows, version)
        new = max(new, len(paths))
    note = f"{new} new of {len(landed)} files"
    return StepResult(landed_lines(landing), lakehouse.read(table).count(), note)


def _pending(lakehouse: Lakehouse, landed: list[Path]) -> tuple[int, list[Path]] | None:
    """Landed files whose batches are not in bronze as of the version given with them."""
    version = lakehouse.version(t.INVOICE_LINES)
    loaded = _loaded(lakehouse)
    paths = [path for path in landed if path.stem not in loaded and count_lines(path)]
    return (version, paths) if paths else None


def _loaded(lakehouse: Lakehouse) -> set[str]:
    rows = lakehouse.read(t.INVOICE_LINES).select("batch_id").distinct().collect()
    return {row["batch_id"] for row in rows}


def _literal_path(path: Path) -> str:
    """A path for Spark's readers, which take some characters for patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path.absolute()))


def clean_silver(context: Context) -> StepResult:
    """Bronze lines to sales, returns and rejected lines."""
    lakehouse, shop = context.lakehouse, context.description
    bronze = silver.visible(lakehouse.read(t.INVOICE_LINES), context.settings.as_of, shop)
    with ExitStack() as stages:

        def staged(name: str, rows: DataFrame) -> DataFrame:
            return stages.enter_context(lakehouse.staged("silver", name, rows))

        suspects = staged("suspects", duplicates.suspects(bronze))
        copies = staged("copies", duplicates.copies(bronze, suspects, shop))
        there_already = duplicates.there_already(copies, shop)
        lines = staged("classified", silver.classify(bronze, there_already, shop))
        reversed_sales = staged("reversals", reversals.reversals(lines))

        def write_the_rest() -> None:
            context.replace(t.RESENT_INVOICES, duplicates.resent_invoices(copies, shop))
            context.replace(t.RETURNS, silver.returns(lines, reversed_sales))
            context.replace(t.REJECTED_LINES, silver.rejected_lines(lines))

        sales = silver.sales(lines, reversed_sales)
        context.side_by_side(
            lambda: context.replace(t.SALES, sales, check_first=True), write_the_rest
        )
    outcomes = (t.SALES, t.RETURNS, t.REJECTED_LINES)
    return counted(context, (t.INVOICE_LINES,), outcomes, _resent(context))


def _resent(context: Context) -> str:
    """A word on invoices that came again and were not the same; empty where there are none."""
    resent = context.lakehouse.read(t.RESENT_INVOICES)
    first = resent.orderBy("invoice", "invoice_day").limit(_NAMED + 1).collect()
    if not first:
        return ""
    more = resent.count() - _NAMED
    names = [row["invoice"] for row in first[:_NAMED]] + ([f"{more:,} more"] if more > 0 else [])
    replaced = " and replaced the first" if first[0]["replaced"] else ""
    return f"came again, not the same{replaced}: invoice {', '.join(names)}"


def build_gold(context: Context) -> StepResult:
    """Products, RFM and interactions from sales that stand, and purchases from all."""
    context.need_most_lines()
    as_of = context.as_of()
    sales = context.lakehouse.read(t.SALES)
    standing = gold.standing_sales(sales, as_of)

    def build_interactions_and_products() -> None:
        context.replace(t.INTERACTIONS, gold.interactions(standing))
        bought = context.lakehouse.read(t.INTERACTIONS)
        context.replace(t.PRODUCTS, gold.products(standing, bought))

    def build_customers_and_purchases() -> None:
        context.replace(t.CUSTOMER_RFM, gold.customer_rfm(standing, as_of))
        context.replace(t.PURCHASES, gold.purchases(sales, as_of))

    context.side_by_side(build_customers_and_purchases, build_interactions_and_products)
    return counted(
        context,
        (t.SALES,),
        (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES),
        f"as of {as_of}",
    )


def check_quality(context: Context) -> StepResult:
    """Counts and checks of the tables so far."""
    read = context.lakehouse.read
    as_of = context.as_of()
    measured = quality.data_quality(
        read(t.INVOICE_LINES),
        read(t.SALES),
        read(t.RETURNS),
        read(t.REJECTED_LINES),
        read(t.CUSTOMER_RFM),
        read(t.INTERACTIONS),
        read(t.RESENT_INVOICES),
        as_of,
        context.description,
    )
    # A few rows a source file.
    found = measured.collect()
    rows = context.lakehouse.spark.createDataFrame(found, measured.schema)
    context.replace_where(t.DATA_QUALITY, rows, F.col("run_id") == found[0]["run_id"])
    checks = read(t.DATA_QUALITY).where("passed IS NOT NULL")
    failed = checks.where("NOT passed").count()
    note = f"{failed} of {checks.count()} checks failed"
    return counted(context, (t.INVOICE_LINES,), (t.DATA_QUALITY,), note)
