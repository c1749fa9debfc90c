"""What each step does; pipeline.py says in which order and why."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cached_property
from threading import RLock
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, SettingsError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing import uci
from retail_lakehouse.landing.land import land, landed_files, landed_lines, shop_in
from retail_lakehouse.medallion import gold, quality, silver
from retail_lakehouse.recommend import als, lists
from retail_lakehouse.segments import kmeans, naming, publish
from retail_lakehouse.settings import Settings
from retail_lakehouse.spark import get_session
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import RECOMMENDER, SEGMENTS, Tracking, TrainedOn


@dataclass
class Context:
    """What a step works with; session and MLflow start when a step first asks for them."""

    settings: Settings
    sources: tuple[str, ...] = ()
    download_progress: uci.Progress = uci.unwatched
    _lock: RLock = field(default_factory=RLock, repr=False)

    @property
    def lakehouse(self) -> Lakehouse:
        """The tables, with the Spark session behind them."""
        with self._lock:
            return self._lakehouse

    @property
    def tracking(self) -> Tracking:
        """MLflow's experiments and registry."""
        with self._lock:
            return self._tracking

    @cached_property
    def _lakehouse(self) -> Lakehouse:
        home = self.settings.home
        return Lakehouse(get_session(home / "warehouse", home / "spark.log"), self.settings)

    @cached_property
    def _tracking(self) -> Tracking:
        return Tracking(self.settings)

    def start(self) -> None:
        """Start the session and let it load its classes, while other work goes on."""
        self.lakehouse.spark.range(100).groupBy((F.col("id") % 7).alias("k")).count().collect()

    def in_session(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work`` for another thread: a Connect session belongs to the one it began in."""
        from pyspark import inheritable_thread_target

        wrapped: Callable[..., Any] = inheritable_thread_target(self.lakehouse.spark)(work)
        return wrapped

    def as_of(self) -> date:
        """The settings' as_of, or the midnight after the last line that cleaning has seen."""
        if self.settings.as_of is not None:
            return self.settings.as_of
        read = self.lakehouse.read
        seen = silver.last_line_at(read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES))
        last = seen.collect()[0]["last"]
        if last is None:
            raise EmptyShopError(
                f"No line in {self.lakehouse.place} has a date that can be read: load the shop's "
                "invoice lines first."
            )
        midnight: date = last.date() + timedelta(days=1)
        return midnight

    def replace(self, table: Table, rows: DataFrame, check_first: bool = False) -> None:
        """Create the table if need be, and make ``rows`` its content."""
        self.lakehouse.create(table, self.shop())
        self.lakehouse.replace(table, rows, check_first)

    def shop(self) -> str:
        """Kind of shop in bronze: ``uci``, ``demo`` or ``files``."""
        self.lakehouse.read(t.INVOICE_LINES)
        return self.lakehouse.shop(t.INVOICE_LINES) or "files"


@dataclass(frozen=True)
class StepResult:
    """Rows that went in and came out, by table, and a word on what happened."""

    rows_in: int
    rows_out: int
    note: str = ""


def land_sources(context: Context) -> StepResult:
    """Sources to Parquet in the landing folder."""
    if not context.sources:
        raise SettingsError("--source is missing: give uci, demo, or paths of your own files.")
    landed = land(context.sources, context.settings.landing_dir, progress=context.download_progress)
    files = len(landed.batches)
    return StepResult(landed.lines, landed.lines, f"{files} file{'s' if files > 1 else ''}")


def load_bronze(context: Context) -> StepResult:
    """Landed files that are not in bronze yet, verbatim."""
    lakehouse, table, landing = context.lakehouse, t.INVOICE_LINES, context.settings.landing_dir
    landed = landed_files(landing)
    if not landed:
        raise EmptyShopError(
            f"Nothing has landed in {landing} yet: run the step 'land' with a --source first."
        )
    shop = shop_in(landed[0])
    if lakehouse.shop(table) not in (None, shop):
        # Only the demo shop makes way like this; landing refuses to mix other kinds.
        lakehouse.drop_all()
    loaded = _batches(lakehouse) if lakehouse.exists(table) else set()
    lakehouse.create(table, shop)
    pending = [str(path.absolute()) for path in landed if path.stem not in loaded]
    if pending:
        lines = lakehouse.spark.read.parquet(*pending)
        new = lines.withColumn("ingested_at", F.current_timestamp()).select(*table.column_names)
        lakehouse.append(table, new, check_first=True)
    note = f"{len(pending)} new of {len(landed)} files"
    return StepResult(landed_lines(landing), lakehouse.read(table).count(), note)


def _batches(lakehouse: Lakehouse) -> set[str]:
    """Batches in bronze: one a source file."""
    rows = lakehouse.read(t.INVOICE_LINES).select("batch_id").distinct().collect()
    return {row["batch_id"] for row in rows}


def clean_silver(context: Context) -> StepResult:
    """Bronze lines to sales, returns and rejected lines."""
    lakehouse = context.lakehouse
    bronze = silver.visible(lakehouse.read(t.INVOICE_LINES), context.settings.as_of)
    with ExitStack() as stages:

        def staged(name: str, rows: DataFrame) -> DataFrame:
            return stages.enter_context(lakehouse.staged("silver", name, rows))

        shared = staged("shared_invoices", silver.shared_invoices(bronze))
        repeated = staged("repeated_contents", silver.repeated_contents(bronze))
        lines = staged("classified", silver.classify(bronze, shared, repeated))
        reversed_sales = staged("reversals", silver.reversals(lines))
        context.replace(t.SALES, silver.sales(lines, reversed_sales), check_first=True)
        context.replace(t.RETURNS, silver.returns(lines, reversed_sales))
        context.replace(t.REJECTED_LINES, silver.rejected_lines(lines))
    return _counted(context, (t.INVOICE_LINES,), (t.SALES, t.RETURNS, t.REJECTED_LINES))


def build_gold(context: Context) -> StepResult:
    """Products, RFM and interactions from sales that stand."""
    as_of = context.as_of()
    standing = gold.standing_sales(context.lakehouse.read(t.SALES), as_of)

    def build_interactions_and_products() -> None:
        context.replace(t.INTERACTIONS, gold.interactions(standing))
        bought = context.lakehouse.read(t.INTERACTIONS)
        context.replace(t.PRODUCTS, gold.products(standing, bought))

    # Side by side: each write waits on the driver for as long as it computes.
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(context.in_session(build_interactions_and_products))
        context.replace(t.CUSTOMER_RFM, gold.customer_rfm(standing, as_of))
        other.result()
    return _counted(
        context, (t.SALES,), (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS), f"as of {as_of}"
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
        as_of,
    )
    # A few rows a source file; merging the query itself would compute it twice.
    rows = context.lakehouse.spark.createDataFrame(measured.collect(), measured.schema)
    context.lakehouse.create(t.DATA_QUALITY, context.shop())
    context.lakehouse.merge(t.DATA_QUALITY, rows)
    checks = read(t.DATA_QUALITY).where("passed IS NOT NULL")
    failed = checks.where("NOT passed").count()
    note = f"{failed} of {checks.count()} checks failed"
    return _counted(context, (t.INVOICE_LINES,), (t.DATA_QUALITY,), note)


def train_segments(context: Context) -> StepResult:
    """k-means on RFM, tracked and registered as champion."""
    tracking, settings = context.tracking, context.settings.segments
    source = _need_customers(context, t.CUSTOMER_RFM)
    rows = kmeans.training_rows(source)
    fingerprint = _fingerprint(context, rows, asdict(settings))
    found = None if context.settings.retrain else tracking.trained(SEGMENTS, fingerprint)
    if found is None:
        model = kmeans.fit(rows, settings)
        measured = kmeans.measure(kmeans.assign(model, rows))
        centres = kmeans.centres(model)
        names = naming.name_clusters(centres)
        found = tracking.log_spark_model(
            SEGMENTS,
            model,
            _trained_on(context, t.CUSTOMER_RFM, measured.customers, kmeans.SIGNATURE_INPUTS),
            fingerprint=fingerprint,
            parameters=asdict(settings),
            metrics={k: v for k, v in asdict(measured).items() if v is not None},
            tags=_tags(context),
            outputs={"cluster": "integer"},
            artifacts={
                "centres.json": {
                    "space": "standardised log1p of " + ", ".join(kmeans.FEATURES),
                    "centres": dict(zip(names, centres.round(4).tolist(), strict=True)),
                }
            },
        )
        note = f"version {found.version}, {measured.clusters} clusters"
    else:
        note = f"version {found.version} was trained on the same rows"
    tracking.promote(SEGMENTS, found)
    return StepResult(source.count(), 0, note)


def publish_segments(context: Context) -> StepResult:
    """The champion's segment of every customer."""
    source = _need_customers(context, t.CUSTOMER_RFM)
    champion = context.tracking.champion(SEGMENTS)
    model = context.tracking.load_spark_model(champion)
    rows = publish.customer_segments(
        source,
        kmeans.assign(model, kmeans.training_rows(source)),
        naming.name_clusters(kmeans.centres(model)),
        champion.version,
        context.as_of(),
    )
    context.replace(t.CUSTOMER_SEGMENTS, rows)
    return _counted(context, (t.CUSTOMER_RFM,), (t.CUSTOMER_SEGMENTS,), f"model {champion.version}")


def train_recommender(context: Context) -> StepResult:
    """Implicit ALS on interactions, tracked and registered as champion."""
    tracking, settings = context.tracking, context.settings.recommend
    source = _need_customers(context, t.INTERACTIONS)
    rows = als.training_rows(source)
    fingerprint = _fingerprint(context, rows, asdict(settings))
    found = None if context.settings.retrain else tracking.trained(RECOMMENDER, fingerprint)
    count = source.count()
    if found is None:
        model = als.fit(rows, settings)
        measured = als.measure(rows)
        found = tracking.log_spark_model(
            RECOMMENDER,
            model,
            _trained_on(context, t.INTERACTIONS, count, als.SIGNATURE_INPUTS),
            fingerprint=fingerprint,
            parameters=asdict(settings),
            metrics=asdict(measured),
            tags=_tags(context),
            outputs={"prediction": "float"},
            artifacts={},
        )
        note = f"version {found.version}, {measured.items:,} products"
    else:
        note = f"version {found.version} was trained on the same rows"
    tracking.promote(RECOMMENDER, found)
    return StepResult(count, 0, note)


def publish_recommendations(context: Context) -> StepResult:
    """The champion's list of every customer."""
    source = _need_customers(context, t.INTERACTIONS)
    champion = context.tracking.champion(RECOMMENDER)
    model = context.tracking.load_spark_model(champion)
    trained_with = context.tracking.parameters(champion)
    items = als.item_factors(
        model, float(trained_with["alpha"]), float(trained_with["regularization"])
    )
    ranked = lists.rank_for_you(als.index(model, source), items, context.settings.recommend.top_n)
    rows = lists.recommendations(
        ranked, context.lakehouse.read(t.PRODUCTS), champion.version, context.as_of()
    )
    context.replace(t.RECOMMENDATIONS, rows)
    return _counted(context, (t.INTERACTIONS,), (t.RECOMMENDATIONS,), f"model {champion.version}")


def _counted(
    context: Context, reads: tuple[Table, ...], writes: tuple[Table, ...], note: str = ""
) -> StepResult:
    def rows(tables: tuple[Table, ...]) -> int:
        return sum(context.lakehouse.read(table).count() for table in tables)

    return StepResult(rows(reads), rows(writes), note)


def _need_customers(context: Context, table: Table) -> DataFrame:
    rows = context.lakehouse.read(table)
    if rows.isEmpty():
        raise EmptyShopError(
            f"{table.full_name} is empty: no identified customer bought anything before "
            f"{context.as_of()}, so there is nothing to learn from."
        )
    return rows


def _fingerprint(context: Context, rows: DataFrame, settings: dict[str, object]) -> str:
    """Hash of the rows' content whatever their order, the settings and as_of."""
    content = F.sum(F.xxhash64(*rows.columns).cast("DECIMAL(20,0)"))
    found = rows.agg(F.count("*"), content.cast("STRING")).collect()[0]
    parts = [list(found), settings, context.as_of().isoformat()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _trained_on(context: Context, table: Table, rows: int, columns: dict[str, str]) -> TrainedOn:
    return TrainedOn(table.full_name, context.lakehouse.version(table), rows, columns)


def _tags(context: Context) -> dict[str, str]:
    return {"as_of": context.as_of().isoformat(), "shop": context.shop()}
