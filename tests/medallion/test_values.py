"""What a text means, by the shop's description: dates, numbers, codes and the rules of lines."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from retail_lakehouse.errors import RejectedLinesError
from retail_lakehouse.medallion import duplicates, gate, moments, silver, texts
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import (
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    EXCEL_SERIAL,
    ISO,
    Cancellation,
    Format,
    LineRules,
    ShopDescription,
)
from retail_lakehouse.tables import REJECTED_LINES, RETURNS, SALES

pytestmark = pytest.mark.connect

ONLINE_RETAIL = shop_file.packaged(shop_file.ONLINE_RETAIL_II)
DAY = "2010-06-01 10:00:00"


def shop_of(timezone="", currency="EUR", amount=False, written=None, **lines):
    columns = replace(ONLINE_RETAIL.columns, price=None, amount="Total")
    return ShopDescription(
        "Corner shop",
        columns if amount else ONLINE_RETAIL.columns,
        currency,
        timezone,
        written or Format(),
        LineRules(**lines),
    )


def read(spark, texts_, expression):
    """What the expression makes of each text, in one query."""
    rows = spark.createDataFrame(list(enumerate(texts_)), "place INT, text STRING")
    return [row[0] for row in rows.orderBy("place").select(expression(F.col("text"))).collect()]


DATES = [
    (("M/d/yyyy H:mm",), "", {
        "1/3/2023 9:15": datetime(2023, 1, 3, 9, 15), "13/1/2023 9:15": None,
        "1/3/23 9:15": None, "2/30/2023 9:15": None, "1/3/2023 9:15:00": None,
    }),
    (("d/M/yyyy H:mm", "d/M/yyyy"), "", {
        "3/1/2023 9:15": datetime(2023, 1, 3, 9, 15), "31/12/2022": datetime(2022, 12, 31),
        " 31/12/2022\u00a0": datetime(2022, 12, 31), "'31/12/2022": datetime(2022, 12, 31),
        "12/31/2022": None,
    }),
    (("M/d/yy",), "", {
        "1/3/23": datetime(2023, 1, 3), "1/3/98": datetime(1998, 1, 3),
        "2/29/96": datetime(1996, 2, 29), "1/3/69": datetime(2069, 1, 3),
    }),
    (("M/d/yyyy h:mm:ss a",), "", {
        "1/3/2023 9:15:00 AM": datetime(2023, 1, 3, 9, 15),
        "1/3/2023 12:15:00 pm": datetime(2023, 1, 3, 12, 15),
        "1/3/2023 12:15:00 AM": datetime(2023, 1, 3, 0, 15), "1/3/2023 13:15:00 PM": None,
    }),
    (("yyyyMMdd HHmmss",), "", {"20230103 091500": datetime(2023, 1, 3, 9, 15)}),
    (("d MMM yyyy", "d-MMM-yy"), "", {
        "3 Jan 2023": datetime(2023, 1, 3), "3 JAN 2023": datetime(2023, 1, 3),
        "3-Feb-23": datetime(2023, 2, 3), "3 Foo 2023": None,
    }),
    ((EXCEL_SERIAL,), "", {
        "44929.3854166667": datetime(2023, 1, 3, 9, 15), "44929": datetime(2023, 1, 3),
        "2958465": datetime(9999, 12, 31), "2958466": None, "0": None, "4492x": None,
    }),
    ((EPOCH_SECONDS,), "", {"1672737300": datetime(2023, 1, 3, 9, 15), "16727373001111": None}),
    ((EPOCH_MILLIS,), "America/New_York", {
        "1672737300250": datetime(2023, 1, 3, 4, 15, 0, 250_000),
    }),
    ((ISO,), "", {
        "2023-01-03T09:15:00.000Z": datetime(2023, 1, 3, 9, 15),
        "2023-01-03 09:15:00 UTC": datetime(2023, 1, 3, 9, 15),
        "2023-01-03 09:15+01:00": datetime(2023, 1, 3, 9, 15),
        "2023-01-03": datetime(2023, 1, 3), "2023-1-3": None,
    }),
    # In summer New York is four hours behind.
    ((ISO,), "America/New_York", {
        "2023-07-03T09:15:00.000Z": datetime(2023, 7, 3, 5, 15),
        "2023-07-03 09:15:00,5 GMT": datetime(2023, 7, 3, 5, 15, 0, 500_000),
        "2023-07-03 09:15+0200": datetime(2023, 7, 3, 3, 15),
        "2023-07-03 09:15-03": datetime(2023, 7, 3, 8, 15),
        "2023-07-03 09:15:00": datetime(2023, 7, 3, 9, 15),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("patterns", "timezone", "expected"), DATES)
def test_dates_are_read_by_the_shops_patterns(spark, patterns, timezone, expected):
    shop = shop_of(timezone, written=Format(dates=patterns))
    found = read(spark, expected, lambda text: moments.timestamp(text, shop))
    assert dict(zip(expected, found, strict=True)) == expected


NUMBERS = [
    (".", "", "GBP", {
        "2.55": "2.55", "£2.55": "2.55", "2.55 £": "2.55", "GBP 2.55": "2.55", "2.55 gbp": "2.55",
        "(2.55)": "-2.55", "2.55-": "-2.55", "£-2.55": "-2.55", "-£2.55": "-2.55",
        "(£2.55)": "-2.55", "\u22122.55": "-2.55", "'-2.55": "-2.55", "-(2.55)": None,
        "--2.55": None, "1,234": None, "1,5": None, "\u20ac2.55": None, "2.55 EUR": None,
        "USD 2.55": None, "$2.55": None, "US$ 2.55": None, "1d": None, "1e-2": "0.01",
        "": None, "£": None, "free": None, "Infinity": None,
    }),
    (".", ",", "USD", {
        "1,234.50": "1234.5", "$1,234,567.89": "1234567.89", "1234.5": "1234.5", "US$ 5": "5",
        "(1,234.50)": "-1234.5", "12,34": None, "1,23.4": None, "1.234,50": None, "A$5": None,
    }),
    (",", ".", "EUR", {
        "1.234,50 \u20ac": "1234.5", "0,85": "0.85", "1.234": "1234", "2.55": None, "-0,5": "-0.5",
        "1,5e2": "150", "EUR 3": "3", "3,-": None,
    }),
    (",", "", "PLN", {"2,55 zł": "2.55", "2.55": None}),
    (",", " ", "SEK", {"1 234,50 kr": "1234.5", "1\u00a0234": "1234", "1\u202f234,5": "1234.5"}),
    (".", "'", "CHF", {"1'234.50": "1234.5", "1\u2019234.50": "1234.5", "Fr. 5": "5"}),
    (".", "", "XXX", {"£2.55": "2.55", "Rs. 5": "5", "\u20b95": "5"}),
]  # fmt: skip


@pytest.mark.parametrize(("decimal", "thousands", "currency", "expected"), NUMBERS)
def test_money_is_read_by_the_shops_marks(spark, decimal, thousands, currency, expected):
    form = Format(decimal=decimal, thousands=thousands)
    found = read(spark, expected, lambda t: texts.money(t, form, currency, "DECIMAL(12,4)"))
    wanted = {text: value and Decimal(value) for text, value in expected.items()}
    assert dict(zip(expected, found, strict=True)) == wanted


def test_quantities_may_have_three_decimals(spark):
    expected = {
        "0.75": "0.75", "-0.125": "-0.125", "0.1255": None, "3 kg": None, "(3)": "-3", "3-": "-3",
        "2147483647": "2147483647", "2147483648": None, "1,5": None, "1.0": "1",
    }  # fmt: skip
    found = read(spark, expected, lambda text: texts.quantity(text, Format()))
    wanted = {text: value and Decimal(value) for text, value in expected.items()}
    assert dict(zip(expected, found, strict=True)) == wanted


def test_codes_are_what_people_mean(spark):
    expected = {
        "13085.0": "13085", " 85123a ": "85123a", "'007": "007", "1.00": "1", "12.50": "12.50",
        "CG-12520": "CG-12520", "": None, "nan": None, "'": None, "6011223330002": "6011223330002",
    }  # fmt: skip
    rows = spark.createDataFrame(list(enumerate(expected)), "place INT, customer_id STRING")
    codes = texts.with_codes(rows, code="customer_id").orderBy("place").collect()
    found = [row["code"] for row in codes]
    assert dict(zip(expected, found, strict=True)) == expected


def cleaned(bronze, shop):
    copies = duplicates.copies(bronze, duplicates.suspects(bronze), shop)
    return silver.classify(bronze, duplicates.there_already(copies, shop), shop)


def outcomes(bronze, shop):
    rows = cleaned(bronze, shop).orderBy("line_number").select("outcome", "customer_id").collect()
    return [tuple(row) for row in rows]


def test_what_lines_mean_is_what_the_shop_says(bronze):
    """Codes of letters, invoices that start with A or C, and what takes a sale back."""
    lines = bronze(
        ("A700101", "CLO0103", "3", DAY, "1", "CUST-2"),
        ("C700101", "A-1", "-3", DAY, "1", "guest"),
        ("3", "DELIVERY", "1", DAY, "1", " Guest "),
        ("4", "0103", "-1", DAY, "1", "0"),
        ("5", "0103", "0", DAY, "1", "NULL"),
    )
    plain = shop_of(anonymous=("Guest", "0", "NULL"), service_codes=("delivery",))
    assert outcomes(lines, plain) == [
        ("sale", "CUST-2"),
        ("non_positive_quantity", None),
        ("non_product", None),
        ("non_positive_quantity", None),
        ("non_positive_quantity", None),
    ]
    returning = shop_of(cancellation=Cancellation(negative_quantity=True))
    assert [outcome for outcome, _ in outcomes(lines, returning)] == [
        *("sale", "return", "sale", "return", "non_positive_quantity"),
    ]


def test_a_column_of_theirs_may_say_what_is_a_cancellation(bronze):
    words = ['{"Status": " Returned"}', '{"Status": "sold"}', '{"Other": "returned"}', "null"]
    lines = bronze(*((str(i), "A", "2", DAY, "5") for i in range(4)))
    maps = [F.from_json(F.lit(word), "MAP<STRING,STRING>") for word in words]
    said = F.element_at(F.array(*maps), F.col("line_number"))
    shop = shop_of(cancellation=Cancellation(column="Status", values=("returned",)))
    found = outcomes(lines.withColumn("other_columns", said), shop)
    assert [outcome for outcome, _ in found] == ["return", "sale", "sale", "sale"]


def test_a_lines_total_stays_what_it_is_and_the_price_follows_from_it(bronze):
    totals = ["10.00", "731.94", "-7.5", "0.01", "0", "ten", "10", None, "7.50"]
    units = ["3", "3", "-2", "100000", "1", "1", "0", "1", "-2"]
    lines = bronze(*((str(i), "A", q, DAY, None) for i, q in enumerate(units)))
    given = F.element_at(F.array(*map(F.lit, totals)), F.col("line_number"))
    shop = shop_of(amount=True, cancellation=Cancellation(negative_quantity=True))
    found = cleaned(lines.withColumn("amount", given), shop).orderBy("line_number").collect()
    assert [(r["outcome"], r["amount"], r["unit_price"]) for r in found[:4]] == [
        ("sale", Decimal("10.0000"), Decimal("3.3333")),
        ("sale", Decimal("731.9400"), Decimal("243.9800")),
        ("return", Decimal("7.5000"), Decimal("3.7500")),
        ("sale", Decimal("0.0100"), Decimal("0.0000")),
    ]
    assert [r["outcome"] for r in found[4:]] == [
        *("non_positive_price", "unreadable_amount", "non_positive_quantity"),
        *("unreadable_amount", "return"),
    ]
    # Some write the total of a cancellation with a minus, some without.
    assert found[8]["amount"] == Decimal("7.5000")
    kept = cleaned(lines.withColumn("amount", given), shop)
    for table in (SALES, RETURNS):
        checks = [check for _, check in table.checks if "reversed" not in check]
        rows = kept.where(F.col("outcome") == ("sale" if table is SALES else "return"))
        assert rows.where(" AND ".join(f"({check})" for check in checks)).count() == rows.count()


def test_parts_of_a_unit_cost_parts_of_the_price(bronze):
    row = cleaned(bronze(("1", "A", "0.125", DAY, "2.55")), shop_of()).collect()[0]
    assert (row["outcome"], row["quantity"], row["amount"]) == (
        "sale", Decimal("0.125"), Decimal("0.3188"),
    )  # fmt: skip


def rejected(frame, *reasons_and_values, column="invoice_date"):
    return frame(
        REJECTED_LINES, [{"reason": reason, column: value} for reason, value in reasons_and_values]
    )


def test_too_many_lines_of_one_reason_stop_with_reason_count_values_and_remedy(frame):
    bad = [("unreadable_invoice_date", text) for text in ("31/12/2010", "1/1/2011", "31/12/2010")]
    rows = rejected(frame, *bad, ("non_product", "1"))
    with pytest.raises(RejectedLinesError) as raised:
        gate.need_most_lines(rows, 6, ONLINE_RETAIL, 0.1)
    assert str(raised.value) == (
        "3 of 10 lines (30%) were rejected as unreadable_invoice_date, such as invoice_date "
        "'31/12/2010', '1/1/2011': mend the line [format] dates = [\"iso\", \"M/d/yyyy H:mm\"] of "
        "shop.toml, or let them go with --max-reject-share."
    )
    gate.need_most_lines(rows, 6, ONLINE_RETAIL, 0.3)


def test_lines_that_are_there_already_do_not_count(frame):
    twice = ("duplicate_line", "repeated_line", "replaced_invoice")
    gate.need_most_lines(
        rejected(frame, *((reason, None) for reason in twice)), 0, ONLINE_RETAIL, 0
    )


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("unreadable_invoice", '[columns] invoice = "Invoice"'),
        ("unreadable_quantity", '[format] decimal = "."'),
        ("unreadable_price", '[format] decimal = "."'),
        ("unreadable_customer_id", '[columns] customer_id = "Customer ID"'),
        ("implausible_date", '[format] dates = ["iso", "M/d/yyyy H:mm"]'),
        ("adjustment", '[lines] adjustment_prefix = "A"'),
        ("non_product", '[lines] product_code = "^[0-9]{5}"'),
        ("non_positive_quantity", "[lines.cancellation] negative_quantity = false"),
        ("non_positive_price", '[columns] price = "Price"'),
    ],
)
def test_every_reason_has_a_line_that_mends_it(reason, line):
    assert gate.remedy(reason, ONLINE_RETAIL) == line
