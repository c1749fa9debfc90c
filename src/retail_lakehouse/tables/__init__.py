"""The contract: every table's grain, key, columns, types, units and checks.

Money is exact decimal in GBP. Timestamps are the shop's local time as the source writes it, kept
under a UTC session time zone so that no conversion ever happens.

schema.py says what a table is; bronze.py, silver.py and gold.py hold the layers' tables,
segments.py, recommend.py and value.py the rest of gold.
"""

from retail_lakehouse.tables.bronze import INVOICE_LINES, SOURCE_COLUMNS
from retail_lakehouse.tables.gold import (
    CUSTOMER_RFM,
    DATA_QUALITY,
    INTERACTIONS,
    MODEL_ORIGIN,
    PRODUCTS,
    PURCHASES,
    RFM_VALUES,
)
from retail_lakehouse.tables.recommend import (
    BACKTEST_QUALITY,
    POPULAR_PRODUCTS,
    RECOMMENDATION_BACKTEST,
    RECOMMENDATION_QUALITY,
    RECOMMENDATIONS,
    SIMILAR_PRODUCTS,
)
from retail_lakehouse.tables.schema import LAYERS, MONEY, UNIT_PRICE, Column, Table
from retail_lakehouse.tables.segments import (
    CUSTOMER_SEGMENTS,
    FEATURE_DRIFT,
    SEGMENT_HISTORY,
    SEGMENT_MIGRATIONS,
    SEGMENT_PROFILES,
)
from retail_lakehouse.tables.silver import REJECTED_LINES, RETURNS, SALES
from retail_lakehouse.tables.value import CUSTOMER_VALUE, VALUE_BACKTEST, VALUE_QUALITY

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
    CUSTOMER_VALUE,
    VALUE_QUALITY,
)
# A backtest alone writes their rows, and no others: it may run beside the steps.
BACKTEST_TABLES = (RECOMMENDATION_BACKTEST, BACKTEST_QUALITY, VALUE_BACKTEST)

__all__ = [
    "BACKTEST_QUALITY",
    "BACKTEST_TABLES",
    "CUSTOMER_RFM",
    "CUSTOMER_SEGMENTS",
    "CUSTOMER_VALUE",
    "DATA_QUALITY",
    "FEATURE_DRIFT",
    "INTERACTIONS",
    "INVOICE_LINES",
    "LAYERS",
    "MODEL_ORIGIN",
    "MONEY",
    "POPULAR_PRODUCTS",
    "PRODUCTS",
    "PURCHASES",
    "RECOMMENDATIONS",
    "RECOMMENDATION_BACKTEST",
    "RECOMMENDATION_QUALITY",
    "REJECTED_LINES",
    "RETURNS",
    "RFM_VALUES",
    "SALES",
    "SEGMENT_HISTORY",
    "SEGMENT_MIGRATIONS",
    "SEGMENT_PROFILES",
    "SIMILAR_PRODUCTS",
    "SOURCE_COLUMNS",
    "TABLES",
    "UNIT_PRICE",
    "VALUE_BACKTEST",
    "VALUE_QUALITY",
    "Column",
    "Table",
]
