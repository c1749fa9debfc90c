"""The closing summary and one customer, of a small shop and of tables made by hand."""

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import DataFrame

from retail_lakehouse import display
from retail_lakehouse import tables as t
from retail_lakehouse.display import board, commands, customer, screen, summary
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.plain_text import MARK
from retail_lakehouse.shops import shop_file
from retail_lakehouse.tables import Table

NAME = "MUG [/] [small] \x1b[2J\u202e:bomb:"
SHOWN = f"MUG [/] [small] {MARK}[2J{MARK}:bomb:"
DAY = date(2011, 12, 10)


@pytest.fixture
def printed(monkeypatch) -> Callable[[], str]:
    console = screen.new_console(width=200, file=io.StringIO())
    for module in (board, commands, customer, summary):
        monkeypatch.setattr(module, "console", console, raising=False)
    return console.file.getvalue


def cells(text: str) -> list[list[str]]:
    return [line.replace("│", " ").split() for line in text.splitlines()]


def context(tables: dict[Table, DataFrame], shop: str = "files") -> SimpleNamespace:
    """As much of a run's context as showing needs."""
    lakehouse = SimpleNamespace(
        read=tables.__getitem__,
        counts=lambda asked: {table: tables[table].count() for table in asked},
        place="/shops [/] \x1b[2J",
    )
    settings = SimpleNamespace(home=Path("shops [/]"))
    return SimpleNamespace(
        lakehouse=lakehouse,
        settings=settings,
        source_kind=lambda: shop,
        description=shop_file.packaged(shop_file.ONLINE_RETAIL_II),
    )


@pytest.fixture
def nasty(frame) -> dict[Table, DataFrame]:
    """One customer of a shop whose texts are all the same bad one."""
    who = {
        "customer_id": 7, "segment": NAME, "frequency": 2, "monetary": Decimal("12.50"),
        "recency_days": 1, "as_of": DAY, "distance": 0.5, "next_segment": NAME,
        "next_distance": 1.0,
    }  # fmt: skip
    sale = {
        "invoice": NAME, "line_number": 1, "stock_code": "85048", "description": NAME,
        "quantity": 2, "invoice_date": datetime(2011, 12, 9), "amount": Decimal("5"),
        "customer_id": 7,
    }  # fmt: skip
    taken_back = {**sale, "description": "GONE", "reversed_at": datetime(2011, 12, 9, 1)}
    listed = {
        "customer_id": 7, "rank": 1, "stock_code": NAME, "description": NAME, "reason": NAME,
    }  # fmt: skip
    profile = {
        "segment": NAME, "customers": 1, "customer_share": 1.0, "revenue_share": 1.0,
        "recency_days_median": 1.0, "frequency_median": 2.0, "monetary_median": Decimal("12.50"),
        "revenue": Decimal("12.50"), "recommended_action": NAME,
    }  # fmt: skip
    ahead = {
        f"expected_{what}_{days}{end}": kind(number)
        for what, kind in (("orders", float), ("spend", Decimal))
        for days in ("90_days", "12_months")
        for end, number in (("", 2), ("_low", 0), ("_high", 4))
    }
    value = {
        "customer_id": 7, "probability_90_days": 0.4, "churn_risk": 0.25, "churn_band": "low",
        "next_order_on": DAY, "percentile": 61, "reason": NAME, **ahead,
    }  # fmt: skip
    rows = {
        t.CUSTOMER_SEGMENTS: [who],
        t.SEGMENT_HISTORY: [{"customer_id": 7, "month_end": DAY, "segment": NAME}],
        t.SALES: [sale, taken_back],
        t.RETURNS: [],
        t.REJECTED_LINES: [{"reason": NAME}],
        t.RECOMMENDATIONS: [{**listed, "list": name} for name in ("for_you", "buy_again")],
        t.SEGMENT_PROFILES: [profile],
        t.CUSTOMER_VALUE: [value],
    }
    return {table: frame(table, found) for table, found in rows.items()}


def test_a_customer_is_shown_whatever_the_names(nasty, printed):
    display.show_customer(context(nasty), "7")
    text = printed()
    assert all(c.isprintable() or c == "\n" for c in text)
    # Headline, path, next, why, purchase, two lists.
    assert text.count(SHOWN) == 1 + 1 + 1 + 1 + 2 + 2 * 3
    assert ["chance", "of", "an", "order", "40%", "75%"] in cells(text)
    assert "2.0 (0.0 to 4.0)" in text and "2 (0 to 4)" in text
    assert "of 61 % of the customers less is expected" in text.lower()
    assert "Customer 7, MUG" in text
    assert "GONE" not in text
    assert "\nFor you\n" in text
    assert "\nTo buy again\n" in text
    assert "To discover" not in text


def test_a_customer_is_shown_as_of_the_day_of_the_run(nasty, frame, printed):
    before, day, after = datetime(2011, 12, 9), datetime(2011, 12, 10), datetime(2011, 12, 11)
    sale = {
        "invoice": "1", "line_number": 1, "stock_code": "85048", "quantity": 2,
        "amount": Decimal("5"), "customer_id": 7,
    }  # fmt: skip
    sold = [
        sale | {"description": "TAKEN BACK LATER", "invoice_date": before, "reversed_at": after},
        sale | {"description": "OF THAT DAY", "invoice_date": day},
    ]
    display.show_customer(context(nasty | {t.SALES: frame(t.SALES, sold)}), "7")
    assert "TAKEN BACK LATER" in printed()
    assert "OF THAT DAY" not in printed()


def test_the_summary_is_shown_whatever_the_names(nasty, printed):
    display.summarize(context(nasty, "demo"))
    text = printed()
    assert all(c.isprintable() or c == "\n" for c in text)
    assert screen.DEMO_WARNING in text
    assert f"rejected: {SHOWN}" in text
    # Reason, segment with what to do (in the table and below it), headline, one list.
    assert text.count(SHOWN) == 1 + 3 + 1 + 3
    assert "retail-lakehouse customer 7 --home 'shops [/]'" in text
    found = cells(text)
    assert ["sales", "2"] in found
    assert ["of", "them", "taken", "back", "in", "full", "1"] in found
    assert ["returns", "0"] in found


def test_a_customer_nobody_knows_is_named(nasty):
    with pytest.raises(SettingsError) as caught:
        display.show_customer(context(nasty), "8")
    assert str(caught.value).startswith("Customer 8 bought nothing in /shops [/]")


def test_the_summary_of_a_run_says_what_its_tables_hold(shop, printed):
    display.summarize(shop)
    text, read = printed(), shop.lakehouse.read
    found = cells(text)
    assert ["sales", f"{read(t.SALES).count():,}"] in found
    assert ["returns", f"{read(t.RETURNS).count():,}"] in found
    for reason, count in read(t.REJECTED_LINES).groupBy("reason").count().collect():
        assert ["rejected:", reason, f"{count:,}"] in found
    for row in read(t.SEGMENT_PROFILES).collect():
        # Longer than a line, as far as it names whom to begin with.
        action = f"{row['segment']}: {row['recommended_action']}"
        assert " ".join(action.split()) in " ".join(text.split())
        assert [*row["segment"].split(), f"{row['customers']:,}"] in [
            line[: len(row["segment"].split()) + 1] for line in found
        ]
    samples = text.count("\nCustomer ")
    assert 1 <= samples <= 3
    assert text.count("rank  product") == samples
    assert f"--home {shop.settings.home}" in text


def test_a_customer_of_a_run_is_shown_with_all_lists(shop, printed):
    best = shop.lakehouse.read(t.CUSTOMER_SEGMENTS).orderBy("frequency", ascending=False).first()
    display.show_customer(shop, best["customer_id"])
    text, read = printed(), shop.lakehouse.read
    assert f"Customer {best['customer_id']}, {best['segment']}: " in text
    assert "At the months' ends: " in text
    own = f"customer_id = '{best['customer_id']}'"
    published = read(t.RECOMMENDATIONS).where(own).collect()
    assert text.count("rank  product") == len({row["list"] for row in published})
    for row in published:
        assert row["reason"] in text
        assert row["stock_code"] in text
    latest = read(t.SALES).where(own).orderBy("invoice_date", ascending=False).first()
    assert f"{latest['invoice_date']:%Y-%m-%d}" in text
