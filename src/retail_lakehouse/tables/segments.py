"""Gold of the segments: each customer's, their profiles, and months past."""

from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.gold import CUSTOMER_ID, MODEL_ORIGIN, MONTH_ORIGIN, RFM_VALUES
from retail_lakehouse.tables.schema import CURRENCY, MONEY, Column, Table

CUSTOMER_SEGMENTS = Table(
    layer="gold",
    name="customer_segments",
    grain="One row per customer of gold.customer_rfm",
    key=(c.CUSTOMER_ID,),
    columns=(
        CUSTOMER_ID,
        Column(c.SEGMENT, "STRING", "Name of the segment, from the cluster's centre"),
        Column(c.CLUSTER, "INT", "Cluster number of the model version; means nothing by itself"),
        *RFM_VALUES,
        Column(
            c.DISTANCE,
            "DOUBLE",
            "Euclidean distance to the cluster's centre in standardised log1p RFM space",
        ),
        Column(c.NEXT_SEGMENT, "STRING", "Segment of the second nearest centre", nullable=True),
        Column(
            c.NEXT_DISTANCE,
            "DOUBLE",
            "Distance to that centre; near to distance: the assignment is a close call",
            nullable=True,
        ),
        *MODEL_ORIGIN,
    ),
    checks=(
        ("distance_not_negative", "distance >= 0"),
        ("own_centre_is_nearest", "next_distance IS NULL OR next_distance >= distance"),
    ),
    written_by="publish-segments",
)


def _quartiles(names: tuple[str, str, str], kind: str, of: str) -> tuple[Column, ...]:
    words = ("Lower quartile", "Median", "Upper quartile")
    return tuple(
        Column(name, kind, f"{word} of {of}") for name, word in zip(names, words, strict=True)
    )


SEGMENT_PROFILES = Table(
    layer="gold",
    name="segment_profiles",
    grain="One row per segment of gold.customer_segments",
    key=(c.SEGMENT,),
    columns=(
        Column(c.SEGMENT, "STRING", "Name of the segment"),
        Column(c.DESCRIPTION, "STRING", "Who they are, in one sentence"),
        Column(c.RECOMMENDED_ACTION, "STRING", "What a shop does with them"),
        Column(c.CUSTOMERS, "BIGINT", "Customers"),
        Column(c.CUSTOMER_SHARE, "DOUBLE", "Share of all customers, 0 to 1"),
        Column(c.REVENUE, MONEY, f"Sum of monetary, {CURRENCY}"),
        Column(c.REVENUE_SHARE, "DOUBLE", "Share of all customers' revenue, 0 to 1"),
        *_quartiles(
            (c.RECENCY_DAYS_Q1, c.RECENCY_DAYS_MEDIAN, c.RECENCY_DAYS_Q3),
            "DOUBLE",
            f"{c.RECENCY_DAYS}, days",
        ),
        *_quartiles(
            (c.FREQUENCY_Q1, c.FREQUENCY_MEDIAN, c.FREQUENCY_Q3),
            "DOUBLE",
            f"{c.FREQUENCY}, invoices",
        ),
        *_quartiles(
            (c.MONETARY_Q1, c.MONETARY_MEDIAN, c.MONETARY_Q3), MONEY, f"{c.MONETARY}, {CURRENCY}"
        ),
        Column(
            c.PROBABILITY_90_DAYS,
            "DOUBLE",
            "Mean chance of an order within 90 days from as_of, of gold.customer_value",
        ),
        Column(
            c.EXPECTED_SPEND_12_MONTHS,
            MONEY,
            f"Expected spend of all its customers in the 365 days from as_of, {CURRENCY}",
        ),
        Column(
            c.WORTH_WRITING_TO,
            "BIGINT",
            "Customers of the segment whose expected_spend_12_months is in the shop's upper half",
        ),
        Column(c.BASKET_PRODUCTS, "DOUBLE", "Median distinct products of an invoice"),
        Column(c.BASKET_VALUE, MONEY, f"Median value of an invoice, {CURRENCY}"),
        Column(
            c.TOP_PRODUCTS,
            "ARRAY<STRUCT<stock_code:STRING,description:STRING,lift:DOUBLE,customers:BIGINT>>",
            "Products by lift: share of the segment's purchased products over that of the shop's",
        ),
        *MODEL_ORIGIN,
    ),
    checks=(
        ("has_customers", "customers >= 1"),
        ("shares_0_to_1", "customer_share BETWEEN 0 AND 1 AND revenue_share BETWEEN 0 AND 1"),
    ),
    written_by="publish-segments",
)

_MONTH_END = Column(
    c.MONTH_END, "DATE", "Midnight that ends the month; a run with this --as-of sees the same"
)

SEGMENT_HISTORY = Table(
    layer="gold",
    name="segment_history",
    grain="One row per customer and end of a whole month before as_of, scored by the champion",
    key=(c.CUSTOMER_ID, c.MONTH_END),
    columns=(
        CUSTOMER_ID,
        _MONTH_END,
        Column(c.SEGMENT, "STRING", "Segment at the month's end"),
        *RFM_VALUES,
        *MONTH_ORIGIN,
    ),
    checks=(("month_ends_at_midnight_of_the_1st", "day(month_end) = 1"),),
    written_by="segment-history",
    clustered_by=(c.CUSTOMER_ID,),
)

SEGMENT_MIGRATIONS = Table(
    layer="gold",
    name="segment_migrations",
    grain="One row per month, segment at the end of the month before, and segment at its end",
    key=(c.MONTH_END, c.FROM_SEGMENT, c.TO_SEGMENT),
    columns=(
        _MONTH_END,
        Column(c.FROM_SEGMENT, "STRING", "Segment a month before; (none): not a customer yet"),
        Column(c.TO_SEGMENT, "STRING", "Segment at the month's end; (none): all taken back"),
        Column(c.CUSTOMERS, "BIGINT", "Customers"),
        Column(c.REVENUE, MONEY, f"Their monetary to date at the month's end, {CURRENCY}"),
        *MONTH_ORIGIN,
    ),
    checks=(("has_customers", "customers >= 1"),),
    written_by="segment-history",
)

FEATURE_DRIFT = Table(
    layer="gold",
    name="feature_drift",
    grain="One row per month, feature and reference",
    key=(c.MONTH_END, c.FEATURE, c.REFERENCE),
    columns=(
        _MONTH_END,
        Column(c.FEATURE, "STRING", "recency_days, frequency or monetary"),
        Column(c.REFERENCE, "STRING", "Compared with: training (the model's) or previous_month"),
        Column(c.CUSTOMERS, "BIGINT", "Customers at the month's end"),
        Column(
            c.PSI, "DOUBLE", "Population stability index over deciles of the training customers"
        ),
        Column(c.DRIFT, "STRING", "none: psi below 0.1; moderate: below 0.25; large: from there"),
        *MONTH_ORIGIN,
    ),
    checks=(
        ("psi_not_negative", "psi >= 0"),
        ("known_drift", "drift IN ('none', 'moderate', 'large')"),
    ),
    written_by="segment-history",
)
