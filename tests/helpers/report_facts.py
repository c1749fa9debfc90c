"""Facts of a small made-up shop, given literally, for the report's pages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from retail_lakehouse.report.customer_facts import (
    Dot,
    Expected,
    Judged,
    Listed,
    Move,
    Outlook,
    Person,
    Popular,
    Reach,
    Recommendations,
    Sample,
    Segment,
    Suggestion,
    Value,
)
from retail_lakehouse.report.facts import (
    Check,
    Counted,
    Facts,
    Lines,
    ModelUsed,
    Month,
    Origin,
    Shop,
    Source,
    TableUsed,
)

SHOP = Shop("Corner Shop", "EUR", "files", date(2011, 12, 10), date(2010, 10, 1), date(2011, 12, 9))


def month(year: int, number: int, revenue: int, orders: int = 10) -> Month:
    return Month(date(year, number, 1), Decimal(revenue), orders, orders - 1, 2)


# August 2011: nothing was sold.
MONTHS = (
    month(2010, 10, 500),
    month(2010, 11, 800),
    month(2010, 12, 400),
    month(2011, 9, 600),
    month(2011, 10, 1_000),
    month(2011, 11, 1_200, orders=12),
    month(2011, 12, 300),
)

LINES = Lines(
    sources=(Source("a.csv", 90, 5, 5), Source("b.csv", 80, 0, 20)),
    reasons=(Counted("duplicate_line", 15), Counted("unreadable_price", 8), Counted("odd", 2)),
    there_already=("duplicate_line",),
    taken_back=10,
    anonymous=40,
    checks=(Check("gold.customer_rfm", "money_balance", "ALL", Decimal("0.0000"), passed=True),),
    checked=1,
    failed=0,
)


def segment(name: str, customers: int, share: float, revenue_share: float) -> Segment:
    return Segment(
        segment=name,
        description=f"{name} are such.",
        recommended_action=f"Do this with {name}.",
        customers=customers,
        customer_share=share,
        revenue=Decimal(1_000),
        revenue_share=revenue_share,
        recency_days_median=10.0,
        frequency_median=3.0,
        monetary_median=Decimal("99.5"),
        basket_products=4.0,
        basket_value=Decimal("33.0"),
        probability_90_days=0.5,
        expected_spend_12_months=Decimal(700),
        worth_writing_to=1,
        products=("MUG", "CUP"),
    )


SEGMENTS = (segment("Lost", 3, 0.75, 0.2), segment("Champions", 1, 0.25, 0.8))
MOVES = (
    Move(date(2011, 11, 1), "(none)", "Champions", 3),
    Move(date(2011, 12, 1), "Champions", "Champions", 1),
    Move(date(2011, 12, 1), "Champions", "Lost", 2),
    Move(date(2011, 12, 1), "(none)", "Lost", 1),
)


def judged(
    ranking: str,
    scope: str,
    value: float,
    half: float = 0.01,
    metric: str = "ndcg_at_10",
    start: date = date(2011, 11, 10),
) -> Judged:
    return Judged(start, ranking, scope, metric, value, value - half, value + half, 100)


RECOMMENDATIONS = Recommendations(
    judged=(
        judged("for_you", "all", 0.40),
        judged("own_then_recent", "all", 0.30),
        judged("popularity", "all", 0.10),
        judged("discover", "new", 0.15),
        judged("recent_popularity", "new", 0.10),
        judged("own_then_recent", "new", 0.20),
        judged("buy_again", "repeat", 0.45),
        judged("for_you", "all", 0.25, metric="recall_at_10"),
    ),
    window_days=30,
    reach=(Reach("for_you", 4, 5),),
    most=(Listed("for_you", "M1", "MUG", 2), Listed("for_you", "C1", None, 1)),
    popular=(Popular(1, "M1", "MUG", 7),),
    catalogue=10,
)


def expected(customer: str) -> Expected:
    return Expected(
        customer, "Champions", date(2011, 12, 12), 0.8, 0.4, Decimal(500), Decimal(120),
        Decimal(400), "usually every 2 weeks, now 2 weeks",
    )  # fmt: skip


VALUE = Value(
    customers=4,
    expected_spend_90_days=Decimal(1_234),
    expected_spend_12_months=Decimal(5_678),
    due_count=1,
    due=(expected("17"),),
    at_risk=(expected("18"),),
    judged=(
        Judged(date(2011, 9, 1), "trees", "0", "brier_90", 0.16, None, None, 4),
        Judged(date(2011, 9, 1), "curve", "0", "brier_90", 0.17, None, None, 4),
        Judged(date(2011, 9, 1), "trees", "1", "chance_90", 0.2, None, None, 4),
        Judged(date(2011, 9, 1), "trees", "1", "bought_90", 0.3, None, None, 4),
    ),
)

SUGGESTIONS = (
    Suggestion("buy_again", 1, "M1", "MUG", "you buy this about every 6 weeks"),
    Suggestion("discover", 1, "C1", "CUP", "because you bought MUG"),
    Suggestion("for_you", 1, "M1", "MUG", "you buy this about every 6 weeks"),
)


def person(customer: str, name: str, outlook: Outlook | None = None) -> Person:
    path = ((date(2011, 10, 1), "Champions"), (date(2011, 12, 1), name))
    return Person(customer, name, 10, 3, Decimal("99.5"), outlook, path, SUGGESTIONS)


DUE = Outlook(True, date(2011, 12, 12), 0.8, Decimal(400), "usually every 2 weeks, now 2 weeks")
LATER = replace(DUE, due_this_week=False)
PEOPLE = (
    person("17", "Champions", DUE),
    person("18", "Lost", LATER),
    person("117", "Lost", LATER),
)

ORIGIN = Origin(
    program="1.2.3",
    description=('name = "Corner Shop"', 'currency = "EUR"'),
    tables=(TableUsed("gold.products", "One row per stock code", 7),),
    models=(
        ModelUsed(
            "recommendations", "lists", 3, "0123456789abcdef", "http://127.0.0.1:5000/#/x", "",
            {"ndcg_at_10.for_you.all": 0.4, "other": 1.0},
        ),
    ),
)  # fmt: skip

FACTS = Facts(
    shop=SHOP,
    months=MONTHS,
    lines=LINES,
    segments=SEGMENTS,
    dots=(Dot("Champions", 1, 9, 500.0), Dot("Lost", 300, 1, 5.0)),
    moves=MOVES,
    recommendations=RECOMMENDATIONS,
    value=VALUE,
    sample=Sample(PEOPLE, 4),
    origin=ORIGIN,
)
DEMO = replace(FACTS, shop=replace(SHOP, source_kind="demo"))
# A name as somebody may write it who means harm, everywhere that a name can come from.
EVIL = "</script><script>window.evil=1</script><img src=x onerror=window.evil=1>\u202e{{7*7}}\"'"


def evil() -> Facts:
    """All names are evil: of shop, files, reasons, segments, products, customers, models."""
    products = (
        Suggestion("buy_again", 1, EVIL, EVIL, EVIL),
        Suggestion("discover", 1, EVIL, None, EVIL),
    )
    people = (replace(person(EVIL, EVIL, replace(DUE, reason=EVIL)), suggestions=products),)
    recommendations = replace(
        RECOMMENDATIONS,
        most=(Listed("for_you", EVIL, EVIL, 2),),
        popular=(Popular(1, EVIL, EVIL, 7),),
        judged=(*RECOMMENDATIONS.judged, judged(EVIL, "all", 0.2)),
    )
    return replace(
        FACTS,
        shop=replace(SHOP, name=EVIL, currency=EVIL),
        lines=replace(
            LINES, sources=(Source(EVIL, 90, 5, 5),), reasons=(Counted(EVIL, 5),),
            checks=(replace(LINES.checks[0], part=EVIL, passed=False),), failed=1,
        ),
        segments=(replace(segment(EVIL, 4, 1.0, 1.0), products=(EVIL,), recommended_action=EVIL),),
        dots=(Dot(EVIL, 1, 9, 500.0),),
        moves=(Move(date(2011, 12, 1), "(none)", EVIL, 3),),
        recommendations=recommendations,
        value=replace(VALUE, due=(replace(expected(EVIL), reason=EVIL, segment=EVIL),)),
        sample=Sample(people, 1),
        origin=Origin(
            EVIL, (EVIL,), (TableUsed(EVIL, EVIL, 1),),
            (ModelUsed(EVIL, EVIL, 1, EVIL, "", EVIL, {}),),
        ),
    )  # fmt: skip
