"""Which rows go out, and in which columns."""

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from retail_lakehouse import display
from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.exports.chosen import (
    LIST_COLUMNS,
    SEGMENT_COLUMNS,
    Chosen,
    recommendations,
    segments,
)

DAY = date(2011, 12, 10)


@pytest.fixture(scope="module")
def read(spark):
    from support import table_frame

    rows = {
        t.CUSTOMER_SEGMENTS: [
            {"customer_id": who, "segment": segment, "recency_days": 3, "frequency": 2,
             "monetary": Decimal("9.5"), "model_version": 1, "as_of": DAY}
            for who, segment in (("b", "Loyal"), ("a", "Lost"), ("c", "Loyal"))
        ],
        t.CUSTOMER_RFM: [
            {"customer_id": who, "country": country}
            for who, country in (("a", "France"), ("b", "France"), ("c", "Spain"))
        ],
        t.CUSTOMER_VALUE: [
            {"customer_id": "b", "probability_90_days": 0.5, "churn_band": "low",
             "expected_spend_90_days": Decimal("7.25"), "next_order_on": DAY}
        ],
        t.RECOMMENDATIONS: [
            {"customer_id": who, "list": name, "rank": rank, "stock_code": f"{rank}A",
             "description": "MUG", "score": 0.1, "reason": "popular now", "model_version": 2,
             "as_of": DAY}
            for who, name, rank in (
                ("b", "for_you", 2), ("b", "for_you", 1), ("a", "discover", 1), ("c", "for_you", 1),
            )
        ],
    }  # fmt: skip
    return {table: table_frame(spark, table, some) for table, some in rows.items()}.__getitem__


def test_segments_are_one_row_a_customer_with_what_is_expected(read):
    found = segments(read, Chosen())
    assert found.columns == list(SEGMENT_COLUMNS)
    assert [tuple(row) for row in found.collect()] == [
        ("a", "Lost", "France", 3, 2, Decimal("9.5"), None, None, None, None, 1, DAY),
        ("b", "Loyal", "France", 3, 2, Decimal("9.5"), 0.5, Decimal("7.25"), "low", DAY, 1, DAY),
        ("c", "Loyal", "Spain", 3, 2, Decimal("9.5"), None, None, None, None, 1, DAY),
    ]


def test_lists_are_in_their_order(read):
    found = recommendations(read, Chosen())
    assert found.columns == list(LIST_COLUMNS)
    assert [tuple(row)[:6] for row in found.collect()] == [
        ("a", "Lost", "France", "discover", 1, "1A"),
        ("b", "Loyal", "France", "for_you", 1, "1A"),
        ("b", "Loyal", "France", "for_you", 2, "2A"),
        ("c", "Loyal", "Spain", "for_you", 1, "1A"),
    ]


def test_choices_are_all_held(read):
    customers = segments(read, Chosen(segment="Loyal", country="France")).collect()
    assert [row["customer_id"] for row in customers] == ["b"]
    lists = recommendations(read, Chosen(country="France", list_name="for_you")).collect()
    assert [(row["customer_id"], row["rank"]) for row in lists] == [("b", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (Chosen(segment="loyal"), "--segment loyal: no customer .* most are of Loyal, Lost"),
        (Chosen(country="UK"), "--country UK: no customer .* most are of France, Spain"),
        (Chosen(list_name="top"), "--list top is none of for_you"),
    ],
)
def test_a_choice_that_leaves_nothing_is_refused_with_what_there_is(read, chosen, words):
    with pytest.raises(SettingsError, match=words):
        recommendations(read, chosen)


def test_a_shop_goes_out_as_it_is_in_gold(shop, tmp_path, capsys):
    out = tmp_path / "lists.parquet"
    display.export(shop, "recommendations", Chosen(list_name="discover"), out)
    found = pq.read_table(out)
    expected = shop.lakehouse.read(t.RECOMMENDATIONS).where("list = 'discover'")
    assert found.num_rows == expected.count() > 0
    assert f"{found.num_rows:,} rows written to" in capsys.readouterr().out.replace("\n", " ")
    ours = {(row["customer_id"], row["rank"]): row["stock_code"] for row in expected.collect()}
    assert {(r["customer_id"], r["rank"]): r["stock_code"] for r in found.to_pylist()} == ours
