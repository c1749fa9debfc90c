"""What a step works with, what it answers, and what several steps do alike."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from threading import RLock
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.environment import folder_for_now
from retail_lakehouse.errors import EmptyShopError, OtherContractError, RejectedLinesError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing import uci
from retail_lakehouse.medallion import gate, silver
from retail_lakehouse.settings import Settings
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.spark import get_session
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import Tracking, TrainedOn
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
        kept = self._settings.landing_dir / shop_file.FILE_NAME
        if kept.is_file():
            return shop_file.read(kept)
        return shop_file.packaged(shop_file.ONLINE_RETAIL_II)

    @cached_property
    def _lakehouse(self) -> Lakehouse:
        home = self._settings.home
        # A reader's home may be written to by another process, or not be writable at all.
        log = folder_for_now() if self._reads_only else home
        session = get_session(home / "warehouse", log / "spark.log")
        return Lakehouse(session, self._settings, lambda: self.description().currency)

    @cached_property
    def _tracking(self) -> Tracking:
        return Tracking(self._settings, self._reads_only)


@dataclass
class Context:
    """What a step works with.

    reads_only: nothing will be written, so the home need not be writable. made_from: a hash of all
    that the tables which are written now are made from; empty: not known.
    """

    settings: Settings
    sources: tuple[str, ...] = ()
    download_progress: uci.Progress = uci.unwatched
    reads_only: bool = False
    made_from: str = ""
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

    def making(self, made_from: str) -> "Context":
        """The same session and settings, for a step whose tables are made from this."""
        return replace(self, made_from=made_from)

    def start(self) -> None:
        """Start the session and let it load its classes, while other work goes on."""
        self.lakehouse.spark.range(100).groupBy((F.col("id") % 7).alias("k")).count().collect()

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
        if self.opened.day_after_last_line is None:
            self.opened.day_after_last_line = self._look_for_last_line() + timedelta(days=1)
        return self.opened.day_after_last_line

    def _look_for_last_line(self) -> date:
        read = self.lakehouse.read
        seen = silver.last_line_at(
            read(t.SALES), read(t.RETURNS), read(t.REJECTED_LINES), self.description
        )
        last = seen.collect()[0]["last"]
        if last is None:
            self.need_most_lines()
            raise EmptyShopError(
                f"No line in {self.lakehouse.place} has a date that can be read: load the shop's "
                "invoice lines first."
            )
        day: date = last.date()
        return day

    def need_most_lines(self) -> None:
        """RejectedLinesError where too many lines fell to one reason other than being twice."""
        rejected, shop = self.lakehouse.read(t.REJECTED_LINES), self.description
        counted = self.lakehouse.counts((t.SALES, t.RETURNS))
        lines = dict(map(tuple, gate.by_reason(rejected).collect()))
        of = sum(counted.values()) + sum(lines.values())
        found = gate.too_many(lines, of, self.settings.max_reject_share)
        if found is not None:
            rows = gate.examples(rejected, found.reason, shop).collect()
            raise RejectedLinesError(found.sentence([row["value"] for row in rows], shop))

    def replace(self, table: Table, rows: DataFrame, check_first: bool = False) -> None:
        """Create the table if need be, and make ``rows`` its content."""
        if table.layer == "silver":
            self.opened.day_after_last_line = None
        try:
            created = self._create(table)
        except OtherContractError:
            # All its rows come anew: so may its columns.
            self.lakehouse.rebuild(table, self.shop(), rows, check_first, self.made_from)
            return
        # Overwriting looks for files to remove, which takes as long again as a small write.
        write = self.lakehouse.append if created else self.lakehouse.replace
        write(table, rows, check_first, self.made_from)

    def replace_where(self, table: Table, rows: DataFrame, condition: Column) -> None:
        """Create the table if need be, and make ``rows`` all that meets ``condition`` in it."""
        self._create(table)
        self.lakehouse.replace_where(table, rows, condition, self.made_from)

    def merge(self, table: Table, rows: DataFrame) -> None:
        """Create the table if need be, and put ``rows`` in, over those of the same keys."""
        (self.lakehouse.append if self._create(table) else self.lakehouse.merge)(table, rows)

    def complete(self, tables: Sequence[Table]) -> None:
        """Create those of the tables, empty, that a step had nothing to write to."""
        for table in tables:
            self._create(table)

    def _create(self, table: Table) -> bool:
        """See to it that the table is there and as its contract says; True: it is new."""
        # Which shop it is takes a query, and only a new table has to know.
        return not self.lakehouse.adapt(table) and self.lakehouse.create(table, self.shop())

    def shop(self) -> str:
        """Kind of shop in bronze: ``uci``, ``demo`` or ``files``."""
        self.lakehouse.read(t.INVOICE_LINES)
        return self.lakehouse.shop(t.INVOICE_LINES) or "files"


@dataclass(frozen=True)
class StepResult:
    """Rows that went in and came out, of all tables together, and a word on what happened.

    details: what else people should read, a line each.
    """

    rows_in: int
    rows_out: int
    note: str = ""
    details: tuple[str, ...] = ()


def counted(
    context: Context, reads: tuple[Table, ...], writes: tuple[Table, ...], note: str = ""
) -> StepResult:
    """Rows of the tables that were read and written."""
    counts = context.lakehouse.counts((*reads, *writes))
    return StepResult(
        sum(counts[table] for table in reads), sum(counts[table] for table in writes), note
    )


def need_customers(context: Context, table: Table) -> DataFrame:
    """The table's rows; EmptyShopError where there are none to learn from."""
    rows = context.lakehouse.read(table)
    if rows.isEmpty():
        raise EmptyShopError(
            f"{table.full_name} is empty: no identified customer bought anything before "
            f"{context.as_of()}, so there is nothing to learn from."
        )
    return rows


def fingerprint(rows: DataFrame, settings: dict[str, object], as_of: date) -> str:
    """Hash of the rows' content whatever their order, the settings and as_of."""
    content = F.sum(F.xxhash64(*rows.columns).cast("DECIMAL(20,0)"))
    found = rows.agg(F.count("*"), content.cast("STRING")).collect()[0]
    parts = [list(found), settings, as_of.isoformat()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def trained_on(context: Context, table: Table, rows: int, columns: dict[str, str]) -> TrainedOn:
    """The table as MLflow notes it; ``columns``: the model's input and its MLflow types."""
    return TrainedOn(table.full_name, context.lakehouse.version(table), rows, columns)


def tags(context: Context, as_of: date) -> dict[str, str]:
    """Tags of a training run: the day it saw, and the kind of shop."""
    return {"as_of": as_of.isoformat(), "shop": context.shop()}
