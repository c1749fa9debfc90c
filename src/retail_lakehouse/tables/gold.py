"""Gold that segments and recommendations start from, columns they share, and data quality."""

from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.schema import CURRENCY, MONEY, QUANTITY, UNIT_PRICE, Column, Table

CUSTOMER_ID = Column(c.CUSTOMER_ID, "STRING", "Customer")
STOCK_CODE = Column(c.STOCK_CODE, "STRING", "Product code")

PRODUCTS = Table(
    layer="gold",
    name="products",
    grain="One row per stock code sold before as_of, reversed sales left out",
    key=(c.STOCK_CODE,),
    columns=(
        STOCK_CODE,
        Column(c.DESCRIPTION, "STRING", "Name on its latest named sale", nullable=True),
        Column(c.FIRST_DESCRIPTION, "STRING", "Name on its first named sale", nullable=True),
        Column(c.FIRST_SOLD_AT, "TIMESTAMP", "First sale, local time"),
        Column(c.LAST_SOLD_AT, "TIMESTAMP", "Last sale, local time"),
        Column(c.UNITS, QUANTITY, "Units sold"),
        Column(c.REVENUE, MONEY, f"Sum of amounts, {CURRENCY}"),
        Column(c.CUSTOMERS, "BIGINT", "Distinct identified customers"),
    ),
    checks=(("sold", "units > 0"), ("in_order", "first_sold_at <= last_sold_at")),
    written_by="gold",
)

RFM_VALUES = (
    Column(c.RECENCY_DAYS, "INT", "Days from the last purchase's date to as_of; 1: the day before"),
    Column(c.FREQUENCY, "BIGINT", "Distinct invoices; a number on another day is another one"),
    Column(c.MONETARY, MONEY, f"Sum of amounts of sales that stand, {CURRENCY}"),
)

CUSTOMER_RFM = Table(
    layer="gold",
    name="customer_rfm",
    grain="One row per identified customer with a purchase before as_of, reversed sales left out",
    key=(c.CUSTOMER_ID,),
    columns=(
        CUSTOMER_ID,
        *RFM_VALUES,
        Column(c.FIRST_PURCHASE_AT, "TIMESTAMP", "First purchase, local time"),
        Column(c.LAST_PURCHASE_AT, "TIMESTAMP", "Last purchase, local time"),
        Column(c.COUNTRY, "STRING", "Country on the latest purchase", nullable=True),
        Column(c.R_SCORE, "INT", "Quintile of recency, 5: the most recent fifth"),
        Column(c.F_SCORE, "INT", "Quintile of frequency, 5: the most frequent fifth"),
        Column(c.M_SCORE, "INT", "Quintile of monetary, 5: the highest fifth"),
    ),
    checks=(
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
    layer="gold",
    name="interactions",
    grain="One row per identified customer and product bought before as_of, reversed sales left "
    "out",
    key=(c.CUSTOMER_ID, c.STOCK_CODE),
    columns=(
        CUSTOMER_ID,
        STOCK_CODE,
        Column(c.QUANTITY, QUANTITY, "Units bought"),
        Column(c.INVOICES, "BIGINT", "Distinct invoices with the product"),
        Column(c.LAST_PURCHASED_AT, "TIMESTAMP", "Last purchase, local time"),
    ),
    checks=(("bought", "quantity > 0 AND invoices > 0"),),
    written_by="gold",
    clustered_by=(c.CUSTOMER_ID,),
)

PURCHASES = Table(
    layer="gold",
    name="purchases",
    grain="One row per identified customer, invoice of a day, product bought before as_of, "
    "reversed or not",
    key=(c.CUSTOMER_ID, c.INVOICE, c.STOCK_CODE, c.SOLD_AT),
    columns=(
        CUSTOMER_ID,
        Column(c.INVOICE, "STRING", "Invoice number"),
        STOCK_CODE,
        Column(c.SOLD_AT, "TIMESTAMP", "When it was sold, local time"),
        Column(
            c.REVERSED_AT,
            "TIMESTAMP",
            "When the last of its lines was taken back, before as_of; null: some of it stands",
            nullable=True,
        ),
        Column(c.QUANTITY, QUANTITY, "Units bought"),
        Column(c.UNIT_PRICE, UNIT_PRICE, f"Mean price per unit over the lines, {CURRENCY}"),
        Column(c.COUNTRY, "STRING", "Country on the customer's first purchase", nullable=True),
        Column(c.FIRST_TIME, "BOOLEAN", "Not on an earlier invoice of the customer"),
    ),
    checks=(("bought", "quantity > 0"),),
    written_by="gold",
    clustered_by=(c.CUSTOMER_ID,),
)

DATA_QUALITY = Table(
    layer="gold",
    name="data_quality",
    grain="One row per run, table, measure and part; a run is one state of bronze seen at one "
    "as_of",
    key=(c.RUN_ID, c.TABLE_NAME, c.MEASURE, c.PART),
    columns=(
        Column(c.RUN_ID, "STRING", "as_of and a hash of the batches in bronze"),
        Column(c.AS_OF, "DATE", "The run saw only lines before this midnight"),
        Column(c.TABLE_NAME, "STRING", "Table the measure is about, with its layer"),
        Column(c.MEASURE, "STRING", "What was counted, or the check's name"),
        Column(c.PART, "STRING", "File and sheet, or reject reason; ALL: the whole table"),
        Column(
            c.LEVEL,
            "STRING",
            "What a check that is not passed does: warn: it is said; fail: the run stops before "
            "gold; null: it is a count, or looks at gold itself",
            nullable=True,
        ),
        Column(c.BOUND, MONEY, "What the value of an expectation may not be above", nullable=True),
        Column(c.VALUE, MONEY, f"Lines, rows, customers, units or {CURRENCY}, by the measure"),
        Column(c.PASSED, "BOOLEAN", "Outcome of a check; null: a count only", nullable=True),
    ),
    written_by="quality",
    keeps_rows=True,
)

MODEL_ORIGIN = (
    Column(c.MODEL_VERSION, "INT", "Version in the MLflow model registry"),
    Column(c.AS_OF, "DATE", "The model and its input saw only lines before this midnight"),
)

MONTH_ORIGIN = (
    MODEL_ORIGIN[0],
    Column(
        c.AS_OF,
        "DATE",
        "The month's end: values saw only lines before it, whatever the model has seen",
    ),
)
