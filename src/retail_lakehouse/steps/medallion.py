"""Steps from the sources to gold's features, and the check of their tables."""

import re
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, SettingsError
from retail_lakehouse.landing.land import (
    count_lines,
    land,
    landed_files,
    landed_lines,
    shop_in,
)
from retail_lakehouse.medallion import gold, quality, silver
from retail_lakehouse.steps.io import StepIO
from retail_lakehouse.steps.step import StepResult


def land_sources(io: StepIO) -> StepResult:
    """Sources to Parquet in the landing folder."""
    if not io.sources:
        raise SettingsError("--source is missing: give uci, demo, or paths of your own files.")
    landed = land(io.sources, io.landing(), progress=io.progress)
    files = len(landed.batches)
    return StepResult(landed.lines, landed.lines, f"{files} file{'s' if files > 1 else ''}")


def load_bronze(io: StepIO) -> StepResult:
    """Landed files that are not in bronze yet, verbatim."""
    table, landing = t.INVOICE_LINES, io.landing()
    landed = landed_files(landing)
    if not landed:
        raise EmptyShopError(
            f"Nothing has landed in {landing} yet: run the step 'land' with a --source first."
        )
    io.begin_shop(table, shop_in(landed[0]))
    loaded = 0
    while pending := _pending(io, landed):
        version, paths = pending
        lines = io.parquet(map(_literal_path, paths))
        rows = lines.withColumn("ingested_at", F.current_timestamp()).select(*table.column_names)
        io.append_after(table, rows, version)
        loaded = max(loaded, len(paths))
    note = f"{loaded} new of {len(landed)} files"
    return StepResult(landed_lines(landing), io.read(table).count(), note)


def _pending(io: StepIO, landed: list[Path]) -> tuple[int, list[Path]] | None:
    """Landed files whose batches are not in bronze as of the version given with them."""
    version = io.version(t.INVOICE_LINES)
    rows = io.read(t.INVOICE_LINES).select("batch_id").distinct().collect()
    loaded = {row["batch_id"] for row in rows}
    paths = [path for path in landed if path.stem not in loaded and count_lines(path)]
    return (version, paths) if paths else None


def _literal_path(path: Path) -> str:
    """A path for Spark's readers, which take some characters for patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path.absolute()))


def clean_silver(io: StepIO) -> StepResult:
    """Bronze lines to sales, returns and rejected lines."""
    bronze = silver.visible(io.read(t.INVOICE_LINES), io.settings.as_of)
    with ExitStack() as stages:

        def staged(name: str, rows: DataFrame) -> DataFrame:
            return stages.enter_context(io.staged("silver", name, rows))

        shared, repeated = io.side_by_side(
            lambda: staged("shared_invoices", silver.shared_invoices(bronze)),
            lambda: staged("repeated_contents", silver.repeated_contents(bronze)),
        )
        lines = staged("classified", silver.classify(bronze, shared, repeated))
        reversed_sales = staged("reversals", silver.reversals(lines))

        def write_the_rest() -> None:
            io.replace(t.RETURNS, silver.returns(lines, reversed_sales))
            io.replace(t.REJECTED_LINES, silver.rejected_lines(lines))

        sales = silver.sales(lines, reversed_sales)
        io.side_by_side(lambda: io.replace(t.SALES, sales, check_first=True), write_the_rest)
    return io.counted((t.INVOICE_LINES,), (t.SALES, t.RETURNS, t.REJECTED_LINES))


def build_gold(io: StepIO) -> StepResult:
    """Products, RFM and interactions from sales that stand, and purchases from all."""
    as_of = io.as_of()
    sales = io.read(t.SALES)
    standing = gold.standing_sales(sales, as_of)

    def build_interactions_and_products() -> None:
        io.replace(t.INTERACTIONS, gold.interactions(standing))
        bought = io.read(t.INTERACTIONS)
        io.replace(t.PRODUCTS, gold.products(standing, bought))

    def build_customers_and_purchases() -> None:
        io.replace(t.CUSTOMER_RFM, gold.customer_rfm(standing, as_of))
        io.replace(t.PURCHASES, gold.purchases(sales, as_of))

    io.side_by_side(build_customers_and_purchases, build_interactions_and_products)
    return io.counted(
        (t.SALES,),
        (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES),
        f"as of {as_of}",
    )


def check_quality(io: StepIO) -> StepResult:
    """Counts and checks of the tables so far."""
    read, as_of = io.read, io.as_of()
    measured = quality.data_quality(
        read(t.INVOICE_LINES),
        read(t.SALES),
        read(t.RETURNS),
        read(t.REJECTED_LINES),
        read(t.CUSTOMER_RFM),
        read(t.INTERACTIONS),
        as_of,
    )
    # A few rows a source file.
    measures = measured.collect()
    rows = io.local(measures, measured.schema)
    io.replace_where(t.DATA_QUALITY, rows, F.col("run_id") == measures[0]["run_id"])
    checks = read(t.DATA_QUALITY).where("passed IS NOT NULL")
    failed = checks.where("NOT passed").count()
    note = f"{failed} of {checks.count()} checks failed"
    return io.counted((t.INVOICE_LINES,), (t.DATA_QUALITY,), note)
