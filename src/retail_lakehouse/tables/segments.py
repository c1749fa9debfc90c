"""Gold of the segments: each customer's, their profiles, and months past."""

from retail_lakehouse.tables.gold import MODEL_ORIGIN, RFM_VALUES
from retail_lakehouse.tables.schema import CURRENCY, MONEY, Column, Table

CUSTOMER_SEGMENTS = Table(
    "gold",
    "customer_segments",
    "One row per customer of gold.customer_rfm",
    ("customer_id",),
    (
        Column("customer_id", "STRING", "Customer"),
        Column("segment", "STRING", "Name of the segment, from the cluster's centre"),
        Column("cluster", "INT", "Cluster number of the model version; means nothing by itself"),
        *RFM_VALUES,
        Column(
            "distance",
            "DOUBLE",
            "Euclidean distance to the cluster's centre in standardised log1p RFM space",
        ),
        Column("next_segment", "STRING", "Segment of the second nearest centre", True),
        Column(
            "next_distance",
            "DOUBLE",
            "Distance to that centre; near to distance: the assignment is a close call",
            True,
        ),
        *MODEL_ORIGIN,
    ),
    (
        ("distance_not_negative", "distance >= 0"),
        ("own_centre_is_nearest", "next_distance IS NULL OR next_distance >= distance"),
    ),
    written_by="publish-segments",
)

SEGMENT_PROFILES = Table(
    "gold",
    "segment_profiles",
    "One row per segment of gold.customer_segments",
    ("segment",),
    (
        Column("segment", "STRING", "Name of the segment"),
        Column("description", "STRING", "Who they are, in one sentence"),
        Column("recommended_action", "STRING", "What a shop does with them"),
        Column("customers", "BIGINT", "Customers"),
        Column("customer_share", "DOUBLE", "Share of all customers, 0 to 1"),
        Column("revenue", MONEY, f"Sum of monetary, {CURRENCY}"),
        Column("revenue_share", "DOUBLE", "Share of all customers' revenue, 0 to 1"),
        *(
            Column(f"{name}_{part}", kind, f"{words} of {name}, {unit}")
            for name, kind, unit in (
                ("recency_days", "DOUBLE", "days"),
                ("frequency", "DOUBLE", "invoices"),
                ("monetary", MONEY, CURRENCY),
            )
            for part, words in (
                ("q1", "Lower quartile"),
                ("median", "Median"),
                ("q3", "Upper quartile"),
            )
        ),
        Column("basket_products", "DOUBLE", "Median distinct products of an invoice"),
        Column("basket_value", MONEY, f"Median value of an invoice, {CURRENCY}"),
        Column(
            "top_products",
            "ARRAY<STRUCT<stock_code:STRING,description:STRING,lift:DOUBLE,customers:BIGINT>>",
            "Products by lift: share of the segment's purchased products over that of the shop's",
        ),
        *MODEL_ORIGIN,
    ),
    (
        ("has_customers", "customers >= 1"),
        ("shares_0_to_1", "customer_share BETWEEN 0 AND 1 AND revenue_share BETWEEN 0 AND 1"),
    ),
    written_by="publish-segments",
)

_MONTH_END = Column(
    "month_end", "DATE", "Midnight that ends the month; a run with this --as-of sees the same"
)

SEGMENT_HISTORY = Table(
    "gold",
    "segment_history",
    "One row per customer and end of a whole month before as_of, scored by the champion",
    ("customer_id", "month_end"),
    (
        Column("customer_id", "STRING", "Customer"),
        _MONTH_END,
        Column("segment", "STRING", "Segment at the month's end"),
        *RFM_VALUES,
        *MODEL_ORIGIN,
    ),
    (("month_ends_at_midnight_of_the_1st", "day(month_end) = 1"),),
    written_by="segment-history",
    clustered_by=("customer_id",),
)

SEGMENT_MIGRATIONS = Table(
    "gold",
    "segment_migrations",
    "One row per month, segment at the end of the month before, and segment at its end",
    ("month_end", "from_segment", "to_segment"),
    (
        _MONTH_END,
        Column("from_segment", "STRING", "Segment a month before; (none): not a customer yet"),
        Column("to_segment", "STRING", "Segment at the month's end; (none): all taken back"),
        Column("customers", "BIGINT", "Customers"),
        Column("revenue", MONEY, f"Their monetary to date at the month's end, {CURRENCY}"),
        *MODEL_ORIGIN,
    ),
    (("has_customers", "customers >= 1"),),
    written_by="segment-history",
)

FEATURE_DRIFT = Table(
    "gold",
    "feature_drift",
    "One row per month, feature and reference",
    ("month_end", "feature", "reference"),
    (
        _MONTH_END,
        Column("feature", "STRING", "recency_days, frequency or monetary"),
        Column("reference", "STRING", "Compared with: training (the model's) or previous_month"),
        Column("customers", "BIGINT", "Customers at the month's end"),
        Column(
            "psi", "DOUBLE", "Population stability index over deciles of the training customers"
        ),
        Column("drift", "STRING", "none: psi below 0.1; moderate: below 0.25; large: from there"),
        *MODEL_ORIGIN,
    ),
    (("psi_not_negative", "psi >= 0"), ("known_drift", "drift IN ('none', 'moderate', 'large')")),
    written_by="segment-history",
)
