"""The segments: who the customers are, what to do with them, and who moves."""

from collections.abc import Sequence

from retail_lakehouse.report import palette, phrases
from retail_lakehouse.report.blocks import Block, Chart, Heading, Page, Table, number
from retail_lakehouse.report.charts import side_by_side
from retail_lakehouse.report.customer_facts import Segment
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.report.pages import migrations

_CUSTOMERS, _REVENUE = "customers", "revenue"


def blocks(facts: Facts) -> Sequence[Block]:
    """Actions first: they are what people come for."""
    found: list[Block] = [_actions(facts), _shares(facts), _profiles(facts), _map(facts)]
    found.append(_products(facts))
    if facts.moves:
        found += [migrations.sizes(facts), *migrations.moved(facts)]
    return found


def _ordered(facts: Facts) -> list[Segment]:
    by_name = {segment.segment: segment for segment in facts.segments}
    return [by_name[name] for name in palette.in_order(by_name)]


def _actions(facts: Facts) -> Table:
    return Table(
        "Who they are and what to do",
        (Heading("segment"), Heading("who they are"), Heading("what to do")),
        tuple((s.segment, s.description, s.recommended_action) for s in _ordered(facts)),
    )


def _shares(facts: Facts) -> Chart:
    segments = _ordered(facts)
    rows = [
        {"name": segment.segment, "kind": kind, "share": share}
        for segment in segments
        for kind, share in (
            (_CUSTOMERS, segment.customer_share),
            (_REVENUE, segment.revenue_share),
        )
    ]
    said = (
        f"{s.segment}: {phrases.percent(s.customer_share)} of the customers, "
        f"{phrases.percent(s.revenue_share)} of their revenue"
        for s in segments
    )
    names = [segment.segment for segment in segments]
    return Chart(
        "Size against revenue",
        f"{'; '.join(said)}.",
        side_by_side.paired_bars(rows, names, (_CUSTOMERS, _REVENUE)),
        Table(
            "Size against revenue",
            (
                Heading("segment"),
                *map(number, ("customers", "of all", facts.shop.currency, "of all")),
            ),
            tuple(
                (
                    s.segment,
                    phrases.count(s.customers),
                    phrases.percent(s.customer_share, 1),
                    phrases.count(s.revenue),
                    phrases.percent(s.revenue_share, 1),
                )
                for s in segments
            ),
        ),
    )


def _profiles(facts: Facts) -> Table:
    headings = ["days since purchase", "invoices", facts.shop.currency, "products an invoice"]
    headings.append(f"{facts.shop.currency} an invoice")
    forecast = any(s.probability_90_days is not None for s in facts.segments)
    if forecast:
        headings += ["order within 90 days", "worth writing to"]
    return Table(
        "Profiles",
        (Heading("segment"), *map(number, headings)),
        tuple(_profile(s, forecast) for s in _ordered(facts)),
        note="Medians of the segment's customers"
        + ("; worth writing to: expected spend in the shop's upper half." if forecast else "."),
    )


def _profile(segment: Segment, forecast: bool) -> tuple[str, ...]:
    cells = (
        segment.segment,
        phrases.count(segment.recency_days_median),
        phrases.count(segment.frequency_median),
        phrases.count(segment.monetary_median),
        phrases.count(segment.basket_products),
        phrases.count(segment.basket_value),
    )
    if not forecast:
        return cells
    chance, worth = segment.probability_90_days, segment.worth_writing_to
    return (
        *cells,
        phrases.NONE if chance is None else phrases.percent(chance),
        phrases.NONE if worth is None else phrases.count(worth),
    )


def _map(facts: Facts) -> Chart:
    names = palette.in_order(dot.segment for dot in facts.dots)
    rows = [
        {
            "segment": dot.segment,
            "recency_days": dot.recency_days,
            "frequency": dot.frequency,
            "monetary": max(dot.monetary, 0.01),
        }
        for dot in facts.dots
    ]
    segments, some = _ordered(facts), len(facts.dots) < facts.sample.of
    sample = f"A sample of {len(facts.dots):,} of " if some else "All "
    return Chart(
        "Map of the customers",
        f"A dot a customer, days since the last purchase from left to right, {facts.shop.currency} "
        f"spent upwards, in the colours of {phrases.listed(tuple(names))}.",
        side_by_side.segment_map(rows, names, palette.colours(names), facts.shop.currency),
        Table(
            "Centres of the map",
            (Heading("segment"), *map(number, ("days since purchase", facts.shop.currency))),
            tuple(
                (
                    s.segment,
                    phrases.count(s.recency_days_median),
                    phrases.count(s.monetary_median),
                )
                for s in segments
            ),
            note="Medians.",
        ),
        note=f"{sample}{phrases.counted(facts.sample.of, 'customer')}. Both axes are logarithmic. "
        "A click on a segment in the legend shows it alone.",
    )


def _products(facts: Facts) -> Table:
    return Table(
        "What they buy more often than others",
        (Heading("segment"), Heading("products, the most typical first")),
        tuple((s.segment, "; ".join(s.products) or phrases.NONE) for s in _ordered(facts)),
    )


PAGE = Page("segments", "Segments", blocks)
