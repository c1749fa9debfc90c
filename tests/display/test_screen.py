"""What people read in the terminal, from rows whose text nobody checked: no Spark in here."""

import io
import shlex
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from retail_lakehouse.display import screen
from retail_lakehouse.plain_text import MARK

# Each ends a terminal's line, is markup to some program, or hides what follows.
NASTY = [
    "MUG [/]", "[small] MUG", "[bold red]MUG[/]", "MUG [link=x]x[/link]",
    ":bomb: MUG",
    "MUG $x$ | *y*", "=1+1", "MUG \\[/]", "[",
]  # fmt: skip
HIDDEN = {
    "MUG\x1b[2Jx": f"MUG{MARK}[2Jx",
    "MUG\x1b]8;;x\x07y": f"MUG{MARK}]8;;x{MARK}y",
    "MUG\u202eGNP.exe": f"MUG{MARK}GNP.exe",
    "MUG\r\nx": f"MUG{MARK}{MARK}x",
    "MUG\u200b\u2028x": f"MUG{MARK}{MARK}x",
    "MUG\x9b31mx": f"MUG{MARK}31mx",
}
SHOWN = {name: name for name in NASTY} | HIDDEN
each_name = pytest.mark.parametrize("name", SHOWN)


def printed(*what: object) -> str:
    console = screen.new_console(width=200, file=io.StringIO())
    for one in what:
        console.print(one)
    text = console.file.getvalue()
    assert all(c.isprintable() or c == "\n" for c in text)
    return text


def listed(**changes: object) -> dict:
    row = {"rank": 1, "description": "MUG", "stock_code": "85048", "reason": "you bought CUP"}
    return row | changes


@each_name
def test_products_are_shown_by_their_very_names(name):
    for column in ("description", "stock_code", "reason"):
        assert SHOWN[name] in printed(screen.products([listed(**{column: name})]))


def test_products_without_a_name_are_shown_by_their_code():
    heads, row = printed(screen.products([listed(description=None)])).splitlines()
    assert heads.split() == ["rank", "product", "code", "why"]
    assert row.split() == ["1", "85048", "you", "bought", "CUP"]


def test_long_names_stay_readable():
    text = printed(screen.products([listed(description="x" * 60_000)]))
    assert len(text) < 2000
    assert "…" in text


def sale(**changes: object) -> dict:
    row = {
        "invoice_date": datetime(2011, 12, 1, 8, 26), "invoice": "536365", "description": "MUG",
        "stock_code": "85048", "quantity": 6, "amount": Decimal("1015.3000"),
    }  # fmt: skip
    return row | changes


@each_name
def test_purchases_are_shown_by_their_very_names(name):
    for column in ("description", "invoice"):
        assert SHOWN[name] in printed(screen.purchases([sale(**{column: name})]))


def test_purchases_say_day_invoice_product_units_and_money():
    text = printed(screen.purchases([sale(), sale(description=None)]))
    assert "Latest purchases" in text
    rows = [line.replace("│", " ").split() for line in text.splitlines() if "2011-12-01" in line]
    assert rows == [
        ["2011-12-01", "536365", "MUG", "6", "1,015.30"],
        ["2011-12-01", "536365", "85048", "6", "1,015.30"],
    ]


WHO = {
    "customer_id": 12346, "segment": "Loyal", "frequency": 1, "monetary": Decimal("1234.50"),
    "recency_days": 12, "as_of": date(2011, 12, 10), "distance": 0.5, "next_segment": "At Risk",
    "next_distance": 1.25,
}  # fmt: skip


def test_headline_says_who_and_how_good_a_customer():
    assert printed(screen.headline(WHO)).splitlines() == [
        "",
        "Customer 12346, Loyal: 1 invoice, 1,234.50 GBP, last purchase 12 days before 2011-12-10",
    ]


def test_headline_counts_in_the_plural():
    more = WHO | {"frequency": 1200, "recency_days": 1}
    assert "Loyal: 1,200 invoices, 1,234.50 GBP, last purchase 1 day before" in printed(
        screen.headline(more)
    )


@each_name
def test_segments_are_shown_by_their_very_names(name):
    assert SHOWN[name] in printed(screen.headline(WHO | {"segment": name}))
    assert SHOWN[name] in printed(*screen.path([], WHO | {"next_segment": name}))
    month = {"segment": name, "month_end": date(2011, 1, 31)}
    assert f"{SHOWN[name]} (from 2011-01-31)" in printed(*screen.path([month], WHO))


def test_path_names_each_stay_once_from_its_first_month():
    months = [
        {"segment": segment, "month_end": date(2011, month, 28)}
        for month, segment in enumerate(["New", "New", "Loyal", "New"], start=1)
    ]
    assert printed(*screen.path(months, WHO)).splitlines() == [
        "At the months' ends: New (from 2011-01-28) → Loyal (from 2011-03-28) → "
        "New (from 2011-04-28)",
        "Nearest other segment: At Risk (its centre is 1.25 away, the own one 0.50)",
    ]


def test_path_says_nothing_of_what_there_is_none():
    assert screen.path([], WHO | {"next_segment": None}) == []


def test_outcomes_are_counted_with_each_reason():
    rejected = [{"reason": "non_product", "count": 5974}, {"reason": "adjustment", "count": 6}]
    text = printed(screen.outcomes(1_003_214, 12, 17_914, rejected))
    rows = [line.replace("│", " ").split() for line in text.splitlines()]
    for row in (
        ["sales", "1,003,214"],
        ["of", "them", "taken", "back", "in", "full", "12"],
        ["returns", "17,914"],
        ["rejected:", "non_product", "5,974"],
        ["rejected:", "adjustment", "6"],
    ):
        assert row in rows


@each_name
def test_reasons_are_shown_by_their_very_names(name):
    assert f"rejected: {SHOWN[name]}" in printed(
        screen.outcomes(1, 1, 1, [{"reason": name, "count": 1}])
    )


def profile(**changes: object) -> dict:
    row = {
        "segment": "Champions", "customers": 1462, "customer_share": 0.079, "revenue_share": 0.555,
        "recency_days_median": 9.0, "frequency_median": 23.0, "monetary_median": 9761.4,
        "recommended_action": "Thank them.",
    }  # fmt: skip
    return row | changes


def test_segments_say_size_money_and_what_to_do():
    text = printed(*screen.segments([profile(), profile(segment="Lost")]))
    assert "Days since the last purchase, invoices and GBP: medians." in text
    assert "\nChampions: Thank them.\nLost: Thank them.\n" in text
    (row,) = [line.replace("│", " ").split() for line in text.splitlines() if "9,761" in line][:1]
    assert row == ["Champions", "1,462", "7.9%", "55.5%", "9", "23", "9,761"]


@each_name
def test_actions_are_shown_word_for_word(name):
    found = printed(*screen.segments([profile(segment=name, recommended_action=name)]))
    assert f"\n{SHOWN[name]}: {SHOWN[name]}\n" in found


@each_name
def test_homes_and_sources_are_shown_by_their_very_names(name):
    home = Path("shops") / name
    text = printed(*screen.where_next(home, 1))
    assert f"retail-lakehouse ui --home {shlex.quote(f'shops/{SHOWN[name]}')}" in text
    assert f"  shops/{SHOWN[name]}/warehouse/gold/" in text
    assert f"{SHOWN[name]} is not a file" in printed(screen.demo_panel(f"{name} is not a file"))


def test_the_usual_home_is_not_named():
    text = printed(*screen.where_next(Path("lakehouse"), 12346))
    assert "retail-lakehouse customer 12346  one customer" in text
    assert "--home" not in text
    assert "lakehouse/warehouse/gold/" in text
    assert "lakehouse/report.html" in text


def test_the_demo_shop_is_called_so():
    assert screen.DEMO_WARNING in printed(screen.demo_panel())
    assert "Going on with the demo shop instead." in printed(screen.demo_panel("Why?"))


def test_quality_has_a_column_a_scope():
    rows = [{"ranking": "for_you [/]", "all": 0.371, "new": None}]
    text = printed(screen.quality(rows, ("all", "new")))
    assert "all products" in text
    (row,) = [line for line in text.splitlines() if "0.3710" in line]
    assert "for_you [/]" in row
