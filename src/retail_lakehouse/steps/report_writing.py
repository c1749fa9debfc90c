"""The step that makes the report: what it is made from, and the page."""

from retail_lakehouse import __version__
from retail_lakehouse import tables as t
from retail_lakehouse.assets import MODELS, REPORT, ModelKind
from retail_lakehouse.medallion import gold
from retail_lakehouse.report import page
from retail_lakehouse.report.facts import Facts, ModelUsed, Origin, Shop, TableUsed
from retail_lakehouse.report.reading import (
    line_facts,
    list_facts,
    month_facts,
    sample_facts,
    segment_facts,
    value_facts,
)
from retail_lakehouse.shops.shop_text import to_toml
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table

# What the report shows, in the order of the contract.
TABLES = (
    *(t.CUSTOMER_SEGMENTS, t.SALES, t.CUSTOMER_RFM, t.PRODUCTS, t.DATA_QUALITY),
    *(t.SEGMENT_PROFILES, t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS),
    *(t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.RECOMMENDATION_QUALITY, t.BACKTEST_QUALITY),
    *(t.CUSTOMER_VALUE, t.VALUE_QUALITY, t.VALUE_BACKTEST),
)


def write_report(io: StepIO) -> StepResult:
    """The report of what the tables hold now."""
    facts = facts_of(io)
    path = io.write(REPORT, lambda made_from: page.html(facts, made_from))
    return StepResult(facts.sample.of, 0, f"{path}, {path.stat().st_size / 2**20:.1f} MB")


def facts_of(io: StepIO) -> Facts:
    """Everything that the report is made from, few rows of each."""
    as_of, shop, read = io.as_of(), io.description(), io.read
    members, lists, expected = (
        read(table) for table in (t.CUSTOMER_SEGMENTS, t.RECOMMENDATIONS, t.CUSTOMER_VALUE)
    )
    # Some thirty small queries, each of which leaves the second core idle half of the time.
    (months, lines, segments, moves), (dots, recommendations, value, sample) = io.side_by_side(
        lambda: (
            month_facts.months(gold.standing_sales(read(t.SALES), as_of), read(t.CUSTOMER_RFM)),
            line_facts.lines(read(t.DATA_QUALITY), read(t.SALES), as_of),
            segment_facts.segments(read(t.SEGMENT_PROFILES)),
            segment_facts.moves(read(t.SEGMENT_MIGRATIONS)),
        ),
        lambda: (
            segment_facts.dots(members),
            list_facts.recommendations(
                lists,
                read(t.RECOMMENDATION_QUALITY),
                read(t.BACKTEST_QUALITY),
                read(t.POPULAR_PRODUCTS),
                io.count(t.PRODUCTS),
            ),
            value_facts.value(expected, members, read(t.VALUE_QUALITY), read(t.VALUE_BACKTEST)),
            sample_facts.sample(
                members, expected, read(t.SEGMENT_HISTORY), lists, io.count(t.CUSTOMER_SEGMENTS)
            ),
        ),
    )
    by_month, first, last = months
    return Facts(
        shop=Shop(shop.name, shop.unit_of_money, io.source_kind(), as_of, first, last),
        months=by_month,
        lines=lines,
        segments=segments,
        dots=dots,
        moves=moves,
        recommendations=recommendations,
        value=value,
        sample=sample,
        origin=_origin(io),
    )


def _origin(io: StepIO) -> Origin:
    return Origin(
        program=__version__,
        description=tuple(to_toml(io.description()).splitlines()),
        tables=tuple(_table(io, table) for table in TABLES),
        models=tuple(_model(io, kind) for kind in MODELS),
    )


def _table(io: StepIO, table: Table) -> TableUsed:
    return TableUsed(table.full_name, table.grain, io.version(table))


def _model(io: StepIO, kind: ModelKind) -> ModelUsed:
    version, metrics, address = io.published(kind)
    return ModelUsed(
        name=kind.name,
        description=kind.description,
        version=version.version,
        run_id=version.run_id,
        page=address,
        failures=version.failures,
        metrics=metrics,
    )
