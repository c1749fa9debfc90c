"""Corrected and forgotten lines on their way through cleaning."""

from dataclasses import replace

import pytest

from retail_lakehouse.medallion import duplicates, reversals, silver, texts
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.corrections import REFERENCE
from retail_lakehouse.shops.description import REPLACES
from retail_lakehouse.shops.forgotten import code, mark
from retail_lakehouse.tables import INVOICE_LINES
from support import bronze_row

DAY = "2010-06-01 10:00:00"
LATER = "2010-06-02 10:00:00"
ONLINE_RETAIL = shop_file.packaged(shop_file.ONLINE_RETAIL_II)
REPLACING = replace(ONLINE_RETAIL, lines=replace(ONLINE_RETAIL.lines, resent=REPLACES))


def row(number, code, price, file="a.csv", for_line=None, customer="7"):
    ref = f"files-a.csv:{for_line}::a.csv" if for_line else None
    others = {REFERENCE: ref} if ref else None
    return bronze_row(
        number, "536365", code, "6", DAY, price, customer, file=file, sheet="", other_columns=others
    )


def outcomes(frame, rows, shop=ONLINE_RETAIL):
    bronze = frame(INVOICE_LINES, rows)
    copied = duplicates.copies(bronze, duplicates.suspects(bronze), shop)
    lines = silver.classify(bronze, duplicates.there_already(copied, shop), shop)
    found = {(r["source_file"], r["line_number"]): r["outcome"] for r in lines.collect()}
    return found, duplicates.resent_invoices(copied, shop).collect()


@pytest.mark.parametrize("shop", [ONLINE_RETAIL, REPLACING], ids=["adds", "replaces"])
def test_a_corrected_line_takes_the_place_of_its_own_line_alone(frame, shop):
    rows = [
        row(1, "85123A", "2.55"),
        row(2, "85124A", "free"),
        # Readable by now, as after a change of the description: it must not count twice.
        row(3, "85125A", "3.00"),
        row(1, "85124A", "1.25", "b.csv", for_line=2),
        row(2, "85125A", "4.00", "b.csv", for_line=3),
        # Nobody has corrected this one: it is there already.
        row(3, "85123A", "2.55", "b.csv", for_line=1),
    ]
    found, resent = outcomes(frame, rows, shop)
    assert found == {
        ("a.csv", 1): "repeated_line",
        ("a.csv", 2): "unreadable_price",
        ("a.csv", 3): "corrected_line",
        ("b.csv", 1): "sale",
        ("b.csv", 2): "sale",
        ("b.csv", 3): "sale",
    }
    assert resent == []


def test_of_two_corrections_the_last_file_stands_and_a_line_may_be_split(frame):
    rows = [
        row(1, "85123A", "free"),
        row(1, "85123A", "2.00", "b.csv", for_line=1),
        row(1, "85123A", "2.10", "c.csv", for_line=1),
        row(2, "85124A", "2.20", "c.csv", for_line=1),
        row(3, "85125A", "2.30", "c.csv"),
    ]
    found, _ = outcomes(frame, rows)
    assert found == {
        ("a.csv", 1): "unreadable_price",
        ("b.csv", 1): "corrected_line",
        ("c.csv", 1): "sale",
        ("c.csv", 2): "sale",
        ("c.csv", 3): "sale",
    }


@pytest.mark.parametrize("text", ["x", "a:b:c", "files-a.csv:one::a.csv", "::::", "a:1:%zz:b"])
def test_a_column_of_that_name_that_names_no_line_changes_nothing(frame, text):
    odd = row(1, "85123A", "2.55") | {"other_columns": {REFERENCE: text}}
    found, _ = outcomes(frame, [odd, row(2, "85124A", "2.55")])
    assert set(found.values()) == {"sale"}


def test_forgotten_lines_mean_what_they_meant_without_whose_they_were(frame):
    def lines(customer):
        sold = [
            ("1", "85123A", "6", DAY, "2.55", "7"),
            ("1", "85123A", "6", DAY, "2.55", "7"),
            ("1", "85123A", "6", DAY, "2.55", "7.0"),
            ("C2", "85123A", "-6", LATER, "2.55", "'7"),
            ("3", "85124A", "6", DAY, "2.55", "7"),
            ("C4", "85124A", "-6", LATER, "2.55", "8"),
            ("5", "85124A", "six", DAY, "2.55", "7"),
        ]
        return [
            bronze_row(number, *line[:5], customer(line[5], line[1]))
            for number, line in enumerate(sold, start=1)
        ]

    def cleaned(rows):
        bronze = frame(INVOICE_LINES, rows)
        copied = duplicates.copies(bronze, duplicates.suspects(bronze), ONLINE_RETAIL)
        twice = duplicates.there_already(copied, ONLINE_RETAIL)
        found = silver.classify(bronze, twice, ONLINE_RETAIL)
        back = reversals.reversals(found)
        sales = silver.sales(found, back).orderBy("line_number").collect()
        returns = silver.returns(found, back).orderBy("line_number").collect()
        rejected = silver.rejected_lines(found).orderBy("line_number").collect()
        return (
            [(r["line_number"], r["customer_id"], r["reversed_at"] is None) for r in sales],
            [(r["line_number"], r["customer_id"], r["sale_invoice"]) for r in returns],
            [(r["line_number"], r["reason"]) for r in rejected],
        )

    before = cleaned(lines(lambda written, _: written))
    assert before == (
        [(1, "7", True), (3, "7", False), (5, "7", True)],
        [(4, "7", "1"), (6, "8", None)],
        [(2, "repeated_line"), (7, "unreadable_quantity")],
    )
    secret = {"7": "secret"}
    after = cleaned(lines(lambda w, product: w if w == "8" else mark(secret["7"], w, product)))
    sales, _, rejected = before
    assert after == (
        [(line, None, stands) for line, _, stands in sales],
        [(4, None, "1"), (6, "8", None)],
        rejected,
    )


def test_ids_are_read_alike_in_landed_files_and_in_bronze(spark):
    written = [
        None, "", " nan ", "NaN", "'", "''5", "'nan", "13085.0", "13085.00", "13085.5", ".0",
        "7.0 ", "\u00a07\t", "A.0", "007", "' 5", "'13085.0", "\n9\r", "-1.0", "\u0665.0",
    ]  # fmt: skip
    lines = spark.createDataFrame([(text,) for text in written], "written STRING")
    rows = texts.with_codes(lines, read="written").collect()
    assert [(row["written"], row["read"]) for row in rows] == [(w, code(w)) for w in written]
