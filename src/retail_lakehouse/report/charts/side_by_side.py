"""Charts that hold segments, rankings, models and customers against each other."""

from collections.abc import Sequence

import altair as alt

from retail_lakehouse.report.charts.look import (
    ACCENT,
    INK,
    LARGE,
    NAMES,
    QUIET,
    ROW,
    SECOND,
    Rows,
    Spec,
    of,
    of_segments,
    spec,
)


def segment_map(rows: Rows, names: Sequence[str], colours: Sequence[str], unit: str) -> Spec:
    """A dot a customer: days since the last purchase against money, both on log axes."""
    picked = alt.selection_point(fields=["segment"], bind="legend")
    chart = (
        of(rows)
        .mark_circle(size=28)
        .encode(
            x=alt.X(
                "recency_days:Q",
                title="days since the last purchase",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(format=",d", values=[1, 3, 10, 30, 100, 300, 1000, 3000]),
            ),
            y=alt.Y("monetary:Q", title=unit, scale=alt.Scale(type="log"), axis=LOG_MONEY),
            color=of_segments(names, colours),
            opacity=alt.condition(picked, alt.value(0.65), alt.value(0.05)),
            tooltip=[
                alt.Tooltip("segment:N"),
                alt.Tooltip("recency_days:Q", title="days since"),
                alt.Tooltip("frequency:Q", title="invoices", format=","),
                alt.Tooltip("monetary:Q", title=unit, format=",.0f"),
            ],
        )
        .add_params(picked)
        .properties(height=360)
    )
    return spec(chart)


LOG_MONEY = alt.Axis(format="~s", tickCount=5)


def paired_bars(rows: Rows, names: Sequence[str], kinds: Sequence[str]) -> Spec:
    """Two bars for each ``name``, of the ``kind``s' ``share``s."""
    base = of(rows).encode(
        y=alt.Y("name:N", title=None, sort=[*names], axis=NAMES),
        yOffset=alt.YOffset("kind:N", sort=[*kinds]),
        tooltip=[
            alt.Tooltip("name:N", title="segment"),
            alt.Tooltip("kind:N", title="share of"),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    bars = base.mark_bar().encode(
        x=alt.X("share:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
        color=alt.Color(
            "kind:N",
            title=None,
            sort=[*kinds],
            scale=alt.Scale(domain=[*kinds], range=[ACCENT, SECOND]),
        ),
    )
    labels = base.mark_text(align="left", dx=4, color=INK, fontSize=11).encode(
        x="share:Q", text=alt.Text("share:Q", format=".0%")
    )
    return spec((bars + labels).properties(height=2 * ROW * len(names)))


def intervals(rows: Rows, names: Sequence[str], title: str) -> Spec:
    """A dot for each ``name`` at ``value`` and a line from ``low`` to ``high``; ours stand out."""
    ours = alt.condition("datum.ours", alt.value(ACCENT), alt.value(QUIET))
    base = of(rows).encode(
        y=alt.Y("name:N", title=None, sort=[*names], axis=NAMES),
        tooltip=[
            alt.Tooltip("name:N", title="ranking"),
            alt.Tooltip("value:Q", title=title, format=".3f"),
            alt.Tooltip("low:Q", title="from", format=".3f"),
            alt.Tooltip("high:Q", title="to", format=".3f"),
        ],
    )
    lines = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5)),
        x2="high:Q",
        color=ours,
    )
    dots = base.mark_circle(size=110, opacity=1).encode(x="value:Q", color=ours)
    return spec((lines + dots).properties(height=ROW * len(names) + 20))


def bars(rows: Rows, names: Sequence[str], colours: Sequence[str], unit: str) -> Spec:
    """A bar for each segment, as long as its ``value``."""
    chart = (
        of(rows)
        .mark_bar()
        .encode(
            y=alt.Y("segment:N", title=None, sort=[*names], axis=NAMES),
            x=alt.X("value:Q", title=unit, axis=LARGE),
            color=alt.Color(
                "segment:N",
                legend=None,
                scale=alt.Scale(domain=[*names], range=[*colours]),
            ),
            tooltip=[
                alt.Tooltip("segment:N"),
                alt.Tooltip("value:Q", title=unit, format=",.0f"),
            ],
        )
        .properties(height=ROW * len(names) + 20)
    )
    return spec(chart)


def calibration(rows: Rows, names: Sequence[str]) -> Spec:
    """What was said (``chance``) against what came (``bought``); on the diagonal both agree."""
    ends = [{"at": 0.0}, {"at": 1.0}]
    diagonal = of(ends).mark_line(color=QUIET, strokeDash=[5, 4]).encode(x="at:Q", y="at:Q")
    colours = [f"var(--s{number % 10})" for number in range(len(names))]
    share = alt.Axis(format="%", tickCount=5)
    dots = (
        of(rows)
        .mark_line(point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X("chance:Q", title="chance that was said", axis=share),
            y=alt.Y("bought:Q", title="share who ordered", axis=share),
            color=alt.Color("name:N", title=None, scale=alt.Scale(domain=[*names], range=colours)),
            tooltip=[
                alt.Tooltip("name:N", title="model"),
                alt.Tooltip("chance:Q", title="said", format=".0%"),
                alt.Tooltip("bought:Q", title="came", format=".0%"),
            ],
        )
    )
    return spec(diagonal + dots)
