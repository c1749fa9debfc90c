"""The page of the data's quality: lines, checks, and whether customers drift from the model's."""

from dashboards.layout import Page, row
from dashboards.widgets import (
    AMOUNT,
    CATEGORY,
    PERCENT,
    PERCENT_AXIS,
    TIME,
    WHOLE,
    Chart,
    Counter,
    Field,
    Grid,
    Text,
    at_most,
    exactly,
)

_LINES = Field("lines", "Lines", WHOLE, AMOUNT)
_PSI = "Population stability index: below 0.1 none, below 0.25 moderate, above it large."


def _drift(name: str, title: str, description: str) -> Chart:
    """PSI of each feature, month by month."""
    return Chart(
        name=f"drift-{name}",
        kind="line",
        query=f"drift_{name}",
        title=title,
        description=description,
        x=Field("month_end", "Month's end", scale=TIME),
        y=Field("psi", "PSI", exactly(3), AMOUNT),
        color=Field("feature", "Feature", scale=CATEGORY),
    )


PAGE = Page(
    "data-quality",
    "Data quality",
    (
        row(1, Text("data-quality-title", "## Data quality")),
        row(
            3,
            Counter(
                name="lines-in",
                query="line_totals",
                value=Field("lines_in", "Lines received", WHOLE),
            ),
            Counter(
                name="failed-checks",
                query="line_totals",
                value=Field("failed_checks", "Checks that failed", WHOLE),
            ),
            Counter(name="quality-as-of", query="line_totals", value=Field("as_of", "As of")),
        ),
        row(
            6,
            Chart(
                name="lines",
                kind="bar",
                query="lines",
                title="Lines from source to outcome",
                x=Field("part", "File or sheet", scale=CATEGORY),
                y=_LINES,
                color=Field("outcome", "Outcome", scale=CATEGORY),
            ),
            Grid(
                name="rejects",
                query="rejects",
                title="Why lines were rejected",
                description="Some lines of each reason: retail-lakehouse rejects.",
                columns=(
                    Field("reason", "Reason"),
                    Field("meaning", "What it means"),
                    Field("remedy", "What to do"),
                    Field("lines", "Lines", WHOLE),
                    Field("share", "Of the rejected", PERCENT),
                ),
            ),
            widths=(4, 8),
        ),
        row(
            6,
            Grid(
                name="checks",
                query="checks",
                title="Checks",
                columns=(
                    Field("table_name", "Table"),
                    Field("check_name", "Check"),
                    Field("part", "Part"),
                    Field("found", "Value", at_most(3)),
                    Field("outcome", "Outcome"),
                ),
            ),
            Chart(
                name="rejects-by-run",
                kind="bar",
                query="rejects_by_run",
                title="Share of lines rejected, by as-of date",
                x=Field("as_of", "As of", scale=TIME),
                y=Field("rejected_share", "Rejected", PERCENT_AXIS, AMOUNT),
            ),
        ),
        row(
            6,
            _drift(
                "training",
                "Drift against the training customers",
                f"{_PSI} Earlier months of a young shop differ by nature.",
            ),
            _drift("month", "Drift against the month before", _PSI),
        ),
    ),
)
