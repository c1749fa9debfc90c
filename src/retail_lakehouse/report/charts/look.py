"""How all charts look, and what they have in common. Colours are variables of the page."""

from collections.abc import Sequence
from typing import Any

import altair as alt

Rows = Sequence[dict[str, Any]]
Spec = dict[str, Any]

INK, QUIET, LINE = "var(--ink)", "var(--quiet)", "var(--line)"
ACCENT, SECOND = "var(--accent)", "var(--second)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
# What all charts have in common; the browser puts it under each of them.
CONFIG: Spec = {
    "background": None,
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": LINE, "gridColor": LINE, "tickColor": LINE, "labelColor": QUIET,
        "titleColor": QUIET, "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12, "labelLimit": 220,
    },
    "legend": {
        "labelColor": INK, "titleColor": QUIET, "titleFontWeight": "normal",
        "labelFontSize": 12, "orient": "top", "symbolType": "circle",
    },
    "header": {"labelColor": INK, "titleColor": QUIET},
    "aria": False,
}  # fmt: skip
HEIGHT = 280
ROW = 26


MONTHS = alt.Axis(
    format="%b %Y",
    labelAngle=0,
    labelOverlap=True,
    tickCount=alt.TimeIntervalStep(interval="month", step=3),
    grid=False,
)
LARGE = alt.Axis(format="~s", tickCount=5)
NAMES = alt.Axis(labelColor=INK, ticks=False, domain=False)


def of_segments(names: Sequence[str], colours: Sequence[str]) -> alt.Color:
    """Segments in their own colours, with a legend."""
    scale = alt.Scale(domain=[*names], range=[*colours])
    return alt.Color("segment:N", title=None, scale=scale)


def of(rows: Rows) -> alt.Chart:
    """A chart of these rows."""
    return alt.Chart(alt.InlineData(values=[*rows]), width="container", height=HEIGHT)


def spec(chart: alt.Chart | alt.LayerChart) -> Spec:
    """As the browser wants it; Altair checks it against Vega-Lite's schema."""
    made: Spec = chart.properties(width="container").to_dict()
    # The page has its own.
    del made["config"]
    return made
