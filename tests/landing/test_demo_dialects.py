"""The same shop as other people's programs export it."""

from pathlib import Path

import pandas as pd
import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import demo
from retail_lakehouse.landing.demo import writing

EUROPEAN = {
    "Großbritannien": "United Kingdom", "Deutschland": "Germany", "Frankreich": "France",
    "Irland": "EIRE", "Niederlande": "Netherlands", "España": "Spain",
}  # fmt: skip


def written(folder: Path, dialect: str, rows: int = 3000) -> Path:
    out = folder / "shop.csv"
    demo.write(rows, out, options=demo.Options(dialect=dialect))
    return out


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    found = demo.lines(3000).drop(columns="sheet").astype({"customer_id": "Int64"})
    return found.fillna({"description": ""})


def read(out: Path, names: dict[str, str], day: str, **how: str) -> pd.DataFrame:
    """The file as pandas reads it, with our names and dates."""
    kept_as_text = {"dtype": {"Order ID": str, "InvoiceNo": str, "Invoice": str}}
    found = pd.read_csv(out, keep_default_na=True, **kept_as_text, **how).rename(columns=names)
    found["invoice_date"] = pd.to_datetime(found["invoice_date"], format=day)
    return found.fillna({"description": ""})


def test_european_csv_is_the_same_shop(tmp_path: Path, shop: pd.DataFrame):
    out = written(tmp_path, "european-csv")
    names = {
        "InvoiceNo": "invoice", "StockCode": "stock_code", "Description": "description",
        "Quantity": "quantity", "InvoiceDate": "invoice_date", "UnitPrice": "price",
        "CustomerID": "customer_id", "Country": "country",
    }  # fmt: skip
    found = read(out, names, "%d.%m.%Y %H:%M", sep=";", decimal=",", encoding="cp1252")
    found["country"] = found["country"].map(EUROPEAN)
    found["customer_id"] = found["customer_id"].astype("Int64")
    pd.testing.assert_frame_equal(found[list(shop.columns)], shop, check_dtype=False)
    text = out.read_bytes()
    assert text.startswith(
        b"InvoiceDate;InvoiceNo;CustomerID;Country;StockCode;Description;Quantity;UnitPrice\n"
    )
    assert "Großbritannien".encode("cp1252") in text
    assert b"-11062,06" in text


def test_us_csv_is_the_same_shop(tmp_path: Path, shop: pd.DataFrame):
    out = written(tmp_path, "us-csv")
    names = {
        "Order ID": "invoice", "SKU": "stock_code", "Product Name": "description",
        "Quantity": "quantity", "Order Date": "invoice_date", "Unit Price": "price",
        "Customer ID": "customer_id", "Country": "country",
    }  # fmt: skip
    found = read(out, names, "%m/%d/%Y %I:%M %p")
    found["customer_id"] = found["customer_id"].astype("Int64")
    pd.testing.assert_frame_equal(found[list(shop.columns)], shop, check_dtype=False)
    assert " PM," in out.read_text()


def test_totals_stand_in_place_of_prices(tmp_path: Path, shop: pd.DataFrame):
    found = pd.read_csv(written(tmp_path, "totals"))
    assert list(found.columns) == [
        "Order ID", "Order Date", "Customer ID", "Country", "Product ID", "Product Name", "Sales",
        "Quantity",
    ]  # fmt: skip
    assert found["Sales"].tolist() == (shop["quantity"] * shop["price"]).round(2).tolist()
    days = pd.to_datetime(found["Order Date"], format="%m/%d/%Y")
    assert days.tolist() == shop["invoice_date"].dt.normalize().tolist()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_letters_stand_before_codes_and_customers(tmp_path: Path, shop: pd.DataFrame, suffix: str):
    out = tmp_path / f"shop.{suffix}"
    demo.write(3000, out, options=demo.Options(dialect="letters"))
    if suffix == "xlsx":
        found = pd.concat(pd.read_excel(out, sheet_name=None).values(), ignore_index=True)
    else:
        found = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert found["Invoice"].tolist() == ("INV-" + shop["invoice"]).tolist()
    customers = found["Customer ID"]
    assert customers.notna().tolist() == shop["customer_id"].notna().tolist()
    assert customers.dropna().str.fullmatch(r"CG-\d{5}").all()
    codes = found["StockCode"]
    product = shop["stock_code"].str[:5].str.isdigit()
    assert codes[product].tolist() == ("ART-" + shop["stock_code"][product]).tolist()
    assert set(codes[~product]) == {"B", "POST", "M", "D"}


@pytest.mark.parametrize("dialect", ["european-csv", "us-csv", "totals"])
@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
def test_a_dialect_of_text_is_written_as_text_only(tmp_path: Path, dialect: str, suffix: str):
    with pytest.raises(SettingsError, match=f"must end in .csv: the dialect {dialect} is one of"):
        demo.write(600, tmp_path / f"a.{suffix}", options=demo.Options(dialect=dialect))


@pytest.mark.parametrize("dialect", demo.DIALECTS)
def test_every_dialect_says_what_it_is_and_names_columns_once(dialect: str):
    spoken = demo.DIALECTS[dialect]
    assert spoken.about
    ours, theirs = zip(*spoken.columns, strict=True)
    assert len(set(ours)) == len(set(theirs)) == 8


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_parts_make_the_same_file_as_the_whole(tmp_path: Path, monkeypatch, suffix: str):
    reader = {"csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": pd.read_parquet}[suffix]
    whole, parts = tmp_path / f"whole.{suffix}", tmp_path / f"parts.{suffix}"
    demo.write(600, whole)
    expected = demo.sheets(600)
    monkeypatch.setattr(writing, "_PART", 7)
    demo.write(600, parts)
    pd.testing.assert_frame_equal(reader(whole), reader(parts))
    assert demo.sheets(600) == expected
