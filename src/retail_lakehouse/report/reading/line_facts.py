"""What became of the source's lines, from gold.data_quality and silver."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion.rules import THERE_ALREADY
from retail_lakehouse.policies.expectations import WARN
from retail_lakehouse.report.facts import Check, Counted, Lines, Source
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.row_facts import of_row

# Of files and sheets, and of checks, so many are named; the rest is counted.
SOURCES = 8
CHECKS = 40
_OUTCOMES = {
    "sold": "silver.sales",
    "returned": "silver.returns",
    "rejected": "silver.rejected_lines",
}
_ALL = "all_lines"


def lines(data_quality: DataFrame, sales: DataFrame, as_of: date) -> Lines:
    """The lines of the run that saw the shop as of this day."""
    run = _run(data_quality, as_of)
    reasons = run.where(F.col(c.MEASURE) == "lines_by_reason").orderBy(F.desc(c.VALUE), c.PART)
    checks = run.where(F.col(c.PASSED).isNotNull())
    warns = F.coalesce(F.col(c.LEVEL) == WARN, F.lit(False))
    (counted,) = checks.agg(
        F.count("*").alias("all"),
        F.count_if(~F.col(c.PASSED) & ~warns).alias("failed"),
        F.count_if(~F.col(c.PASSED) & warns).alias("warned"),
    ).collect()
    sold = _sold_lines(sales, as_of)
    first = _together(checks).orderBy(c.PASSED, warns, c.TABLE_NAME, c.MEASURE, c.PART)
    return Lines(
        sources=_sources(run),
        # One row per cleaning rule.
        reasons=tuple(Counted(row[c.PART], int(row[c.VALUE])) for row in reasons.collect()),
        there_already=THERE_ALREADY,
        taken_back=sold[0],
        anonymous=sold[1],
        checks=tuple(of_row(Check, row) for row in first.limit(CHECKS).collect()),
        checked=counted["all"],
        failed=counted["failed"],
        warned=counted["warned"],
    )


def _together(checks: DataFrame) -> DataFrame:
    """Those that failed each by itself; those that passed together, as some are of every file."""
    failed_part = F.when(~F.col(c.PASSED), F.col(c.PART))
    return checks.groupBy(c.TABLE_NAME, c.MEASURE, c.LEVEL, c.PASSED, failed_part).agg(
        F.min(c.PART).alias(c.PART), F.max(c.VALUE).alias(c.VALUE), F.count("*").alias("parts")
    )


def _run(data_quality: DataFrame, as_of: date) -> DataFrame:
    """Rows of the run of this as_of; of several, the one that saw the most lines."""
    seen = data_quality.where(F.col(c.AS_OF) == F.lit(as_of))
    lines_in = F.sum(F.when(F.col(c.MEASURE) == "lines_in", F.col(c.VALUE)))
    runs = seen.groupBy(c.RUN_ID).agg(lines_in.alias(_ALL))
    # Looked for once: as a part of each query that comes it would be looked for five times.
    newest = runs.orderBy(F.desc(_ALL), c.RUN_ID).limit(1).collect()
    return seen.where(F.col(c.RUN_ID).isin([row[c.RUN_ID] for row in newest]))


def _sources(run: DataFrame) -> tuple[Source, ...]:
    out = run.where(F.col(c.MEASURE) == "lines_out")
    by_part = out.groupBy(c.PART).agg(*_counts(), F.sum(c.VALUE).alias(_ALL))
    largest = by_part.orderBy(F.desc(_ALL), c.PART).limit(SOURCES).collect()
    (total,) = out.agg(*_counts(), F.countDistinct(c.PART).alias("parts")).collect()
    # In their own order, as files are often named by their time.
    named = sorted((_source(row[c.PART], row) for row in largest), key=lambda source: source.name)
    rest = total["parts"] - len(named)
    if rest > 0:
        left = {
            name: int(total[name] or 0) - sum(getattr(one, name) for one in named)
            for name in _OUTCOMES
        }
        named.append(Source(f"{rest:,} other files or sheets", **left))
    return tuple(named)


def _counts() -> list[Column]:
    return [
        F.sum(F.when(F.col(c.TABLE_NAME) == table, F.col(c.VALUE))).alias(name)
        for name, table in _OUTCOMES.items()
    ]


def _source(name: str, row: object) -> Source:
    counts = {outcome: int(row[outcome] or 0) for outcome in _OUTCOMES}  # type: ignore[index]
    return Source(name, **counts)


def _sold_lines(sales: DataFrame, as_of: date) -> tuple[int, int]:
    """Lines that were taken back by then, and of the others those of nobody known."""
    taken_back = F.coalesce(F.col(c.REVERSED_AT) < F.lit(as_of), F.lit(False))
    (row,) = sales.agg(
        F.count_if(taken_back).alias("taken_back"),
        F.count_if(~taken_back & F.col(c.CUSTOMER_ID).isNull()).alias("anonymous"),
    ).collect()
    return row["taken_back"], row["anonymous"]
