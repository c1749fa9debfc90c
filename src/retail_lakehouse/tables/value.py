"""Gold of customer value: what each customer will do, and how good such forecasts are."""

from dataclasses import dataclass, replace

from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.gold import MODEL_ORIGIN
from retail_lakehouse.tables.schema import CURRENCY, MONEY, Column, Table


@dataclass(frozen=True)
class Interval:
    """Names of the columns of something expected, and of the ends of its interval."""

    mean: str
    low: str
    high: str

    @property
    def check(self) -> tuple[str, str]:
        """That its ends lie around it."""
        return (
            f"{self.mean.removeprefix('expected_')}_in_interval",
            f"{self.low} >= 0 AND {self.low} <= {self.mean} AND {self.mean} <= {self.high}",
        )


ORDERS_90_DAYS = Interval(
    c.EXPECTED_ORDERS_90_DAYS, c.EXPECTED_ORDERS_90_DAYS_LOW, c.EXPECTED_ORDERS_90_DAYS_HIGH
)
ORDERS_12_MONTHS = Interval(
    c.EXPECTED_ORDERS_12_MONTHS, c.EXPECTED_ORDERS_12_MONTHS_LOW, c.EXPECTED_ORDERS_12_MONTHS_HIGH
)
SPEND_90_DAYS = Interval(
    c.EXPECTED_SPEND_90_DAYS, c.EXPECTED_SPEND_90_DAYS_LOW, c.EXPECTED_SPEND_90_DAYS_HIGH
)
SPEND_12_MONTHS = Interval(
    c.EXPECTED_SPEND_12_MONTHS, c.EXPECTED_SPEND_12_MONTHS_LOW, c.EXPECTED_SPEND_12_MONTHS_HIGH
)
_INTERVALS = (ORDERS_90_DAYS, ORDERS_12_MONTHS, SPEND_90_DAYS, SPEND_12_MONTHS)


def _expected(orders: Interval, spend: Interval, words: str) -> tuple[Column, ...]:
    """Orders and spend in some days to come, each with its interval."""
    return tuple(
        Column(name, kind, f"{part} {unit} in the {words} from as_of")
        for names, kind, unit in (
            (orders, "DOUBLE", "invoices"),
            (spend, MONEY, f"spend, {CURRENCY},"),
        )
        for name, part in (
            (names.mean, "Expected"),
            (names.low, "Lower end of the 80 % interval of"),
            (names.high, "Upper end of the 80 % interval of"),
        )
    )


CUSTOMER_VALUE = Table(
    layer="gold",
    name="customer_value",
    grain="One row per identified customer with a purchase before as_of, reversed sales left out",
    key=(c.CUSTOMER_ID,),
    columns=(
        Column(c.CUSTOMER_ID, "STRING", "Customer"),
        Column(c.ORDERS, "BIGINT", "Distinct invoices so far"),
        Column(c.SPEND, MONEY, f"Sum of amounts of sales that stand, {CURRENCY}"),
        Column(c.AVERAGE_BASKET, MONEY, f"Mean value of an invoice so far, {CURRENCY}"),
        Column(
            c.DAYS_BETWEEN_ORDERS,
            "INT",
            "Mean days between days with an order; null: ordered on one day only",
            nullable=True,
        ),
        Column(c.DAYS_SINCE_ORDER, "INT", "Days from the last order's date to as_of; from 1"),
        Column(c.PROBABILITY_30_DAYS, "DOUBLE", "Chance of an order within 30 days from as_of"),
        Column(c.PROBABILITY_90_DAYS, "DOUBLE", "Chance of an order within 90 days from as_of"),
        *_expected(ORDERS_90_DAYS, SPEND_90_DAYS, "90 days"),
        *_expected(ORDERS_12_MONTHS, SPEND_12_MONTHS, "365 days"),
        Column(c.TOTAL_VALUE, MONEY, f"spend and expected_spend_12_months together, {CURRENCY}"),
        Column(
            c.PERCENTILE,
            "INT",
            "Of expected_spend_12_months: percent of customers of whom less is expected, 0 to 99",
        ),
        Column(c.CHURN_RISK, "DOUBLE", "Chance of no order within 365 days from as_of"),
        Column(c.CHURN_BAND, "STRING", "Of churn_risk: low below a third, high from two thirds"),
        Column(
            c.NEXT_ORDER_ON,
            "DATE",
            "Expected day of the next order: half of such customers have ordered by then, of those "
            "who have not left for good; at most a year ahead",
        ),
        Column(
            c.DUE_THIS_WEEK,
            "BOOLEAN",
            "Whether the next order is expected within 7 days from as_of, or days_between_orders, "
            "of three days with an order at least, end in them",
        ),
        Column(c.REASON, "STRING", "Rhythm and silence of the customer, for a person to read"),
        Column(
            c.MODEL,
            "STRING",
            "curve: modified BG/NBD and Gamma-Gamma; trees: trees that correct it",
        ),
        *MODEL_ORIGIN,
    ),
    checks=(
        ("bought", "orders >= 1 AND spend >= 0"),
        (
            "probabilities_in_order",
            "probability_30_days >= 0 AND probability_30_days <= probability_90_days "
            "AND probability_90_days + churn_risk <= 1.000001 AND churn_risk >= 0",
        ),
        *(interval.check for interval in _INTERVALS),
        ("adds_up", "total_value = spend + expected_spend_12_months"),
        ("known_band", "churn_band IN ('low', 'medium', 'high')"),
        ("known_model", "model IN ('curve', 'trees')"),
        ("to_come", "next_order_on >= as_of"),
    ),
    written_by="publish-value",
)

# What people read for what the column ``model`` calls them.
MODEL_TITLES = {
    "trees": "trees",
    "curve": "BG/NBD and Gamma-Gamma",
    "champion": "champion",
    "own_rate": "own rate",
    "recency": "recency alone",
    "last_90_days": "as the last 90 days",
}

_JUDGED = (
    Column(c.WINDOW_START, "DATE", "First day of the 90 days; forecasts saw only days before"),
    Column(c.MODEL, "STRING", "curve, trees, champion (older than the window), or a baseline"),
    Column(c.METRIC, "STRING", "Definitions in docs/value.md; days ahead are in its name"),
    Column(c.TENTH, "INT", "Tenth of the customers by rising chance, from 1; 0: all of them"),
    Column(c.VALUE, "DOUBLE", f"Its value; mae_spend in {CURRENCY}, all others without unit"),
    Column(
        c.LOW, "DOUBLE", "Lower end of the 95 % bootstrap interval over customers", nullable=True
    ),
    Column(c.HIGH, "DOUBLE", "Upper end", nullable=True),
    Column(c.CUSTOMERS, "BIGINT", "Customers judged: all who had bought before the window"),
)

VALUE_QUALITY = Table(
    layer="gold",
    name="value_quality",
    grain="One row per window, model, metric and tenth: the last windows before each training",
    key=(c.WINDOW_START, c.MODEL, c.METRIC, c.TENTH),
    columns=_JUDGED,
    checks=(("has_customers", "customers >= 1"), ("tenth_0_to_10", "tenth BETWEEN 0 AND 10")),
    written_by="train-value",
    keeps_rows=True,
)

VALUE_BACKTEST = replace(
    VALUE_QUALITY,
    name="value_backtest",
    grain="One row per window, model, metric and tenth: windows that a backtest judged",
    written_by="backtest",
)
