"""Where steps work: settings and sources, and the session, tables and MLflow behind them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from threading import RLock
from typing import Any, TypeVar

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing.landed import kept_shop, lines_landed
from retail_lakehouse.machine.environment import folder_for_now
from retail_lakehouse.machine.watch import WatchSteps, steps_unwatched
from retail_lakehouse.medallion import gate, silver
from retail_lakehouse.settings import Settings
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.spark import fit_session, get_session, on_databricks
from retail_lakehouse.steps.harness.progress import untouched_progress
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import Tracking
from retail_lakehouse.tracking.store import database

First = TypeVar("First")
Second = TypeVar("Second")


class Opened:
    """Session, tables and MLflow of one run, opened when a step first asks for them."""

    def __init__(self, settings: Settings, reads_only: bool) -> None:
        self._settings, self._reads_only = settings, reads_only
        self._lock = RLock()
        self.day_after_last_line: date | None = None

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

    def description(self) -> ShopDescription:
        """What the home or landing volume says of its shop; Online Retail II where it says nothing.

        Read each time it is asked for: landing may write another one meanwhile.
        """
        kept = kept_shop(self._settings.landing_dir)
        return kept or shop_file.packaged(shop_file.ONLINE_RETAIL_II)

    @cached_property
    def _lakehouse(self) -> Lakehouse:
        home = self._settings.home
        # A reader's home may be written to by another process, or not be writable at all.
        log = folder_for_now() if self._reads_only else home
        session = get_session(home / "warehouse", log / "spark.log")
        self.fit(session)
        return Lakehouse(session, self._settings, lambda: self.description().unit_of_money)

    def fit(self, session: SparkSession) -> None:
        """Let a local session suit the lines that have landed by now."""
        if not on_databricks():
            fit_session(session, lines_landed(self._settings.landing_dir))

    @cached_property
    def _tracking(self) -> Tracking:
        return Tracking(self._settings, self._reads_only)


@dataclass
class Context:
    """Where steps work.

    watch: is told how far each step is. reads_only: nothing will be written, so the home need not
    be writable.
    """

    settings: Settings
    sources: tuple[str, ...] = ()
    watch: WatchSteps = steps_unwatched
    reads_only: bool = False
    opened: Opened = field(default=None, repr=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.opened = self.opened or Opened(self.settings, self.reads_only)

    @property
    def lakehouse(self) -> Lakehouse:
        """The tables, with the Spark session behind them."""
        return self.opened.lakehouse

    @property
    def tracking(self) -> Tracking:
        """MLflow's experiments and registry."""
        return self.opened.tracking

    @property
    def description(self) -> ShopDescription:
        """What is known of the shop: how it writes its lines, and what they mean."""
        return self.opened.description()

    @property
    def has_experiments(self) -> bool:
        """Whether MLflow may know anything of this shop yet: asking it takes seconds to begin."""
        settings = self.settings
        return settings.catalog is not None or database(settings.home).is_file()

    def start(self) -> None:
        """Start the session and let it load its classes, while other work goes on."""
        self.lakehouse.spark.range(100).groupBy((F.col("id") % 7).alias("k")).count().collect()

    def fit_session(self) -> None:
        """Let the session suit the lines that have landed since it began."""
        self.opened.fit(self.lakehouse.spark)

    def in_session(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work`` for another thread: a Connect session belongs to the one it began in."""
        from pyspark import inheritable_thread_target

        wrapped: Callable[..., Any] = inheritable_thread_target(self.lakehouse.spark)(work)
        return wrapped

    def side_by_side(
        self, first: Callable[[], First], second: Callable[[], Second]
    ) -> tuple[First, Second]:
        """Results of both, run at the same time: each waits on the driver while it computes."""
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(self.in_session(second))
            return first(), other.result()

    def as_of(self) -> date:
        """The settings' as_of, or the midnight after the last line that cleaning has seen."""
        if self.settings.as_of is not None:
            return self.settings.as_of
        day = self.day_after_last_line()
        if day is None:
            rejected, settings = self.lakehouse.read(t.REJECTED_LINES), self.settings
            gate.need_most_lines(rejected, 0, self.description, settings.max_reject_share)
            raise EmptyShopError(
                f"No line in {self.lakehouse.place} has a date that can be read: load the shop's "
                "invoice lines first."
            )
        return day

    def look_again(self) -> None:
        """Forget what as_of was: silver is written anew."""
        self.opened.day_after_last_line = None

    def day_after_last_line(self) -> date | None:
        """By what cleaning noted or, where silver was written to since, by its lines.

        None where none of them has a date.
        """
        if self.opened.day_after_last_line is None:
            kept = untouched_progress(self.lakehouse, t.written_by("silver"))
            noted = date.fromisoformat(kept.as_of) if kept and kept.as_of else None
            self.opened.day_after_last_line = noted or self._look_for_last_line()
        return self.opened.day_after_last_line

    def _look_for_last_line(self) -> date | None:
        read, shop = self.lakehouse.read, self.description
        seen = silver.last_line_at(read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES), shop)
        last = seen.collect()[0]["last"]
        day: date | None = last and last.date() + timedelta(days=1)
        return day

    def counted(self, reads: tuple[Table, ...], writes: tuple[Table, ...], note: str) -> StepResult:
        """Rows of the tables that were read and written, asked for in one query."""
        counts = self.lakehouse.counts((*reads, *writes))
        return StepResult(
            sum(counts[table] for table in reads), sum(counts[table] for table in writes), note
        )

    def versions(self) -> dict[str, int]:
        """The Delta version of each table that is there."""
        there = [table for table in t.TABLES if self.lakehouse.exists(table)]
        return {table.full_name: self.lakehouse.version(table) for table in there}

    def source_kind(self) -> str:
        """Kind of source that bronze was loaded from: ``uci``, ``demo`` or ``files``."""
        self.lakehouse.require(t.INVOICE_LINES)
        return self.lakehouse.source_kind(t.INVOICE_LINES) or "files"
