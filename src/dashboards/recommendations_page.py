"""The page of the recommendations: whom they reach, what they say, and how good they are."""

from dashboards.layout import Page, row
from dashboards.widgets import (
    AMOUNT,
    CATEGORY,
    PERCENT,
    TIME,
    WHOLE,
    Chart,
    Field,
    Filter,
    Grid,
    Text,
    exactly,
)

_LIST = Field("list", "List")


def _quality(scope: str, title: str, description: str) -> Chart:
    """NDCG of a scope, window by window."""
    return Chart(
        name=f"quality-{scope}",
        kind="line",
        query=f"quality_{scope}",
        title=title,
        description=description,
        x=Field("window_start", "Window's first day", scale=TIME),
        y=Field("ndcg", "NDCG@10", exactly(3), AMOUNT),
        color=Field("ranking", "Ranking", scale=CATEGORY),
    )


PAGE = Page(
    "recommendations",
    "Recommendations",
    (
        row(
            2,
            Text("recommendations-title", "## Recommendations"),
            Filter(
                name="list-filter",
                title="List (coverage, most recommended)",
                column=_LIST,
                queries=("coverage", "most_recommended"),
            ),
            widths=(8, 4),
        ),
        row(
            6,
            Grid(
                name="coverage",
                query="coverage",
                title="Coverage by list",
                columns=(
                    _LIST,
                    Field("customers", "Customers with it", WHOLE),
                    Field("customer_share", "Of all customers", PERCENT),
                    Field("products", "Products in it", WHOLE),
                    Field("product_share", "Of all products", PERCENT),
                ),
            ),
            Grid(
                name="popular",
                query="popular",
                title="Bestsellers for a customer without history (all countries)",
                columns=(
                    Field("rank", "Place", WHOLE),
                    Field("stock_code", "Code"),
                    Field("description", "Product"),
                    Field("invoices", "Customers' invoices, 30 days", WHOLE),
                ),
            ),
        ),
        row(
            7,
            Grid(
                name="most-recommended",
                query="most_recommended",
                title="What is recommended most",
                columns=(
                    _LIST,
                    Field("place", "Place", WHOLE),
                    Field("stock_code", "Code"),
                    Field("product", "Product"),
                    Field("customers", "Customers", WHOLE),
                    Field("customer_share", "Of all customers", PERCENT),
                ),
            ),
        ),
        row(
            6,
            _quality(
                "all", "Quality: all products", "The list for_you against baselines, by window."
            ),
            _quality(
                "new",
                "Quality: products new to the customer",
                "The list discover against baselines, by window.",
            ),
            _quality(
                "repeat",
                "Quality: products bought before",
                "The list buy_again, by window; baselines are judged on the other two scopes.",
            ),
        ),
        row(
            7,
            Grid(
                name="quality-latest",
                query="quality_latest",
                title="The last window in figures",
                description="als: ALS as it is fitted here; als_defaults: at Spark's defaults; "
                "own_then_recent: what the customer buys most, then recent popularity; "
                "first_time_buyers: new customers of a product in 30 days. "
                "NDCG from and to: 95 % bootstrap interval over customers.",
                columns=(
                    Field("scope", "Products judged"),
                    Field("ranking", "Ranking"),
                    Field("ndcg", "NDCG@10", exactly(3)),
                    Field("ndcg_low", "NDCG from", exactly(3)),
                    Field("ndcg_high", "NDCG to", exactly(3)),
                    Field("recall", "Recall@10", PERCENT),
                    Field("hit_rate", "Hit rate@10", PERCENT),
                    Field("catalogue_coverage", "Catalogue coverage", PERCENT),
                    Field("novelty", "Novelty, bits", exactly(1)),
                    Field("users", "Customers judged", WHOLE),
                ),
            ),
        ),
    ),
)
