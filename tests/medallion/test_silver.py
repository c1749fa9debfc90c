from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion import duplicates, reversals, silver
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import (
    REPLACES,
    Format,
    LineRules,
    ShopDescription,
)
from retail_lakehouse.tables import REJECTED_LINES, RETURNS, SALES
from support import INGESTED_AT, bronze_row

DAY = "2010-06-01 10:00:00"
AT = datetime(2010, 6, 1, 10)
SALE = ("536365", "85123A", "6", DAY, "2.55")


ONLINE_RETAIL = shop_file.packaged(shop_file.ONLINE_RETAIL_II)


def shop_of(*, amount: bool = False, timezone: str = "", currency: str = "EUR", **written):
    """A shop that differs from a plain one in what is given."""
    columns = replace(ONLINE_RETAIL.columns, price=None, amount="Total")
    lines = {k: written.pop(k) for k in list(written) if k in LineRules.__dataclass_fields__}
    return ShopDescription(
        "Corner shop",
        columns if amount else ONLINE_RETAIL.columns,
        currency,
        timezone,
        Format(**written),
        LineRules(**lines),
    )


def copies_of(bronze: DataFrame, shop: ShopDescription = ONLINE_RETAIL) -> DataFrame:
    return duplicates.copies(bronze, duplicates.suspects(bronze), shop)


def classify(bronze: DataFrame, shop: ShopDescription = ONLINE_RETAIL) -> DataFrame:
    twice = duplicates.there_already(copies_of(bronze, shop), shop)
    return silver.classify(bronze, twice, shop)


def outcomes(bronze: DataFrame, shop: ShopDescription = ONLINE_RETAIL) -> list[str]:
    place = ("source_file", "source_sheet", "line_number")
    rows = classify(bronze, shop).orderBy(*place).select("outcome").collect()
    return [row[0] for row in rows]


# All are classified in one query, as each takes seconds; no two are the same.
OUTCOMES = {
    (None, "85123A", "6", DAY, "2.55"): "unreadable_invoice",
    (" ", "85123A", "6", DAY, "2.55"): "unreadable_invoice",
    ("1", "NaN", "6", DAY, "2.55"): "unreadable_stock_code",
    ("1", "85123A", "six", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "1.5", DAY, "2.55"): "sale",
    ("1", "85123A", "1.2345", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "2147483648", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "-2147483648", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "12.0000001", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "1e-9", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "6", DAY, "2.55", "6.01122E+12"): "unreadable_customer_id",
    ("7.00101E+12", "85123A", "6", DAY, "2.55"): "unreadable_invoice",
    ("1", "2.01101E+05", "6", DAY, "2.55"): "unreadable_stock_code",
    ("1", "85123A", "6", "0000-01-01 10:00:00", "2.55"): "unreadable_invoice_date",
    ("1", "85123A", "6", "1/1/0000 8:26", "2.55"): "unreadable_invoice_date",
    # Which Spark computes for hours.
    ("1", "85123A", "6", DAY, "1e-999999999"): "unreadable_price",
    ("1", "85123A", "1e-999999999", DAY, "2.55"): "unreadable_quantity",
    ("1", "85123A", "6", DAY, "1.0E-4"): "sale",
    ("1", "85123A", "6", "yesterday", "2.55"): "unreadable_invoice_date",
    ("1", "85123A", "6", "2010", "2.55"): "unreadable_invoice_date",
    ("1", "85123A", "6", "2010-02-30 10:00:00", "2.55"): "unreadable_invoice_date",
    ("1", "85123A", "6", DAY, "free"): "unreadable_price",
    ("1", "85123A", "6", DAY, "123456789.00"): "unreadable_price",
    ("1", "85123A", "6", DAY, "2.55", "Bob"): "sale",
    ("1", "85123A", "6", "9999-12-31 00:00:00", "2.55"): "implausible_date",
    ("1", "85123A", "6", "2203-06-01 09:00:00", "2.55"): "implausible_date",
    ("1", "85123A", "6", "1900-01-01", "2.55"): "implausible_date",
    ("1", "85123A", "6", "1989-12-31 23:59", "2.55"): "implausible_date",
    ("1", "85123A", "6", "1990-01-01 00:00", "2.55"): "sale",
    # It arrived on 2024-01-01.
    ("1", "85123A", "6", "2024-01-01 23:59", "2.55"): "sale",
    ("1", "85123A", "6", "2024-01-02 00:00", "2.55"): "implausible_date",
    ("A1", "85123A", "6", "2203-06-01 09:00:00", "2.55"): "implausible_date",
    ("A1", "B", "1", DAY, "-11062.06", None): "adjustment",
    ("1", "POST", "1", DAY, "18.00"): "non_product",
    ("C1", "M", "-1", DAY, "4.00"): "non_product",
    ("1", "8512A", "6", DAY, "2.55"): "non_product",
    ("C1", "85123A", "-6", DAY, "2.55"): "return",
    ("C1", "85123A", "0", DAY, "2.55"): "non_positive_quantity",
    ("1", "85123A", "-6", DAY, "2.55"): "non_positive_quantity",
    ("1", "85123A", "0", DAY, "2.55"): "non_positive_quantity",
    ("1", "85123A", "6", DAY, "0"): "non_positive_price",
    ("1", "85123A", "6", DAY, "-1"): "non_positive_price",
    SALE: "sale",
    ("1", " 85123a ", " 6 ", "12/31/2010 8:26", "2.55", None): "sale",
    ("1", "85123A", "6.0", "2010-06-01 10:00", "2.55", "13085.0"): "sale",
}


def test_each_rule_decides_its_line(bronze):
    assert dict(zip(OUTCOMES, outcomes(bronze(*OUTCOMES)), strict=True)) == OUTCOMES


def test_the_first_rule_that_fits_decides(bronze):
    # unreadable before adjustment, adjustment before non_product, quantity before price
    found = outcomes(
        bronze(
            ("A1", "B", "one", DAY, "1"),
            ("A2", "B", "1", DAY, "1"),
            ("3", "85123A", "-1", DAY, "0"),
        )
    )
    assert found == ["unreadable_quantity", "adjustment", "non_positive_quantity"]


def test_a_line_repeated_in_all_eight_columns_is_kept_once(bronze):
    other_quantity = ("536365", "85123A", "7", DAY, "2.55")
    other_invoice = ("536366", "85123A", "6", DAY, "2.55")
    lines = bronze(SALE, other_quantity, SALE, other_invoice, SALE)
    assert outcomes(lines) == ["sale", "sale", "repeated_line", "sale", "repeated_line"]


def test_a_null_in_another_column_is_no_repetition(bronze):
    no_customer = (*SALE, None, "MUG")
    no_name = (*SALE, "1", None)
    assert outcomes(bronze(SALE, no_customer, no_name)) == ["sale"] * 3


def test_the_same_content_in_a_second_sheet_is_a_duplicate_whatever_came_first(bronze):
    first = bronze(SALE, ("536366", "22423", "1", DAY, "10.95"), sheet="2009")
    second = bronze(SALE, ("536367", "22423", "1", DAY, "10.95"), sheet="2010")
    expected = ["sale", "sale", "duplicate_line", "sale"]
    assert outcomes(first.unionByName(second)) == expected
    assert outcomes(second.unionByName(first)) == expected


def test_of_the_same_content_each_copy_in_a_second_file_has_its_twin_in_the_first(bronze):
    once = bronze(SALE, file="a.csv", sheet="")
    twice = bronze(SALE, SALE, file="b.csv", sheet="")
    thrice = bronze(SALE, SALE, SALE, file="c.csv", sheet="")
    found = outcomes(thrice.unionByName(once).unionByName(twice))
    assert found == [
        "sale",
        *("duplicate_line", "repeated_line"),
        *("duplicate_line", "duplicate_line", "repeated_line"),
    ]


def test_an_invoice_may_go_on_in_the_next_file(bronze):
    known = bronze(SALE, file="a.csv", sheet="")
    more = bronze(("536365", "22423", "1", DAY, "10.95"), file="b.csv", sheet="")
    both = known.unionByName(more)
    assert outcomes(both) == ["sale", "sale"]
    assert duplicates.resent_invoices(copies_of(both), ONLINE_RETAIL).collect() == []


def test_a_second_year_whose_numbers_start_again_is_kept(bronze):
    again = ("536365", "85123A", "7", "2011-06-01 10:00:00", "2.55")
    both = bronze(SALE, file="2010.csv").unionByName(bronze(again, file="2011.csv"))
    assert outcomes(both) == ["sale", "sale"]
    assert duplicates.resent_invoices(copies_of(both), ONLINE_RETAIL).collect() == []


def test_files_of_one_name_are_told_apart(bronze):
    """Such as 2022/sales.csv and 2023/sales.csv."""
    one = bronze(deal("1", 1), deal("C2", 2))
    other = bronze(deal("3", 1, customer="2"), deal("C4", 2, customer="2")).withColumn(
        "batch_id", F.lit("files-other")
    )
    both = classify(one.unionByName(other))
    taken = reversals.reversals(both)
    sales = silver.sales(both, taken).collect()
    assert {(row["invoice"], row["reversed_at"]) for row in sales} == {
        (name, datetime(2010, 6, 2, 10)) for name in "13"
    }


CORRECTED = [
    ("1", "85123A", "3", DAY, "2.55"),
    ("1", "22423", "1", DAY, "10.95"),
    ("2", "22423", "1", DAY, "10.95"),
]


def corrected(bronze) -> DataFrame:
    """Invoice 1 was sent again with another quantity, invoice 2 as it was."""
    first = bronze(*CORRECTED, file="jan.csv", sheet="")
    changed = [("1", "85123A", "40", DAY, "2.55"), *CORRECTED[1:]]
    return first.unionByName(bronze(*changed, file="jan_corrected.csv", sheet=""))


@pytest.mark.parametrize(
    ("again", "differs"),
    [
        (CORRECTED, []),
        # Another quantity; a line more; a line less; the same in other words.
        ([("1", "85123A", "40", DAY, "2.55"), *CORRECTED[1:]], [("1", 2, 4, 2)]),
        ([("1", "22386", "1", DAY, "1.95"), *CORRECTED], [("1", 2, 5, 1)]),
        (CORRECTED[1:], [("1", 2, 3, 1)]),
        ([("2", "22423", "1", "6/1/2010 10:00", "10.95")], [("2", 2, 2, 2)]),
    ],
)
def test_a_resent_invoice_that_differs_is_named(bronze, again, differs):
    both = bronze(*CORRECTED, file="a.csv").unionByName(bronze(*again, file="b.csv"))
    found = duplicates.resent_invoices(copies_of(both), ONLINE_RETAIL).collect()
    names = ("invoice", "copies", "lines", "differing_lines")
    assert [tuple(row[name] for name in names) for row in found] == differs
    assert all(row["invoice_day"] == AT.date() and not row["replaced"] for row in found)


def test_a_resent_invoice_adds_its_lines_or_replaces_the_first(bronze):
    lines = corrected(bronze)
    known = ["sale"] * 3
    assert outcomes(lines) == [*known, "sale", "duplicate_line", "duplicate_line"]
    replacing = replace(ONLINE_RETAIL, lines=replace(ONLINE_RETAIL.lines, resent=REPLACES))
    found = outcomes(lines, replacing)
    gone = ["replaced_invoice"] * 2
    assert found == [*gone, "sale", "sale", "sale", "duplicate_line"]
    resent = duplicates.resent_invoices(copies_of(lines, replacing), replacing).collect()
    assert [row["replaced"] for row in resent] == [True]


def test_what_goes_on_in_another_file_is_not_replaced(bronze):
    shop = shop_of(resent=REPLACES)
    more = ("536365", "22423", "1", DAY, "10.95")
    both = bronze(SALE, file="a.csv").unionByName(bronze(more, more, file="b.csv"))
    assert outcomes(both, shop) == ["sale", "sale", "repeated_line"]


def test_sales_are_typed_and_trimmed(bronze, frame):
    lines = bronze(("536365", " 85123a ", "6", "12/1/2010 8:26", "2.55", "17850.0", " MUG "))
    classified = classify(lines)
    expected = frame(
        SALES,
        [
            {
                "invoice": "536365",
                "line_number": 1,
                "stock_code": "85123A",
                "description": "MUG",
                "quantity": Decimal("6.000"),
                "invoice_date": datetime(2010, 12, 1, 8, 26),
                "unit_price": Decimal("2.5500"),
                "amount": Decimal("15.3000"),
                "customer_id": "17850",
                "country": "France",
                "reversed_at": None,
                "source_file": "shop.xlsx",
                "source_sheet": "Sheet1",
                "batch_id": "files-shop.xlsx",
            }
        ],
    )
    found = silver.sales(classified, reversals.reversals(classified))
    assert_df_equality(found, expected, ignore_nullable=True)


def test_returns_have_positive_quantities_and_name_their_sale(bronze, frame):
    lines = bronze(
        ("1", "85123A", "6", "2010-06-01 10:00:00", "2.55"),
        ("C2", "85123A", "-6", "2010-06-02 10:00:00", "2.55"),
    )
    classified = classify(lines)
    expected = frame(
        RETURNS,
        [
            {
                "invoice": "C2",
                "line_number": 2,
                "stock_code": "85123A",
                "description": "MUG",
                "quantity": Decimal("6.000"),
                "invoice_date": datetime(2010, 6, 2, 10),
                "unit_price": Decimal("2.5500"),
                "amount": Decimal("15.3000"),
                "customer_id": "1",
                "country": "France",
                "sale_invoice": "1",
                "source_file": "shop.xlsx",
                "source_sheet": "Sheet1",
                "batch_id": "files-shop.xlsx",
            }
        ],
    )
    found = silver.returns(classified, reversals.reversals(classified))
    assert_df_equality(found, expected, ignore_nullable=True)


def test_rejected_lines_keep_their_text(bronze, frame):
    found = silver.rejected_lines(classify(bronze(("1", " post ", "1", DAY, "18"), SALE)))
    row = bronze_row(1, "1", " post ", "1", DAY, "18") | {"reason": "non_product"}
    assert_df_equality(found, frame(REJECTED_LINES, [row]), ignore_nullable=True)
    kept = found.collect()[0]
    assert (kept["stock_code"], kept["price"], kept["ingested_at"]) == (" post ", "18", INGESTED_AT)


def taken(bronze: DataFrame) -> list[tuple]:
    rows = reversals.reversals(classify(bronze)).orderBy("sale_invoice").collect()
    return [(row["sale_invoice"], row["return_invoice"]) for row in rows]


def deal(invoice: str, day: int, hour: int = 10, quantity: int = 6, **other: str) -> tuple:
    signed = -quantity if invoice.startswith("C") else quantity
    return (
        invoice,
        other.get("code", "85123A"),
        str(signed),
        f"2010-06-{day:02} {hour:02}:00:00",
        other.get("price", "2.55"),
        other.get("customer", "1"),
    )


def test_a_return_takes_the_latest_earlier_sale(bronze):
    lines = bronze(deal("1", 1), deal("2", 2), deal("C3", 3), deal("4", 4))
    assert taken(lines) == [("2", "C3")]


def test_two_returns_take_two_sales(bronze):
    lines = bronze(deal("1", 1), deal("2", 2), deal("C3", 3), deal("C4", 4), deal("C5", 5))
    assert taken(lines) == [("1", "C4"), ("2", "C3")]


def test_a_return_with_nothing_before_it_leaves_later_sales_alone(bronze):
    lines = bronze(deal("C1", 1), deal("2", 2), deal("C3", 3), deal("4", 4))
    assert taken(lines) == [("2", "C3")]


def test_a_sale_in_the_minute_of_the_return_is_not_earlier(bronze):
    assert taken(bronze(deal("1", 1), deal("C2", 1))) == []


def test_another_product_price_customer_or_quantity_takes_nothing_back(bronze):
    others = {"1": {"code": "22423"}, "2": {"price": "2.56"}, "3": {"quantity": 5}, "4": {}}
    lines = []
    for customer, other in others.items():
        lines.append(deal(customer, 1, customer=customer))
        # The fourth's return is another customer's.
        whose = customer if other else "5"
        lines.append(deal(f"C{customer}", 2, **{"customer": whose, **other}))
    assert taken(bronze(*lines)) == []
    # The same, were it not for the difference.
    assert taken(bronze(lines[0], deal("C1", 2))) == [("1", "C1")]


def test_anonymous_lines_take_nothing_back(bronze):
    lines = bronze((*deal("1", 1)[:5], None), (*deal("C2", 2)[:5], None))
    assert taken(lines) == []


def greedy(events: list[tuple[int, bool]]) -> set[tuple[int, int]]:
    """The rule of ``silver.reversals`` taken literally: pairs of positions (sale, return)."""
    order = sorted(range(len(events)), key=lambda i: (events[i][0], not events[i][1], i))
    free: list[int] = []
    pairs = set()
    for i in order:
        if not events[i][1]:
            free.append(i)
        else:
            earlier = [j for j in free if events[j][0] < events[i][0]]
            if earlier:
                pairs.add((earlier[-1], i))
                free.remove(earlier[-1])
    return pairs


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=10),
        min_size=4,
        max_size=12,
    )
)
def test_reversals_are_those_of_the_rule_taken_literally(bronze, customers):
    """Many customers a frame, as one Spark job costs more than all of them."""
    lines = []
    expected = set()
    for customer, events in enumerate(customers, start=1):
        names = [f"{'C' if r else ''}{customer:03}{i:03}" for i, (_, r) in enumerate(events)]
        for name, (hour, _) in zip(names, events, strict=True):
            lines.append(deal(name, 1, hour=hour, customer=str(customer)))
        expected |= {(names[sale], names[back]) for sale, back in greedy(events)}
    assert set(taken(bronze(*lines))) == expected


def test_last_line_is_found_wherever_it_ended_but_never_on_a_day_that_cannot_be(frame):
    sales = frame(SALES, [{"invoice_date": datetime(2010, 6, 1)}])
    returns = frame(RETURNS, [{"invoice_date": datetime(2010, 6, 2)}])
    dates = ("6/3/2010 9:30", "non_product"), ("never", "unreadable_invoice_date")
    rejected = frame(
        REJECTED_LINES,
        [
            {"invoice_date": text, "reason": reason}
            for text, reason in (*dates, ("9999-12-31", "implausible_date"))
        ],
    )
    last = silver.last_line_at(sales, returns, rejected, ONLINE_RETAIL).collect()[0][0]
    assert last == datetime(2010, 6, 3, 9, 30)


def rule(line: tuple) -> str:
    """The outcome of one of the lines drawn below, by the table of docs/cleaning.md."""
    invoice, code, quantity, day, price, customer = line
    invoice, code = ((text or "").strip().upper() for text in (invoice, code))
    rules = (
        (not invoice, "unreadable_invoice"),
        (code in ("", "NAN"), "unreadable_stock_code"),
        (quantity not in ("1", "-1", "0"), "unreadable_quantity"),
        (day != DAY, "unreadable_invoice_date"),
        (price not in ("1", "0", "-1"), "unreadable_price"),
        (customer == "6.01E+12", "unreadable_customer_id"),
        (invoice == "A1", "adjustment"),
        (code == "POST", "non_product"),
        (invoice == "C1" and quantity != "0", "return"),
        (quantity != "1", "non_positive_quantity"),
        (price != "1", "non_positive_price"),
    )
    return next((outcome for fits, outcome in rules if fits), "sale")


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "1", "2", "C1", "A1", " 1 "]),
            st.sampled_from([None, "85123A", "85123a", "POST", "", "nan"]),
            st.sampled_from([None, "1", "-1", "0", "x", "1e400", "NaN"]),
            st.sampled_from([None, DAY, "32/13/2010 8:00", "0000-00-00 00:00:00", ""]),
            st.sampled_from([None, "1", "0", "-1", "1,5", "Infinity"]),
            st.sampled_from([None, "1", "x", "6.01E+12"]),
        ),
        min_size=20,
        max_size=60,
    )
)
def test_every_line_ends_in_exactly_one_table_and_nothing_changes_silently(bronze, lines):
    classified = classify(bronze(*lines))
    reversed_sales = reversals.reversals(classified)
    # A refused cast would show here as an exception: ANSI mode is on.
    found = dict(map(tuple, classified.select("line_number", "outcome").collect()))
    first = {line: number for number, line in reversed([*enumerate(lines, start=1)])}
    expected = {}
    for number, line in enumerate(lines, start=1):
        readable = not (outcome := rule(line)).startswith("unreadable")
        expected[number] = "repeated_line" if readable and first[line] < number else outcome
    assert found == expected
    numbers = []
    for part, table in (
        (silver.sales(classified, reversed_sales), SALES),
        (silver.returns(classified, reversed_sales), RETURNS),
    ):
        checked = " AND ".join(f"({check})" for _, check in table.checks)
        for number, fits in part.selectExpr("line_number", checked).collect():
            assert fits, lines[number - 1]
            numbers.append(number)
    for row in silver.rejected_lines(classified).collect():
        numbers.append(row["line_number"])
        columns = ("invoice", "stock_code", "quantity", "invoice_date", "price", "customer_id")
        assert tuple(row[name] for name in columns) == lines[row["line_number"] - 1]
        assert row["reason"] == expected[row["line_number"]]
    assert sorted(numbers) == list(range(1, len(lines) + 1))
