from datetime import date, datetime
from decimal import Decimal

from chispa import assert_df_equality

from purchase_rows import AS_OF, CUT, bought, named, past
from retail_lakehouse.arrays.days import NEVER, day_number
from retail_lakehouse.medallion import gold
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.data.training_data import Products
from retail_lakehouse.tables import PRODUCTS, PURCHASES


def test_products_stand_in_the_order_of_their_first_sale(frame):
    rows = [
        bought(1, date(2011, 2, 2), "20001", "b"),
        bought(2, date(2011, 2, 1), "20002", "a", back=datetime(2011, 2, 3)),
        bought(2, date(2011, 2, 2), "20000", "c"),
        bought(2, AS_OF, "20003", "d"),
    ]
    found = loader.products(
        frame(PURCHASES, rows),
        frame(
            PRODUCTS,
            [{"stock_code": "20000", "description": "CUP", "first_description": "OLD CUP"}],
        ),
        AS_OF,
    )
    day = day_number(date(2011, 2, 1))
    assert found == Products(
        codes=("20002", "20000", "20001"),
        names=(None, "CUP", None),
        first_names=(None, "OLD CUP", None),
        first_days=(day, day + 1, day + 1),
    )
    assert [found.before(day + i) for i in range(3)] == [0, 1, 3]


def test_purchases_in_numbers_know_nothing_of_the_day_and_later(frame):
    rows = [
        bought(1, date(2011, 5, 30), "20000", "a", back=datetime(2011, 5, 31, 9), first=True),
        bought(1, date(2011, 5, 31), "20000", "b", back=datetime(2011, 6, 1), country=None),
        bought(1, AS_OF, "20000", "c"),
    ]
    catalogue = Products(("20000",), ("CUP",), ("CUP",), (CUT - 2,))
    found = loader.numbered(frame(PURCHASES, rows), catalogue, AS_OF).drop("invoice")
    expected = frame(PURCHASES, []).sparkSession.createDataFrame(
        [
            ("1", 0, CUT - 2, CUT - 1, Decimal(3), Decimal("2.5"), "France", True),
            ("1", 0, CUT - 1, NEVER, Decimal(3), Decimal("2.5"), "", False),
        ],
        "customer_id STRING, item INT, day INT, reversed_day INT, quantity DECIMAL(18,3), "
        "unit_price DECIMAL(12,4), country STRING, first_time BOOLEAN",
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)


def test_item_sales_by_day_and_country(frame):
    rows = [
        bought(1, date(2011, 5, 2), "20000", "a", "2.0", first=True),
        bought(2, date(2011, 5, 2), "20000", "b", "4.0", first=True),
        bought(3, date(2011, 5, 2), "20000", "c", "5.0", country="Norway"),
        bought(1, date(2011, 5, 9), "20000", "d", "2.0"),
    ]
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows), AS_OF)
    found = loader.item_sales(loader.numbered(table, catalogue, AS_OF))
    assert found.country_names == ("France", "Norway")
    columns = (found.days - CUT, found.countries, found.invoices, found.newcomers, found.price_sum)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == [
        (-30, 0, 2, 2, 6.0),
        (-30, 1, 1, 0, 5.0),
        (-23, 0, 1, 0, 2.0),
    ]


def test_a_sample_is_the_same_customers_whatever_the_order(frame):
    rows = past()
    found = []
    for some in (rows, rows[::-1]):
        table = frame(PURCHASES, some)
        picked = loader.sampled(table, 5, 42).select("customer_id").distinct().collect()
        found.append({row[0] for row in picked})
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_purchases_of_a_shop_without_any_are_none(frame):
    empty = gold.purchases(
        frame(PURCHASES, []).sparkSession.createDataFrame(
            [],
            "invoice STRING, line_number INT, stock_code STRING, quantity DECIMAL(18,3), "
            "invoice_date TIMESTAMP, unit_price DECIMAL(12,4), customer_id STRING, country STRING, "
            "reversed_at TIMESTAMP",
        ),
        AS_OF,
    )
    assert empty.count() == 0
    assert loader.products(frame(PURCHASES, []), frame(PRODUCTS, []), AS_OF).codes == ()
