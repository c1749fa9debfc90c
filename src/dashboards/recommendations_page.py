"""The page of the recommendations: whom they reach, what they say, and how good they are."""

from dashboards import titles
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


def _quality(name: str, scope: str, description: str) -> Chart:
    """NDCG of a list and of others of its scope."""
    return Chart(
        name=f"quality-{scope}",
        kind="line",
        query=f"quality_{scope}",
        title=f"{titles.LISTS[name]}, window by window",
        description=description,
        x=Field("window_start", "Window from", scale=TIME),
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
                title="Coverage",
                columns=(
                    _LIST,
                    Field("customers", "Customers", WHOLE),
                    Field("customer_share", "Of all customers", PERCENT),
                    Field("products", "Products", WHOLE),
                    Field("product_share", "Of all products", PERCENT),
                ),
            ),
            Grid(
                name="popular",
                query="popular",
                title="What a customer without history gets",
                description="Bestsellers of all countries.",
                columns=(
                    Field("rank", "Place", WHOLE),
                    Field("stock_code", "Code"),
                    Field("description", "Product"),
                    Field("invoices", "Invoices, 30 days", WHOLE),
                ),
            ),
        ),
        row(
            7,
            Grid(
                name="most-recommended",
                query="most_recommended",
                title="Most recommended",
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
            _quality("for_you", "all", "Against other rankings, judged on all products."),
            _quality(
                "discover", "new", "Against other rankings, judged on products never bought before."
            ),
            _quality(
                "buy_again",
                "repeat",
                "Judged on products bought before; others are judged on the other two.",
            ),
        ),
        row(
            7,
            Grid(
                name="quality-latest",
                query="quality_latest",
                title="The last window",
                description="ALS alone: as it is fitted here; own, then recent: what the customer "
                "buys most, then what sold in the last 30 days; first-time buyers: new customers "
                "of a product. From, to: the 95 % interval over customers. Coverage: products in "
                "lists over products of the catalogue.",
                columns=(
                    Field("scope", "Products judged"),
                    Field("ranking", "Ranking"),
                    Field("ndcg", "NDCG@10", exactly(3)),
                    Field("ndcg_low", "From", exactly(3)),
                    Field("ndcg_high", "To", exactly(3)),
                    Field("recall", "Recall", PERCENT),
                    Field("hit_rate", "Hit rate", PERCENT),
                    Field("catalogue_coverage", "Coverage", PERCENT),
                    Field("novelty", "Novelty, bits", exactly(1)),
                    Field("users", "Customers", WHOLE),
                ),
            ),
        ),
    ),
)
