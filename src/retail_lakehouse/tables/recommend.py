"""Gold of the recommendations: customers' lists, how good they are, and products' neighbours."""

from dataclasses import replace

from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.gold import CUSTOMER_ID, MODEL_ORIGIN, STOCK_CODE
from retail_lakehouse.tables.lists import LIST_NAMES, LISTS
from retail_lakehouse.tables.schema import Column, Table

_DESCRIPTION = Column(c.DESCRIPTION, "STRING", "Product name", nullable=True)
_RANK = Column(c.RANK, "INT", "Place, from 1")
_RANK_FROM_1 = ("rank_from_1", "rank >= 1")

_LISTED = (
    CUSTOMER_ID,
    Column(
        c.LIST,
        "STRING",
        "; ".join(f"{spec.name}: {spec.meaning}" for spec in LISTS),
    ),
    Column(c.RANK, "INT", "Place in the list, from 1"),
    STOCK_CODE,
    _DESCRIPTION,
    Column(
        c.SCORE,
        "DOUBLE",
        "Chance that a customer who buys in the next window buys it; in a shop too young to train "
        "rankers an order only. Comparable within one list",
    ),
    Column(c.REASON, "STRING", "Why it is in the list, for a person to read"),
    Column(
        c.REASON_STOCK_CODE,
        "STRING",
        "The product of the customer's history that the reason is about; null: what the shop sells",
        nullable=True,
    ),
    *MODEL_ORIGIN,
)
_LISTED_CHECKS = (
    _RANK_FROM_1,
    ("known_list", f"list IN {LIST_NAMES}"),
)

_JUDGED = (
    Column(c.WINDOW_START, "DATE", "First day of the window; rankings saw only days before"),
    Column(c.WINDOW_DAYS, "INT", "Length of the window, days"),
    Column(c.RANKING, "STRING", "A list of gold.recommendations, ALS alone, or a baseline"),
    Column(
        c.SCOPE,
        "STRING",
        "Products judged: all, new (never bought before) or repeat (bought before)",
    ),
    Column(c.METRIC, "STRING", "Of lists of 10; definitions in docs/recommendations.md"),
    Column(
        c.VALUE,
        "DOUBLE",
        "Its value; novelty in bits, all others 0 to 1; cold_share is of the window's buyers",
    ),
    Column(c.LOW, "DOUBLE", "Lower end of the 95 % bootstrap interval over users", nullable=True),
    Column(c.HIGH, "DOUBLE", "Upper end", nullable=True),
    Column(c.USERS, "BIGINT", "Customers judged: with history, and who bought such products"),
)

RECOMMENDATIONS = Table(
    layer="gold",
    name="recommendations",
    grain="One row per customer, list and rank",
    key=(c.CUSTOMER_ID, c.LIST, c.RANK),
    columns=_LISTED,
    checks=_LISTED_CHECKS,
    written_by="publish-recommendations",
    clustered_by=(c.CUSTOMER_ID,),
)

RECOMMENDATION_BACKTEST = Table(
    layer="gold",
    name="recommendation_backtest",
    grain="One row per window, customer, list and rank: lists as published on the day the window "
    "starts",
    key=(c.AS_OF, c.CUSTOMER_ID, c.LIST, c.RANK),
    columns=_LISTED,
    checks=_LISTED_CHECKS,
    written_by="backtest",
    keeps_rows=True,
)

RECOMMENDATION_QUALITY = Table(
    layer="gold",
    name="recommendation_quality",
    grain="One row per window, ranking, scope and metric: the last window before each training",
    key=(c.WINDOW_START, c.RANKING, c.SCOPE, c.METRIC),
    columns=_JUDGED,
    checks=(("has_users", "users >= 1"),),
    written_by="train-recommender",
    keeps_rows=True,
)

BACKTEST_QUALITY = replace(
    RECOMMENDATION_QUALITY,
    name="backtest_quality",
    grain="One row per window, ranking, scope and metric: windows that a backtest judged",
    written_by="backtest",
)

POPULAR_PRODUCTS = Table(
    layer="gold",
    name="popular_products",
    grain="One row per country and rank; what a customer without history gets",
    key=(c.COUNTRY, c.RANK),
    columns=(
        Column(c.COUNTRY, "STRING", "Country of the customers; ALL: every country"),
        _RANK,
        STOCK_CODE,
        _DESCRIPTION,
        Column(
            c.INVOICES,
            "BIGINT",
            "Identified customers' invoices with it in the country in the last 30 days",
        ),
        Column(c.AS_OF, "DATE", "Only lines before this midnight were seen"),
    ),
    checks=(_RANK_FROM_1, ("invoices_not_negative", "invoices >= 0")),
    written_by="publish-recommendations",
)

SIMILAR_PRODUCTS = Table(
    layer="gold",
    name="similar_products",
    grain="One row per product and rank: products that go with it",
    key=(c.STOCK_CODE, c.RANK),
    columns=(
        STOCK_CODE,
        _RANK,
        Column(c.SIMILAR_STOCK_CODE, "STRING", "Code of the product that goes with it"),
        Column(c.DESCRIPTION, "STRING", "Name of the product", nullable=True),
        Column(c.SIMILAR_DESCRIPTION, "STRING", "Name of the one that goes with it", nullable=True),
        Column(
            c.SCORE, "DOUBLE", "Mean of two cosines: of the sets of buyers, shrunk, and of factors"
        ),
        Column(c.CUSTOMERS, "BIGINT", "Customers, of the sample, who bought both"),
        *MODEL_ORIGIN,
    ),
    checks=(_RANK_FROM_1, ("another", "similar_stock_code <> stock_code")),
    written_by="publish-recommendations",
)
