"""The page of the segments: who the customers are, what to do with them, and who moves."""

from dashboards.layout import Page, row
from dashboards.widgets import (
    AMOUNT,
    BLUES,
    CATEGORY,
    MONEY,
    PERCENT,
    PERCENT_AXIS,
    TIME,
    WHOLE,
    Chart,
    Counter,
    Field,
    Grid,
    Text,
    Together,
)

_MONTH = Field("month_end", "Month's end", scale=TIME)
_CUSTOMERS = Field("customers", "Customers", WHOLE, AMOUNT)
_SEGMENT = Field("segment", "Segment", scale=CATEGORY)

PAGE = Page(
    "segments",
    "Segments",
    (
        row(1, Text("segments-title", "## Segments")),
        row(
            3,
            Counter(
                name="customers",
                query="totals",
                value=Field("customers", "Customers", WHOLE),
            ),
            Counter(
                name="revenue",
                query="totals",
                value=Field("revenue", "Revenue from known customers", MONEY),
                description="Sales without a customer number and sales taken back in full are "
                "left out.",
            ),
            Counter(name="segments-as-of", query="totals", value=Field("as_of", "As of")),
        ),
        row(
            6,
            Chart(
                name="segment-shares",
                kind="bar",
                query="segments",
                title="Size against revenue",
                x=_SEGMENT,
                y=Together(
                    (Field("customer_share", "Customers"), Field("revenue_share", "Revenue")),
                    PERCENT_AXIS,
                ),
            ),
            Chart(
                name="segment-sizes",
                kind="area",
                query="segment_sizes",
                title="Sizes month by month",
                x=_MONTH,
                y=_CUSTOMERS,
                color=_SEGMENT,
            ),
        ),
        row(
            6,
            Grid(
                name="segment-profiles",
                query="segments",
                title="Who they are and what to do",
                description="Days, invoices, spent and spent an invoice: medians of the "
                "segment's customers.",
                columns=(
                    Field("segment", "Segment"),
                    Field("customers", "Customers", WHOLE),
                    Field("customer_share", "Of all customers", PERCENT),
                    Field("revenue_share", "Of all revenue", PERCENT),
                    Field("days_since_purchase", "Days since purchase", WHOLE),
                    Field("invoices", "Invoices", WHOLE),
                    Field("spent", "Spent", MONEY),
                    Field("basket", "Spent an invoice", MONEY),
                    Field("recommended_action", "What to do"),
                ),
            ),
        ),
        row(
            6,
            Chart(
                name="migrations",
                kind="heatmap",
                query="migrations",
                title="Who moved in the last whole month",
                description="Who stayed is left out.",
                x=Field("to_segment", "To", scale=CATEGORY),
                y=Field("from_segment", "From", scale=CATEGORY),
                color=Field("customers", "Customers", scale=BLUES),
            ),
            Chart(
                name="arrivals",
                kind="line",
                query="arrivals",
                title="Customers who moved into a segment",
                description="From another segment within the month.",
                x=_MONTH,
                y=_CUSTOMERS,
                color=Field("to_segment", "Into", scale=CATEGORY),
            ),
        ),
    ),
)
