from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import demo
from retail_lakehouse.landing.source_lines import Reading, read
from support import HEADER

pytestmark = pytest.mark.slow

FIRST, SECOND = "Year 2009-2010", "Year 2010-2011"
COLUMNS = [
    "invoice",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "price",
    "customer_id",
    "country",
]


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return demo.lines(50_000)


@settings(max_examples=20, deadline=None)
@given(st.integers(500, 4000), st.integers(0, 2**31))
def test_exactly_as_many_lines_as_asked_for(rows: int, seed: int):
    assert sum(sheet.table.num_rows for sheet in demo.sheets(rows, seed)) == rows


def test_same_seed_same_lines():
    assert demo.sheets(700) == demo.sheets(700)


def test_another_seed_other_lines():
    assert demo.sheets(700, seed=1) != demo.sheets(700, seed=2)


@pytest.mark.parametrize("rows", [500, 600, 1000, 2500, 50_000])
def test_every_kind_of_dirt_is_there(rows: int):
    shop = demo.lines(rows)
    first, second = shop[shop["sheet"] == FIRST], shop[shop["sheet"] == SECOND]
    cancelled = shop["invoice"].str.startswith("C")
    product = shop["stock_code"].str.fullmatch(r"\d{5}[A-Za-z]?")
    assert set(first["invoice"]) & set(second["invoice"])
    assert first[COLUMNS].duplicated().any() or second[COLUMNS].duplicated().any()
    assert shop["invoice"].str.startswith("A").sum() == 1
    assert set(shop.loc[~product, "stock_code"]) <= {"B", "POST", "M", "D"}
    assert (~product).sum() > 1
    assert (shop.loc[cancelled, "quantity"] < 0).all()
    assert cancelled.any()
    assert ((shop["quantity"] <= 0) & ~cancelled).any()
    assert ((shop["price"] == 0) & (shop["quantity"] > 0)).any()
    assert shop["customer_id"].isna().any()
    assert shop["customer_id"].notna().any()
    assert shop["description"].isna().any()
    assert (shop["description"] != shop["description"].str.strip()).any()
    assert (shop["stock_code"] != shop["stock_code"].str.upper()).any()


def test_shares_of_dirt_are_like_the_real_ones(shop: pd.DataFrame):
    first, second = shop[shop["sheet"] == FIRST], shop[shop["sheet"] == SECOND]
    assert 20 <= len(set(first["invoice"]) & set(second["invoice"])) <= 200
    assert 0.01 < shop["invoice"].str.startswith("C").mean() < 0.03
    assert 0.10 < shop["customer_id"].isna().mean() < 0.35
    assert 0.005 < shop.duplicated([*COLUMNS, "sheet"]).mean() < 0.03


def test_lines_both_sheets_hold_are_the_same(shop: pd.DataFrame):
    first, second = shop[shop["sheet"] == FIRST], shop[shop["sheet"] == SECOND]
    both = set(first["invoice"]) & set(second["invoice"])
    days = first.loc[first["invoice"].isin(both), "invoice_date"]
    assert days.min() >= pd.Timestamp("2010-12-01")
    in_first = first.loc[first["invoice_date"] >= "2010-12-01", COLUMNS]
    in_second = second.loc[second["invoice_date"] < "2010-12-10", COLUMNS]
    assert in_first.reset_index(drop=True).equals(in_second.reset_index(drop=True))


def test_some_cancellations_take_back_a_whole_line_and_some_do_not(shop: pd.DataFrame):
    back = shop[shop["invoice"].str.startswith("C")]
    key = ["customer_id", "stock_code", "quantity", "price"]
    found = back.assign(quantity=-back["quantity"]).merge(shop[key].drop_duplicates(), on=key)
    assert 0.3 < len(found) / len(back) < 0.9


def test_all_lines_of_an_invoice_have_one_date(shop: pd.DataFrame):
    assert (shop.groupby("invoice")["invoice_date"].nunique() == 1).all()


def test_two_years(shop: pd.DataFrame):
    assert shop["invoice_date"].min() < pd.Timestamp("2009-12-15")
    assert shop["invoice_date"].min() >= pd.Timestamp("2009-12-01")
    assert pd.Timestamp("2011-12-08") < shop["invoice_date"].max() < pd.Timestamp("2011-12-10")
    months = shop["invoice_date"].dt.to_period("M")
    assert months.nunique() == 25
    assert (shop["invoice_date"].dt.second == 0).all()


def test_seasons(shop: pd.DataFrame):
    names = shop["description"].fillna("")
    quarter = shop["invoice_date"].dt.quarter

    def share(family: str, quarters: list[int]) -> float:
        return float(names[quarter.isin(quarters)].str.startswith(family).mean())

    assert share("CHRISTMAS BAUBLE", [4]) > 4 * share("CHRISTMAS BAUBLE", [2])
    assert share("GARDEN LANTERN", [2, 3]) > 2 * share("GARDEN LANTERN", [1, 4])


def test_customers_have_a_taste_for_a_family(shop: pd.DataFrame):
    known = shop[shop["customer_id"].notna() & shop["stock_code"].str[:5].str.isdigit()]
    family = known["stock_code"].str[:5].astype(int).sub(20700).floordiv(40)
    assert family.nunique() == 12
    own = pd.crosstab(known["customer_id"], family)
    large = own[own.sum(axis=1) >= 50]
    assert (large.max(axis=1) / large.sum(axis=1)).median() > 0.25


def test_loyal_lapsed_one_off_and_wholesale_customers(shop: pd.DataFrame):
    bought = shop[~shop["invoice"].str.startswith("C")].dropna(subset="customer_id")
    per = bought.groupby("customer_id").agg(
        invoices=("invoice", "nunique"), last=("invoice_date", "max"), units=("quantity", "mean")
    )
    assert (per["invoices"] >= 15).sum() > 20
    assert (per["invoices"] == 1).sum() > 20
    assert ((per["invoices"] >= 3) & (per["last"] < "2011-01-01")).sum() > 20
    assert (per["units"] > 50).sum() > 2
    assert bought["country"].value_counts(normalize=True)["United Kingdom"] > 0.5
    assert bought["country"].nunique() > 3


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "parquet"])
def test_written_files_read_back_as_the_same_text(tmp_path: Path, suffix: str):
    out = tmp_path / f"shop.{suffix}"
    demo.write(600, out)
    expected = [row for sheet in demo.sheets(600) for row in sheet.table.to_pylist()]
    assert [
        row for some in read(out, Reading(out.name)) for row in some.table.to_pylist()
    ] == expected


def test_no_text_is_taken_for_a_formula(shop: pd.DataFrame):
    """By the program that opens the workbook or CSV file: only numbers begin with a sign."""
    for name in ("invoice", "stock_code", "description", "country"):
        assert not shop[name].fillna("").str.startswith(("=", "+", "-", "@", "\t", "\r")).any()


def test_text_is_written_as_in_the_real_workbook():
    (row,) = [
        row
        for sheet in demo.sheets(600)
        for row in sheet.table.to_pylist()
        if row["invoice"] == "A563185"
    ]
    day = row.pop("invoice_date")
    assert pd.to_datetime(day, format="%Y-%m-%d %H:%M:%S").strftime("%Y-%m-%d %H:%M:%S") == day
    country = row.pop("country")
    assert row == {
        "invoice": "A563185",
        "stock_code": "B",
        "description": "Adjust bad debt",
        "quantity": "1",
        "price": "-11062.06",
        "customer_id": None,
        "amount": None,
        "other_columns": None,
    }
    assert country is not None


def test_whole_numbers_are_written_without_decimals():
    text = [row for sheet in demo.sheets(1000) for row in sheet.table.to_pylist()]
    postage = {row["price"] for row in text if row["stock_code"] == "POST"}
    assert postage == {"18"}
    assert not any((row["customer_id"] or "").endswith(".0") for row in text)
    assert {row["price"] for row in text if row["description"] == "damaged"} == {"0"}


def test_workbook_has_two_sheets_with_the_header(tmp_path: Path):
    demo.write(500, tmp_path / "shop.xlsx")
    book = openpyxl.load_workbook(tmp_path / "shop.xlsx", read_only=True)
    assert book.sheetnames == [FIRST, SECOND]
    assert [cell.value for cell in next(book[SECOND].rows)] == HEADER
    book.close()


@pytest.mark.parametrize("rows", [-1, 0, 499, 1_000_000_001])
def test_number_of_rows_out_of_range_is_refused(rows: int):
    with pytest.raises(SettingsError) as caught:
        demo.lines(rows)
    assert str(caught.value) == f"--rows {rows} is not between 500 and 1,000,000,000."


@pytest.mark.parametrize("name", ["shop.xls", "shop", "shop.csv.gz"])
def test_another_suffix_is_refused(tmp_path: Path, name: str):
    with pytest.raises(SettingsError, match=r"must end in \.xlsx, \.csv or \.parquet;"):
        demo.write(500, tmp_path / name)


def test_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(
        SettingsError, match=r"There is no folder .*none to write a\.csv into: make"
    ):
        demo.write(500, tmp_path / "none" / "a.csv")


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "parquet"])
def test_place_that_cannot_be_written_is_named(tmp_path: Path, suffix: str):
    out = tmp_path / f"shop.{suffix}"
    out.mkdir()
    with pytest.raises(SettingsError, match=r"cannot be written \(.+\): choose another file\."):
        demo.write(500, out)


def test_more_than_a_workbook_holds_is_refused_before_the_work(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"--rows 1500001 is more than a workbook holds"):
        demo.write(1_500_001, tmp_path / "a.xlsx")
