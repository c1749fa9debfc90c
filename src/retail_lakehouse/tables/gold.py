"""Gold that segments and recommendations start from, columns they share, and data quality."""

from retail_lakehouse.tables.schema import CURRENCY, MONEY, QUANTITY, UNIT_PRICE, Column, Table

PRODUCTS = Table(
    "gold",
    "products",
    "One row per stock code sold before as_of, reversed sales left out",
    ("stock_code",),
    (
        Column("stock_code", "STRING", "Product code"),
        Column("description", "STRING", "Name on its latest named sale", True),
        Column("first_description", "STRING", "Name on its first named sale", True),
        Column("first_sold_at", "TIMESTAMP", "First sale, local time"),
        Column("last_sold_at", "TIMESTAMP", "Last sale, local time"),
        Column("units", QUANTITY, "Units sold"),
        Column("revenue", MONEY, f"Sum of amounts, {CURRENCY}"),
        Column("customers", "BIGINT", "Distinct identified customers"),
    ),
    (("sold", "units > 0"), ("in_order", "first_sold_at <= last_sold_at")),
    written_by="gold",
)

RFM_VALUES = (
    Column("recency_days", "INT", "Days from the last purchase's date to as_of; 1: the day before"),
    Column("frequency", "BIGINT", "Distinct invoices; a number on another day is another one"),
    Column("monetary", MONEY, f"Sum of amounts of sales that stand, {CURRENCY}"),
)

CUSTOMER_RFM = Table(
    "gold",
    "customer_rfm",
    "One row per identified customer with a purchase before as_of, reversed sales left out",
    ("customer_id",),
    (
        Column("customer_id", "STRING", "Customer"),
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
    written_by="gold",
)

INTERACTIONS = Table(
    "gold",
    "interactions",
    "One row per identified customer and product bought before as_of, reversed sales left out",
    ("customer_id", "stock_code"),
    (
        Column("customer_id", "STRING", "Customer"),
        Column("stock_code", "STRING", "Product code"),
        Column("quantity", QUANTITY, "Units bought"),
        Column("invoices", "BIGINT", "Distinct invoices with the product"),
        Column("last_purchased_at", "TIMESTAMP", "Last purchase, local time"),
    ),
    (("bought", "quantity > 0 AND invoices > 0"),),
    written_by="gold",
    clustered_by=("customer_id",),
)

PURCHASES = Table(
    "gold",
    "purchases",
    "One row per identified customer, invoice of a day, product bought before as_of, reversed or "
    "not",
    ("customer_id", "invoice", "stock_code", "sold_at"),
    (
        Column("customer_id", "STRING", "Customer"),
        Column("invoice", "STRING", "Invoice number"),
        Column("stock_code", "STRING", "Product code"),
        Column("sold_at", "TIMESTAMP", "When it was sold, local time"),
        Column(
            "reversed_at",
            "TIMESTAMP",
            "When the last of its lines was taken back, before as_of; null: some of it stands",
            True,
        ),
        Column("quantity", QUANTITY, "Units bought"),
        Column("unit_price", UNIT_PRICE, f"Mean price per unit over the lines, {CURRENCY}"),
        Column("country", "STRING", "Country on the customer's first purchase", True),
        Column("first_time", "BOOLEAN", "Not on an earlier invoice of the customer"),
    ),
    (("bought", "quantity > 0"),),
    written_by="gold",
    clustered_by=("customer_id",),
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
        Column("value", MONEY, f"Lines, rows, customers, units or {CURRENCY}, by the measure"),
        Column("passed", "BOOLEAN", "Outcome of a check; null: a count only", True),
    ),
    written_by="quality",
    keeps_rows=True,
)

MODEL_ORIGIN = (
    Column("model_version", "INT", "Version in the MLflow model registry"),
    Column("as_of", "DATE", "The model and its input saw only lines before this midnight"),
)
