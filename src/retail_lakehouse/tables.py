"""The contract: every table's grain, key, columns, types, units and checks.

Money is exact decimal in GBP. Timestamps are the shop's local time as the source writes it, kept
under a UTC session time zone so that no conversion ever happens.
"""

from dataclasses import dataclass

UNIT_PRICE = "DECIMAL(12,4)"
# An INT quantity (10 digits) times UNIT_PRICE (8 digits before the point) always fits.
MONEY = "DECIMAL(22,4)"

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Column:
    """One column: Spark SQL type, a comment that gives unit and meaning, and nullability."""

    name: str
    type: str
    comment: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table: ``checks`` are constraints' names with the SQL condition every row meets.

    ``stats_columns``: those that queries skip files by; none: Delta's default, the first 32.
    """

    layer: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[tuple[str, str], ...] = ()
    stats_columns: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """``layer.name``, as people call the table."""
        return f"{self.layer}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the order of the contract."""
        return tuple(column.name for column in self.columns)


SOURCE_COLUMNS = (
    Column("invoice", "STRING", "Invoice number as in the source; C…: cancellation", True),
    Column("stock_code", "STRING", "Product code as in the source", True),
    Column("description", "STRING", "Product name as in the source", True),
    Column("quantity", "STRING", "Units as in the source; negative in cancellations", True),
    Column("invoice_date", "STRING", "Local date and time as in the source", True),
    Column("price", "STRING", "Price per unit in GBP as in the source", True),
    Column("customer_id", "STRING", "Customer number as in the source; empty: anonymous", True),
    Column("country", "STRING", "Customer's country as in the source", True),
)

_LINE_ORIGIN = (
    Column("source_file", "STRING", "Name of the file the line came in"),
    Column("source_sheet", "STRING", "Sheet of a workbook; empty for CSV and Parquet"),
    Column("line_number", "INT", "Line within file and sheet, from 1, header not counted"),
    Column("batch_id", "STRING", "Kind of source and hash of the file's content"),
)

INVOICE_LINES = Table(
    "bronze",
    "invoice_lines",
    "One row per line of a source file, verbatim",
    ("batch_id", "source_sheet", "line_number"),
    (
        *SOURCE_COLUMNS,
        *_LINE_ORIGIN,
        Column("ingested_at", "TIMESTAMP", "When the line was loaded, UTC"),
    ),
    (("line_number_from_1", "line_number >= 1"),),
    ("batch_id",),
)


def _product_line(quantity_comment: str, date_comment: str) -> tuple[Column, ...]:
    return (
        Column("invoice", "STRING", "Invoice number"),
        Column("line_number", "INT", "Line within source file and sheet, from 1"),
        Column("stock_code", "STRING", "Product code, upper case"),
        Column("description", "STRING", "Product name on this line", True),
        Column("quantity", "INT", quantity_comment),
        Column("invoice_date", "TIMESTAMP", date_comment),
        Column("unit_price", UNIT_PRICE, "Price per unit, GBP"),
        Column("amount", MONEY, "quantity x unit_price, GBP"),
        Column("customer_id", "INT", "Customer; null: anonymous", True),
        Column("country", "STRING", "Customer's country", True),
    )


_PRODUCT_LINE_CHECKS = (
    ("quantity_positive", "quantity > 0"),
    ("stock_code_is_product", "stock_code RLIKE '^[0-9]{5}'"),
    ("amount_adds_up", "amount = quantity * unit_price"),
)

_SOURCE = (
    Column("source_file", "STRING", "Name of the file the line came in"),
    Column("source_sheet", "STRING", "Sheet of a workbook; empty for CSV and Parquet"),
)

SALES = Table(
    "silver",
    "sales",
    "One row per product line sold",
    ("invoice", "line_number"),
    (
        *_product_line("Units sold", "When it was sold, local time"),
        Column(
            "reversed_at",
            "TIMESTAMP",
            "When a later cancellation took the whole line back, local time; null: it stands",
            True,
        ),
        *_SOURCE,
    ),
    (
        *_PRODUCT_LINE_CHECKS,
        ("price_positive", "unit_price > 0"),
        ("reversed_later", "reversed_at IS NULL OR reversed_at > invoice_date"),
    ),
    ("invoice_date", "customer_id"),
)

RETURNS = Table(
    "silver",
    "returns",
    "One row per product line cancelled",
    ("invoice", "line_number"),
    (
        *_product_line("Units taken back, positive", "When it was cancelled, local time"),
        Column("sale_invoice", "STRING", "Invoice of the sale it reverses in full", True),
        *_SOURCE,
    ),
    (*_PRODUCT_LINE_CHECKS, ("is_cancellation", "invoice LIKE 'C%'")),
)

REJECTED_LINES = Table(
    "silver",
    "rejected_lines",
    "One row per bronze line that is neither sale nor return",
    INVOICE_LINES.key,
    (*INVOICE_LINES.columns, Column("reason", "STRING", "The first cleaning rule that fits")),
)

PRODUCTS = Table(
    "gold",
    "products",
    "One row per stock code sold before as_of, reversed sales left out",
    ("stock_code",),
    (
        Column("stock_code", "STRING", "Product code"),
        Column("description", "STRING", "Name on its latest named sale", True),
        Column("first_sold_at", "TIMESTAMP", "First sale, local time"),
        Column("last_sold_at", "TIMESTAMP", "Last sale, local time"),
        Column("units", "BIGINT", "Units sold"),
        Column("revenue", MONEY, "Sum of amounts, GBP"),
        Column("customers", "BIGINT", "Distinct identified customers"),
    ),
    (("sold", "units > 0"), ("in_order", "first_sold_at <= last_sold_at")),
)

RFM_VALUES = (
    Column("recency_days", "INT", "Days from the last purchase's date to as_of; 1: the day before"),
    Column("frequency", "BIGINT", "Distinct invoices"),
    Column("monetary", MONEY, "Sum of amounts of sales that stand, GBP"),
)

CUSTOMER_RFM = Table(
    "gold",
    "customer_rfm",
    "One row per identified customer with a purchase before as_of, reversed sales left out",
    ("customer_id",),
    (
        Column("customer_id", "INT", "Customer"),
        *RFM_VALUES,
        Column("first_purchase_at", "TIMESTAMP", "First purchase, local time"),
        Column("last_purchase_at", "TIMESTAMP", "Last purchase, local time"),
        Column("country", "STRING", "Country on the latest purchase", True),
        Column("r_score", "INT", "Quintile of recency, 5: the most recent fifth"),
        Column("f_score", "INT", "Quintile of frequency, 5: the most frequent fifth"),
        Column("m_score", "INT", "Quintile of monetary, 5: the highest fifth"),
    ),
    (
        ("recency_from_1", "recency_days >= 1"),
        ("bought", "frequency >= 1 AND monetary > 0"),
        (
            "scores_1_to_5",
            "r_score BETWEEN 1 AND 5 AND f_score BETWEEN 1 AND 5 AND m_score BETWEEN 1 AND 5",
        ),
    ),
)

INTERACTIONS = Table(
    "gold",
    "interactions",
    "One row per identified customer and product bought before as_of, reversed sales left out",
    ("customer_id", "stock_code"),
    (
        Column("customer_id", "INT", "Customer"),
        Column("stock_code", "STRING", "Product code"),
        Column("quantity", "BIGINT", "Units bought"),
        Column("invoices", "BIGINT", "Distinct invoices with the product"),
        Column("last_purchased_at", "TIMESTAMP", "Last purchase, local time"),
    ),
    (("bought", "quantity > 0 AND invoices > 0"),),
)

PURCHASES = Table(
    "gold",
    "purchases",
    "One row per identified customer, invoice and product bought before as_of, reversed or not",
    ("customer_id", "invoice", "stock_code"),
    (
        Column("customer_id", "INT", "Customer"),
        Column("invoice", "STRING", "Invoice number"),
        Column("stock_code", "STRING", "Product code"),
        Column("sold_at", "TIMESTAMP", "When it was sold, local time"),
        Column(
            "reversed_at",
            "TIMESTAMP",
            "When the last of its lines was taken back, before as_of; null: some of it stands",
            True,
        ),
        Column("quantity", "BIGINT", "Units bought"),
        Column("unit_price", UNIT_PRICE, "Mean price per unit over the lines, GBP"),
        Column("country", "STRING", "Country on the customer's first purchase", True),
        Column("first_time", "BOOLEAN", "Not on an earlier invoice of the customer"),
    ),
    (("bought", "quantity > 0"),),
)

DATA_QUALITY = Table(
    "gold",
    "data_quality",
    "One row per run, table, measure and part; a run is one state of bronze seen at one as_of",
    ("run_id", "table_name", "measure", "part"),
    (
        Column("run_id", "STRING", "as_of and a hash of the batches in bronze"),
        Column("as_of", "DATE", "The run saw only lines before this midnight"),
        Column("table_name", "STRING", "Table the measure is about, with its layer"),
        Column("measure", "STRING", "What was counted, or the check's name"),
        Column("part", "STRING", "File and sheet, or reject reason; ALL: the whole table"),
        Column("value", MONEY, "Lines, rows, customers or GBP, as the measure says"),
        Column("passed", "BOOLEAN", "Outcome of a check; null: a count only", True),
    ),
)

MODEL_ORIGIN = (
    Column("model_version", "INT", "Version in the MLflow model registry"),
    Column("as_of", "DATE", "The model and its input saw only lines before this midnight"),
)

CUSTOMER_SEGMENTS = Table(
    "gold",
    "customer_segments",
    "One row per customer of gold.customer_rfm",
    ("customer_id",),
    (
        Column("customer_id", "INT", "Customer"),
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
        Column("revenue", MONEY, "Sum of monetary, GBP"),
        Column("revenue_share", "DOUBLE", "Share of all customers' revenue, 0 to 1"),
        *(
            Column(f"{name}_{part}", kind, f"{words} of {name}, {unit}")
            for name, kind, unit in (
                ("recency_days", "DOUBLE", "days"),
                ("frequency", "DOUBLE", "invoices"),
                ("monetary", MONEY, "GBP"),
            )
            for part, words in (
                ("q1", "Lower quartile"),
                ("median", "Median"),
                ("q3", "Upper quartile"),
            )
        ),
        Column("basket_products", "DOUBLE", "Median distinct products of an invoice"),
        Column("basket_value", MONEY, "Median value of an invoice, GBP"),
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
        Column("customer_id", "INT", "Customer"),
        _MONTH_END,
        Column("segment", "STRING", "Segment at the month's end"),
        *RFM_VALUES,
        *MODEL_ORIGIN,
    ),
    (("month_ends_at_midnight_of_the_1st", "day(month_end) = 1"),),
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
        Column("revenue", MONEY, "Their monetary to date at the month's end, GBP"),
        *MODEL_ORIGIN,
    ),
    (("has_customers", "customers >= 1"),),
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
        Column("drift", "STRING", "none: psi below 0.1; moderate: below 0.25; large: above"),
        *MODEL_ORIGIN,
    ),
    (("psi_not_negative", "psi >= 0"), ("known_drift", "drift IN ('none', 'moderate', 'large')")),
)

_LISTED = (
    Column("customer_id", "INT", "Customer"),
    Column(
        "list",
        "STRING",
        "discover: never bought before; buy_again: own products; for_you: both in one ranking",
    ),
    Column("rank", "INT", "Place in the list, from 1"),
    Column("stock_code", "STRING", "Product code"),
    Column("description", "STRING", "Product name", True),
    Column(
        "score",
        "DOUBLE",
        "Chance that a customer who buys in the next window buys it; within one list only",
    ),
    Column("reason", "STRING", "Why it is in the list, for a person to read"),
    Column(
        "reason_stock_code",
        "STRING",
        "The product of the customer's history that the reason is about; null: what the shop sells",
        True,
    ),
    *MODEL_ORIGIN,
)
_LISTED_CHECKS = (
    ("rank_from_1", "rank >= 1"),
    ("known_list", "list IN ('for_you', 'discover', 'buy_again')"),
)

RECOMMENDATIONS = Table(
    "gold",
    "recommendations",
    "One row per customer, list and rank",
    ("customer_id", "list", "rank"),
    _LISTED,
    _LISTED_CHECKS,
)

RECOMMENDATION_BACKTEST = Table(
    "gold",
    "recommendation_backtest",
    "One row per window, customer, list and rank: lists as published on the day the window starts",
    ("as_of", "customer_id", "list", "rank"),
    _LISTED,
    _LISTED_CHECKS,
)

RECOMMENDATION_QUALITY = Table(
    "gold",
    "recommendation_quality",
    "One row per window, ranking, scope and metric; what was recommended against what was bought",
    ("window_start", "ranking", "scope", "metric"),
    (
        Column("window_start", "DATE", "First day of the window; rankings saw only days before"),
        Column("window_days", "INT", "Length of the window, days"),
        Column("ranking", "STRING", "A list of gold.recommendations, ALS alone, or a baseline"),
        Column(
            "scope",
            "STRING",
            "Products judged: all, new (never bought before) or repeat (bought before)",
        ),
        Column("metric", "STRING", "Mean over users at 10; definitions in docs/recommendations.md"),
        Column(
            "value",
            "DOUBLE",
            "Its value; novelty in bits, all others 0 to 1; cold_share is of the window's buyers",
        ),
        Column("low", "DOUBLE", "Lower end of the 95 % bootstrap interval over users", True),
        Column("high", "DOUBLE", "Upper end", True),
        Column("users", "BIGINT", "Customers judged: with history, and who bought such products"),
    ),
    (("has_users", "users >= 1"),),
)

POPULAR_PRODUCTS = Table(
    "gold",
    "popular_products",
    "One row per country and rank; what a customer without history gets",
    ("country", "rank"),
    (
        Column("country", "STRING", "Country of the customers; ALL: every country"),
        Column("rank", "INT", "Place, from 1"),
        Column("stock_code", "STRING", "Product code"),
        Column("description", "STRING", "Product name", True),
        Column("invoices", "BIGINT", "Invoices with it in the country in the last 30 days"),
        Column("as_of", "DATE", "Only lines before this midnight were seen"),
    ),
    (("rank_from_1", "rank >= 1"), ("invoices_not_negative", "invoices >= 0")),
)

SIMILAR_PRODUCTS = Table(
    "gold",
    "similar_products",
    "One row per product and rank: products that go with it",
    ("stock_code", "rank"),
    (
        Column("stock_code", "STRING", "Product code"),
        Column("rank", "INT", "Place, from 1"),
        Column("similar_stock_code", "STRING", "Code of the product that goes with it"),
        Column("description", "STRING", "Name of the product", True),
        Column("similar_description", "STRING", "Name of the one that goes with it", True),
        Column(
            "score", "DOUBLE", "Mean of two cosines: of the sets of buyers, shrunk, and of factors"
        ),
        Column("customers", "BIGINT", "Customers, of the sample, who bought both"),
        *MODEL_ORIGIN,
    ),
    (("rank_from_1", "rank >= 1"), ("another", "similar_stock_code <> stock_code")),
)

TABLES = (
    INVOICE_LINES,
    SALES,
    RETURNS,
    REJECTED_LINES,
    PRODUCTS,
    CUSTOMER_RFM,
    INTERACTIONS,
    PURCHASES,
    DATA_QUALITY,
    CUSTOMER_SEGMENTS,
    SEGMENT_PROFILES,
    SEGMENT_HISTORY,
    SEGMENT_MIGRATIONS,
    FEATURE_DRIFT,
    RECOMMENDATIONS,
    POPULAR_PRODUCTS,
    SIMILAR_PRODUCTS,
    RECOMMENDATION_QUALITY,
)
# Made only by a backtest.
BACKTEST_TABLES = (RECOMMENDATION_BACKTEST,)
