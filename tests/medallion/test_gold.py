from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from chispa import assert_df_equality

from retail_lakehouse.medallion import gold, quality
from retail_lakehouse.tables import (
    CUSTOMER_RFM,
    DATA_QUALITY,
    INTERACTIONS,
    PRODUCTS,
    PURCHASES,
    REJECTED_LINES,
    RESENT_INVOICES,
    RETURNS,
    SALES,
)

AS_OF = date(2011, 1, 1)


def sale(invoice, line, code, quantity, at, price, customer=1, **other):
    return {
        "invoice": invoice,
        "line_number": line,
        "stock_code": code,
        "description": other.get("description", code),
        "quantity": quantity,
        "invoice_date": at,
        "unit_price": Decimal(price),
        "amount": quantity * Decimal(price),
        "customer_id": customer,
        "country": other.get("country", "France"),
        "reversed_at": other.get("reversed_at"),
        "source_file": "shop.xlsx",
        "source_sheet": "2010",
        "batch_id": "files-shop.xlsx",
    }


MARCH, JUNE, DECEMBER = (
    datetime(2010, 3, 1, 9),
    datetime(2010, 6, 1, 9),
    datetime(2010, 12, 31, 23, 59),
)
SHOP = [
    sale("1", 1, "22423", 2, MARCH, "10.95", description="CAKE STAND", country="Spain"),
    sale("1", 2, "85123A", 6, MARCH, "2.55"),
    sale("2", 3, "22423", 1, DECEMBER, "12.75", description="REGENCY CAKE STAND"),
    sale("3", 4, "22423", 10, JUNE, "9.00", customer=2, description=None),
    sale("4", 5, "22423", 4, JUNE, "9.00", customer=None),
]


def test_products_sum_sales_and_keep_the_first_and_the_latest_name(frame):
    standing = frame(SALES, SHOP)
    found = gold.products(standing, gold.interactions(standing))
    expected = frame(
        PRODUCTS,
        [
            {
                "stock_code": "22423",
                "description": "REGENCY CAKE STAND",
                "first_description": "CAKE STAND",
                "first_sold_at": MARCH,
                "last_sold_at": DECEMBER,
                "units": 17,
                "revenue": Decimal("160.65"),
                "customers": 2,
            },
            {
                "stock_code": "85123A",
                "description": "85123A",
                "first_description": "85123A",
                "first_sold_at": MARCH,
                "last_sold_at": MARCH,
                "units": 6,
                "revenue": Decimal("15.30"),
                "customers": 1,
            },
        ],
    )
    assert_df_equality(found.orderBy("stock_code"), expected, ignore_nullable=True)


def test_of_two_names_in_one_minute_the_later_in_the_alphabet_is_the_latest(frame):
    lines = [
        sale("1", 1, "22423", 1, MARCH, "1", description="MUG"),
        sale("2", 2, "22423", 1, MARCH, "1", description="CUP"),
        sale("2", 3, "22423", 1, MARCH, "1", description=None),
        sale("3", 4, "85123A", 1, MARCH, "1", description=None),
    ]
    standing = frame(SALES, lines)
    found = gold.products(standing, gold.interactions(standing))
    assert {
        row["stock_code"]: (row["first_description"], row["description"]) for row in found.collect()
    } == {"22423": ("CUP", "MUG"), "85123A": (None, None)}


def test_a_product_bought_by_nobody_known_has_no_customers(frame):
    standing = frame(SALES, [sale("1", 1, "22423", 1, MARCH, "1", customer=None)])
    found = gold.products(standing, gold.interactions(standing)).collect()
    assert [row["customers"] for row in found] == [0]


def test_rfm_counts_invoices_days_and_pounds(frame):
    found = gold.customer_rfm(frame(SALES, SHOP), AS_OF)
    expected = frame(
        CUSTOMER_RFM,
        [
            {
                "customer_id": 1,
                "recency_days": 1,
                "frequency": 2,
                "monetary": Decimal("49.95"),
                "first_purchase_at": MARCH,
                "last_purchase_at": DECEMBER,
                "country": "France",
                "r_score": 5,
                "f_score": 5,
                "m_score": 1,
            },
            {
                "customer_id": 2,
                "recency_days": 214,
                "frequency": 1,
                "monetary": Decimal("90.00"),
                "first_purchase_at": JUNE,
                "last_purchase_at": JUNE,
                "country": "France",
                "r_score": 1,
                "f_score": 1,
                "m_score": 5,
            },
        ],
    )
    assert_df_equality(found.orderBy("customer_id"), expected, ignore_nullable=True)


def test_scores_are_quintiles_and_equal_values_score_alike(frame):
    # Five distinct spends, each by two customers; one invoice each, all on one day.
    rows = [
        sale(str(c), c, "22423", 1, MARCH, str(10 * ((c + 1) // 2)), customer=c)
        for c in range(1, 11)
    ]
    found = gold.customer_rfm(frame(SALES, rows), AS_OF).orderBy("monetary").collect()
    assert [row["m_score"] for row in found] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert {(row["r_score"], row["f_score"]) for row in found} == {(5, 1)}


def test_interactions_sum_units_and_count_invoices(frame):
    found = gold.interactions(frame(SALES, SHOP)).orderBy("customer_id", "stock_code")
    expected = frame(
        INTERACTIONS,
        [
            {
                "customer_id": customer,
                "stock_code": code,
                "quantity": quantity,
                "invoices": invoices,
                "last_purchased_at": last,
            }
            for customer, code, quantity, invoices, last in (
                (1, "22423", 3, 2, DECEMBER),
                (1, "85123A", 6, 1, MARCH),
                (2, "22423", 10, 1, JUNE),
            )
        ],
    )
    assert_df_equality(found, expected, ignore_nullable=True)


@pytest.mark.parametrize(
    ("at", "reversed_at", "stands"),
    [
        (MARCH, None, True),
        (MARCH, datetime(2010, 4, 1), False),
        # On that day nobody knew yet that it would be taken back.
        (MARCH, datetime(2011, 1, 1), True),
        (datetime(2011, 1, 1), None, False),
    ],
)
def test_only_sales_that_stand_on_that_day_count(frame, at, reversed_at, stands):
    rows = frame(SALES, [sale("1", 1, "22423", 1, at, "1", reversed_at=reversed_at)])
    assert gold.standing_sales(rows, AS_OF).count() == int(stands)


def test_an_empty_shop_has_empty_features(frame):
    nothing = frame(SALES, [])
    assert gold.customer_rfm(nothing, AS_OF).count() == 0
    assert gold.interactions(nothing).count() == 0
    assert gold.products(nothing, gold.interactions(nothing)).count() == 0


def quality_rows(frame, bronze, sales, rfm, interactions=None, resent=()):
    rows = quality.data_quality(
        bronze,
        sales,
        frame(RETURNS, []),
        frame(REJECTED_LINES, []),
        rfm,
        gold.interactions(sales) if interactions is None else interactions,
        frame(RESENT_INVOICES, resent),
        AS_OF,
    )
    assert rows.columns == list(DATA_QUALITY.column_names)
    return {
        (r["table_name"], r["measure"], r["part"]): (r["value"], r["passed"])
        for r in rows.collect()
    }


def test_quality_balances_lines_by_sheet_and_money_to_the_penny(frame, bronze):
    sales = frame(SALES, SHOP)
    lines = bronze(*[("1", "22423", "1", "2010-03-01 09:00:00", "1")] * 5, sheet="2010")
    found = quality_rows(frame, lines, sales, gold.customer_rfm(sales, AS_OF))
    part = "shop.xlsx / 2010"
    assert found[("bronze.invoice_lines", "lines_in", part)] == (5, None)
    assert found[("silver.sales", "lines_out", part)] == (5, None)
    assert found[("bronze.invoice_lines", "lines_balance", part)] == (0, True)
    assert found[("gold.customer_rfm", "monetary", "ALL")] == (Decimal("139.95"), None)
    assert found[("gold.customer_rfm", "money_balance", "ALL")] == (0, True)
    assert found[("gold.interactions", "units", "ALL")] == (19, None)
    assert found[("gold.interactions", "units_balance", "ALL")] == (0, True)


def test_quality_sees_a_lost_piece(frame, bronze):
    sales = frame(SALES, SHOP)
    # Anonymous: no customer's, so it is missing nowhere.
    fewer = gold.interactions(frame(SALES, [SHOP[0] | {"quantity": 1}, *SHOP[1:-1]]))
    found = quality_rows(frame, bronze(), sales, gold.customer_rfm(sales, AS_OF), fewer)
    assert found[("gold.interactions", "units_balance", "ALL")] == (1, False)
    assert found[("gold.customer_rfm", "money_balance", "ALL")] == (0, True)


def test_quality_of_a_shop_without_customers_balances(frame, bronze):
    nothing = frame(SALES, [])
    found = quality_rows(frame, bronze(), nothing, gold.customer_rfm(nothing, AS_OF))
    for table, measure in (("customer_rfm", "money_balance"), ("interactions", "units_balance")):
        assert found[(f"gold.{table}", measure, "ALL")] == (0, True)


def test_quality_sees_a_lost_line_and_a_lost_penny(frame, bronze):
    sales = frame(SALES, SHOP)
    lines = bronze(*[("1", "22423", "1", "2010-03-01 09:00:00", "1")] * 6, sheet="2010")
    other = [SHOP[0] | {"amount": SHOP[0]["amount"] - Decimal("0.01")}, *SHOP[1:]]
    found = quality_rows(frame, lines, sales, gold.customer_rfm(frame(SALES, other), AS_OF))
    part = "shop.xlsx / 2010"
    assert found[("bronze.invoice_lines", "lines_balance", part)] == (1, False)
    assert found[("gold.customer_rfm", "money_balance", "ALL")] == (Decimal("0.01"), False)


def test_quality_names_invoices_that_came_again_and_differ(frame, bronze):
    nothing = frame(SALES, [])
    resent = [
        {"invoice": "7", "invoice_day": date(2010, 3, day), "differing_lines": lines}
        for day, lines in ((1, 2), (2, 3))
    ]
    rfm = gold.customer_rfm(nothing, AS_OF)
    found = quality_rows(frame, bronze(), nothing, rfm, resent=resent)
    assert found[("silver.resent_invoices", "differing_lines", "7")] == (5, None)


def test_features_of_goods_sold_by_weight(frame):
    lines = [
        sale("1", 1, "22423", Decimal("0.750"), MARCH, "4.00"),
        sale("2", 2, "22423", Decimal("1.255"), JUNE, "4.00"),
    ]
    standing = frame(SALES, lines)
    bought = gold.interactions(standing)
    assert bought.collect()[0]["quantity"] == Decimal("2.005")
    assert gold.products(standing, bought).collect()[0]["units"] == Decimal("2.005")
    assert gold.purchases(standing, AS_OF).agg({"quantity": "sum"}).collect()[0][0] == Decimal(
        "2.005"
    )
    assert gold.customer_rfm(standing, AS_OF).collect()[0]["monetary"] == Decimal("8.02")


def test_the_same_number_on_another_day_is_another_invoice(frame):
    """Some shops begin at 1 each year; the lines of an invoice of one day may differ by minutes."""
    lines = [
        sale("1", 1, "22423", 1, MARCH, "10"),
        sale("1", 2, "22423", 1, MARCH + timedelta(minutes=5), "10"),
        sale("1", 3, "22423", 1, JUNE, "10"),
    ]
    standing = frame(SALES, lines)
    assert gold.customer_rfm(standing, AS_OF).collect()[0]["frequency"] == 2
    assert gold.interactions(standing).collect()[0]["invoices"] == 2
    bought = gold.purchases(standing, AS_OF).orderBy("sold_at").collect()
    assert [(row["sold_at"], row["quantity"], row["first_time"]) for row in bought] == [
        (MARCH, 2, True),
        (JUNE, 1, False),
    ]


def test_purchases_are_seen_as_they_were_before_as_of(frame):
    april = datetime(2010, 4, 1, 8)
    lines = [
        # Two lines of a product on an invoice: one taken back, so it was bought all the same.
        sale("1", 1, "22423", 2, MARCH, "10.00", country="Spain", reversed_at=april),
        sale("1", 2, "22423", 4, MARCH, "11.00", country="Spain"),
        # Moved house since; taken back in full, the first time as well as it was.
        sale("2", 3, "85123A", 6, JUNE, "2.55", reversed_at=DECEMBER),
        # Taken back on the day of as_of: the day before nobody knew.
        sale("3", 4, "22423", 1, DECEMBER, "12.75", reversed_at=datetime(2011, 1, 1)),
        sale("4", 5, "22423", 4, JUNE, "9.00", customer=None),
        sale("5", 6, "22423", 4, datetime(2011, 1, 1), "9.00", customer=2),
    ]
    found = gold.purchases(frame(SALES, lines), AS_OF)

    def row(invoice, code, sold_at, quantity, price, first_time, reversed_at=None):
        return {
            "customer_id": 1,
            "invoice": invoice,
            "stock_code": code,
            "sold_at": sold_at,
            "reversed_at": reversed_at,
            "quantity": quantity,
            "unit_price": Decimal(price),
            "country": "Spain",
            "first_time": first_time,
        }

    expected = frame(
        PURCHASES,
        [
            row("1", "22423", MARCH, 6, "10.5", True),
            row("2", "85123A", JUNE, 6, "2.55", True, DECEMBER),
            row("3", "22423", DECEMBER, 1, "12.75", False),
        ],
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)
