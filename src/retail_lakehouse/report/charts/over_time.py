"""Charts over months and windows."""

from collections.abc import Sequence

import altair as alt

from retail_lakehouse.report.charts.look import (
    ACCENT,
    INK,
    LARGE,
    MONTHS,
    Rows,
    Spec,
    of,
    of_segments,
    spec,
)

# On a phone, twelve names stand one against the other: only those that leave a gap are shown.
_SEASON = alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=6)


def bars_by_month(rows: Rows, unit: str) -> Spec:
    """Bars of ``value`` by ``month``, a mark at ``before``: the same month a year ago.

    rows: also ``whole`` (else the bar is pale), ``orders`` and ``said``, the month in words.
    """
    base = of(rows).encode(x=alt.X("month:T", title=None, timeUnit="yearmonth", axis=MONTHS))
    tips = [
        alt.Tooltip("said:N", title="month"),
        alt.Tooltip("value:Q", title=unit, format=",.0f"),
        alt.Tooltip("before:Q", title="a year before", format=",.0f"),
        alt.Tooltip("orders:Q", title="orders", format=","),
    ]
    bars = base.mark_bar(color=ACCENT).encode(
        y=alt.Y("value:Q", title=unit, axis=LARGE),
        opacity=alt.condition("datum.whole", alt.value(1.0), alt.value(0.45)),
        tooltip=tips,
    )
    marks = base.mark_tick(color=INK, thickness=2, bandSize=12).encode(y="before:Q", tooltip=tips)
    return spec(bars + marks)


def lines_by_year(rows: Rows, unit: str) -> Spec:
    """A line a year of ``value`` by ``month`` (Jan to Dec); the last year stands out."""
    years = sorted({row["year"] for row in rows})
    newest = alt.datum.year == years[-1]
    colours = [f"var(--s{number % 10})" for number in range(len(years))]
    chart = (
        of(rows)
        .mark_line(point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X("month:O", title=None, sort=None, axis=_SEASON),
            y=alt.Y("value:Q", title=unit, axis=LARGE),
            color=alt.Color(
                "year:N",
                title=None,
                scale=alt.Scale(domain=years, range=[*reversed(colours)]),
            ),
            strokeWidth=alt.condition(newest, alt.value(3), alt.value(1.5)),
            order="place:Q",
            tooltip=[
                alt.Tooltip("said:N", title="month"),
                alt.Tooltip("value:Q", title=unit, format=",.0f"),
            ],
        )
    )
    return spec(chart)


def areas_by_month(rows: Rows, names: Sequence[str], colours: Sequence[str]) -> Spec:
    """How many customers were in each segment at the months' ends."""
    chart = (
        of(rows)
        .mark_area(line=False)
        .encode(
            x=alt.X("month:T", title=None, axis=MONTHS),
            y=alt.Y("customers:Q", title="customers", axis=LARGE),
            color=of_segments(names, colours),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("said:N", title="end of"),
                alt.Tooltip("segment:N"),
                alt.Tooltip("customers:Q", format=","),
            ],
        )
    )
    return spec(chart)


def lines_by_window(rows: Rows, names: Sequence[str], title: str) -> Spec:
    """``value`` of each ``name`` in the windows that began on ``start``."""
    colours = [f"var(--s{number % 10})" for number in range(len(names))]
    chart = (
        of(rows)
        .mark_line(point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X("start:T", title="window's first day", axis=alt.Axis(grid=False)),
            y=alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=5)),
            color=alt.Color("name:N", title=None, scale=alt.Scale(domain=[*names], range=colours)),
            tooltip=[
                alt.Tooltip("name:N", title="ranking"),
                alt.Tooltip("said:N", title="window from"),
                alt.Tooltip("value:Q", title=title, format=".3f"),
            ],
        )
    )
    return spec(chart)
