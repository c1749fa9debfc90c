"""Gold of the recommendations: customers' lists, how good they are, and products' neighbours."""

from retail_lakehouse.tables.gold import MODEL_ORIGIN
from retail_lakehouse.tables.lists import LIST_NAMES, LISTS
from retail_lakehouse.tables.schema import Column, Table

_LISTED = (
    Column("customer_id", "STRING", "Customer"),
    Column(
        "list",
        "STRING",
        "; ".join(f"{spec.name}: {spec.meaning}" for spec in LISTS),
    ),
    Column("rank", "INT", "Place in the list, from 1"),
    Column("stock_code", "STRING", "Product code"),
    Column("description", "STRING", "Product name", True),
    Column(
        "score",
        "DOUBLE",
        "Chance that a customer who buys in the next window buys it; in a shop too young to train "
        "rankers an order only. Comparable within one list",
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
    ("known_list", f"list IN {LIST_NAMES}"),
)

_JUDGED = (
    Column("window_start", "DATE", "First day of the window; rankings saw only days before"),
    Column("window_days", "INT", "Length of the window, days"),
    Column("ranking", "STRING", "A list of gold.recommendations, ALS alone, or a baseline"),
    Column(
        "scope",
        "STRING",
        "Products judged: all, new (never bought before) or repeat (bought before)",
    ),
    Column("metric", "STRING", "Of lists of 10; definitions in docs/recommendations.md"),
    Column(
        "value",
        "DOUBLE",
        "Its value; novelty in bits, all others 0 to 1; cold_share is of the window's buyers",
    ),
    Column("low", "DOUBLE", "Lower end of the 95 % bootstrap interval over users", True),
    Column("high", "DOUBLE", "Upper end", True),
    Column("users", "BIGINT", "Customers judged: with history, and who bought such products"),
)
_JUDGED_KEY = ("window_start", "ranking", "scope", "metric")
_JUDGED_CHECKS = (("has_users", "users >= 1"),)

RECOMMENDATIONS = Table(
    "gold",
    "recommendations",
    "One row per customer, list and rank",
    ("customer_id", "list", "rank"),
    _LISTED,
    _LISTED_CHECKS,
    written_by="publish-recommendations",
    clustered_by=("customer_id",),
)

RECOMMENDATION_BACKTEST = Table(
    "gold",
    "recommendation_backtest",
    "One row per window, customer, list and rank: lists as published on the day the window starts",
    ("as_of", "customer_id", "list", "rank"),
    _LISTED,
    _LISTED_CHECKS,
    written_by="backtest",
    keeps_rows=True,
)

RECOMMENDATION_QUALITY = Table(
    "gold",
    "recommendation_quality",
    "One row per window, ranking, scope and metric: the last window before each training",
    _JUDGED_KEY,
    _JUDGED,
    _JUDGED_CHECKS,
    written_by="train-recommender",
    keeps_rows=True,
)

BACKTEST_QUALITY = Table(
    "gold",
    "backtest_quality",
    "One row per window, ranking, scope and metric: windows that a backtest judged",
    _JUDGED_KEY,
    _JUDGED,
    _JUDGED_CHECKS,
    written_by="backtest",
    keeps_rows=True,
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
        Column(
            "invoices",
            "BIGINT",
            "Identified customers' invoices with it in the country in the last 30 days",
        ),
        Column("as_of", "DATE", "Only lines before this midnight were seen"),
    ),
    (("rank_from_1", "rank >= 1"), ("invoices_not_negative", "invoices >= 0")),
    written_by="publish-recommendations",
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
    written_by="publish-recommendations",
)
