"""The first page: how the shop does, and answers to what people come with."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from retail_lakehouse.report import months, phrases
from retail_lakehouse.report.blocks import (
    Block,
    Chart,
    Figure,
    Figures,
    Heading,
    Page,
    Table,
    number,
)
from retail_lakehouse.report.charts import over_time
from retail_lakehouse.report.facts import Facts, Month
from retail_lakehouse.report.pages import by_name, list_quality, quality

Measure = Callable[[Month], int | Decimal]


def blocks(facts: Facts) -> Sequence[Block]:
    """Figures, answers, and revenue with its season."""
    answers = (by_name.to_write_to(facts), list_quality.is_it_better(facts), quality.why(facts))
    found: list[Block] = [_figures(facts)]
    found += [answer for answer in answers if answer]
    found.append(_by_month(facts))
    if len({start.year for start in _whole_months(facts)}) > 1:
        found.append(_season(facts))
    return found


def _figures(facts: Facts) -> Figures:
    currency, month = facts.shop.currency, months.headline(facts)
    earlier = _whole_months(facts)
    compared = (months.before(month.start), months.year_before(month.start))

    def figure(label: str, said: str, measure: Measure) -> Figure:
        notes = []
        for start in compared:
            other = earlier.get(start)
            before = None if other is None else measure(other)
            notes.append(phrases.change(measure(month), before, f"{start:%b %Y}"))
        return Figure(label, said, tuple(notes))

    part = "" if months.is_whole(month, facts) else " (a part of it)"
    return Figures(
        f"{phrases.month(month.start)}{part}",
        (
            figure("Revenue", phrases.money(month.revenue, currency), lambda one: one.revenue),
            figure("Orders", phrases.count(month.orders), lambda one: one.orders),
            figure("Average order", phrases.money(_average(month), currency), _average),
            figure("Customers", phrases.count(month.customers), lambda one: one.customers),
            figure(
                "New customers",
                phrases.count(month.new_customers),
                lambda one: one.new_customers,
            ),
        ),
        note=_since(facts, month),
    )


def _whole_months(facts: Facts) -> dict[date, Month]:
    every = months.every_month(facts.months)
    return {month.start: month for month in every if months.is_whole(month, facts)}


def _average(month: Month) -> Decimal:
    return month.revenue / month.orders if month.orders else Decimal(0)


def _since(facts: Facts, month: Month) -> str:
    """What has come after the month of the figures, and what figures leave out."""
    left_out = "Sales taken back in full are left out. Customers: those with a number."
    newest = facts.months[-1]
    if newest.start <= month.start:
        return left_out
    return (
        f"Since then, until {phrases.day(facts.shop.last_day)}: "
        f"{phrases.money(newest.revenue, facts.shop.currency)} in "
        f"{phrases.counted(newest.orders, 'order')}. {left_out}"
    )


def _by_month(facts: Facts) -> Chart:
    currency, every = facts.shop.currency, months.every_month(facts.months)
    by_start = {month.start: month for month in every}
    rows = [_bar(facts, month, by_start.get(months.year_before(month.start))) for month in every]
    best = max(every, key=lambda month: month.revenue)
    headings = (currency, "a year before", "orders", "customers", "new customers")
    return Chart(
        "Revenue by month",
        f"Bars of the revenue of {len(every)} months, {phrases.month(every[0].start)} to "
        f"{phrases.month(every[-1].start)}. The largest is {phrases.month(best.start)} with "
        f"{phrases.money(best.revenue, currency)}.",
        over_time.bars_by_month(rows, currency),
        Table(
            "Revenue by month",
            (Heading("month"), *map(number, headings)),
            tuple(_told(row, month) for row, month in zip(rows, every, strict=True))[::-1],
        ),
        note="The line across a bar is the same month a year before; pale: a part of a month.",
    )


def _bar(facts: Facts, month: Month, before: Month | None) -> dict[str, object]:
    whole = months.is_whole(month, facts)
    return {
        "month": f"{month.start}T00:00:00",
        "said": phrases.month(month.start) + ("" if whole else " (a part)"),
        "value": float(month.revenue),
        "before": None if before is None else float(before.revenue),
        "orders": month.orders,
        "whole": whole,
    }


def _told(row: dict[str, object], month: Month) -> tuple[str, ...]:
    before = row["before"]
    return (
        str(row["said"]),
        phrases.count(month.revenue),
        phrases.count(before) if isinstance(before, float) else phrases.NONE,
        phrases.count(month.orders),
        phrases.count(month.customers),
        phrases.count(month.new_customers),
    )


def _season(facts: Facts) -> Chart:
    """The years one above the other; parts of months would look like a fall."""
    currency, whole = facts.shop.currency, list(_whole_months(facts).values())
    rows = [
        {
            "year": str(month.start.year),
            "month": f"{month.start:%b}",
            "place": month.start.month,
            "value": float(month.revenue),
            "said": phrases.month(month.start),
        }
        for month in sorted(whole, key=lambda month: (month.start.month, month.start.year))
    ]
    years = sorted({month.start.year for month in whole})
    by_place = {(month.start.year, month.start.month): month.revenue for month in whole}
    return Chart(
        "The season, year by year",
        f"A line a year of revenue from January to December, {years[0]} to {years[-1]}.",
        over_time.lines_by_year(rows, currency),
        Table(
            f"Revenue by month of the year, {currency}",
            (Heading("month"), *(number(str(year)) for year in years)),
            _by_place(by_place, years),
        ),
        note="Whole months only.",
    )


def _by_place(
    revenue: dict[tuple[int, int], Decimal], years: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return tuple(
        (
            name,
            *(
                phrases.count(revenue[year, place]) if (year, place) in revenue else phrases.NONE
                for year in years
            ),
        )
        for place, name in enumerate(names, start=1)
    )


PAGE = Page("overview", "Overview", blocks)
