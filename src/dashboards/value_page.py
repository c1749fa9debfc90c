"""The page of customer value: who is due, who is at risk and worth it, and how true that is."""

from dashboards.layout import Page, row
from dashboards.widgets import (
    AMOUNT,
    CATEGORY,
    MONEY,
    PERCENT,
    PERCENT_AXIS,
    WHOLE,
    Chart,
    Counter,
    Field,
    Grid,
    Text,
    exactly,
)

_CUSTOMER = Field("customer_id", "Customer")
_SEGMENT = Field("segment", "Segment", scale=CATEGORY)
_REASON = Field("reason", "Why")
_ORDERS = Field("probability_90_days", "Order within 90 days", PERCENT)
_IN_90_DAYS = Field("expected_spend_90_days", "Expected in 90 days", MONEY)
_IN_A_YEAR = Field("expected_spend_12_months", "Expected in 12 months", MONEY)

PAGE = Page(
    "value",
    "Customer value",
    (
        row(1, Text("value-title", "## Customer value")),
        row(
            3,
            Counter(name="expected-90-days", query="value_totals", value=_IN_90_DAYS),
            Counter(name="expected-12-months", query="value_totals", value=_IN_A_YEAR),
            Counter(
                name="due-count",
                query="value_totals",
                value=Field("due", "Customers due this week", WHOLE),
            ),
            Counter(name="value-as-of", query="value_totals", value=Field("as_of", "As of")),
        ),
        row(
            7,
            Grid(
                name="due",
                query="value_due",
                title="Due this week, the largest expected spend first",
                description="Their next order is expected within the week, or their usual gap ends "
                "in it.",
                columns=(
                    _CUSTOMER,
                    Field("next_order_on", "Next order about"),
                    Field("probability_30_days", "Order within 30 days", PERCENT),
                    Field("expected_orders_90_days", "Orders in 90 days", exactly(1)),
                    _IN_90_DAYS,
                    Field("average_basket", "Average order", MONEY),
                    _REASON,
                ),
            ),
        ),
        row(
            7,
            Grid(
                name="at-risk",
                query="value_at_risk",
                title="At risk and worth it",
                description="A third or more of such customers do not order within a year, and "
                "more is expected of each than of half of all.",
                columns=(
                    _CUSTOMER,
                    _SEGMENT,
                    Field("churn_risk", "No order in a year", PERCENT),
                    Field("spend", "Spent so far", MONEY),
                    _IN_A_YEAR,
                    _ORDERS,
                    _REASON,
                ),
            ),
        ),
        row(
            6,
            Chart(
                name="value-by-segment",
                kind="bar",
                query="value_by_segment",
                title="Expected spend of 12 months by segment",
                x=_SEGMENT,
                y=Field("expected_spend_12_months", "Expected in 12 months", MONEY, AMOUNT),
            ),
            Grid(
                name="segment-value",
                query="value_by_segment",
                title="Expected by segment",
                columns=(
                    _SEGMENT,
                    Field("customers", "Customers", WHOLE),
                    _ORDERS,
                    _IN_90_DAYS,
                    _IN_A_YEAR,
                    Field("expected_each", "Each, in 12 months", MONEY),
                ),
            ),
        ),
        row(
            6,
            Chart(
                name="calibration",
                kind="line",
                query="value_calibration",
                title="Are the chances true?",
                description="Tenths of the customers, orders within 90 days: on the diagonal, as "
                "many ordered as was said. Trees correct BG/NBD and Gamma-Gamma.",
                x=Field("chance", "Chance that was said", PERCENT_AXIS, AMOUNT),
                y=Field("bought", "Share who ordered", PERCENT_AXIS, AMOUNT),
                color=Field("model", "Model", scale=CATEGORY),
            ),
            Grid(
                name="value-models",
                query="value_models",
                title="How good forecasts of the last 90 days were",
                description="Bias: forecast over what came, less 1; the level moves with the "
                "season. In interval: 80 % is right.",
                columns=(
                    Field("model", "Model"),
                    Field("auc", "AUC", exactly(3)),
                    Field("brier", "Brier score", exactly(3)),
                    Field("brier_low", "From", exactly(3)),
                    Field("brier_high", "To", exactly(3)),
                    Field("gini", "Gini of spend", exactly(3)),
                    Field("bias_orders", "Bias of orders", PERCENT),
                    Field("bias_spend", "Bias of spend", PERCENT),
                    Field("within_spend", "In interval", PERCENT),
                    Field("customers", "Customers", WHOLE),
                ),
            ),
        ),
    ),
)
