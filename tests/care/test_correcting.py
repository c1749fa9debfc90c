"""Corrected files on their way into the landing folder."""

import pyarrow.parquet as pq
import pytest

from retail_lakehouse.care.correcting import load
from retail_lakehouse.errors import EmptyShopError, SourceError
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import landed_files
from retail_lakehouse.settings import Settings

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
WITH = f"{HEADER},rejected_because,rejected_line\n"


def line(number, price):
    return f"{number},85048,MUG,2,2023-01-05 09:15:00,{price},7,France"


@pytest.fixture(params=["files", "uci"])
def home(request, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text(f"{HEADER}\n{line(1, '2.50')}\n{line(2, 'free')}\n")
    land([str(source)], tmp_path / "home" / "landing", kind=request.param)
    return Settings(home=tmp_path / "home")


def reference(settings, number, sheet=""):
    (first,) = landed_files(settings.landing_dir)
    return f"{first.stem}:{number}:{sheet}:a.csv"


def corrected(tmp_path, *lines):
    path = tmp_path / "corrected.csv"
    path.write_text(WITH + "".join(f"{text}\n" for text in lines))
    return path


def test_a_corrected_line_lands_beside_the_one_that_it_is_for(tmp_path, home):
    ref = reference(home, 2)
    path = corrected(tmp_path, f"{line(2, '3.00')},unreadable_price,{ref}")
    (before,) = landed_files(home.landing_dir)
    done = load(home, [path])
    assert (done.lines, done.shop) == (1, before.stem.split("-")[0])
    (after,) = set(landed_files(home.landing_dir)) - {before}
    (row,) = pq.read_table(after).to_pylist()
    assert (row["price"], dict(row["other_columns"])["rejected_line"]) == ("3.00", ref)
    assert [row["price"] for row in pq.read_table(before).to_pylist()] == ["2.50", "free"]
    # The same file again is nothing new.
    load(home, [path])
    assert len(landed_files(home.landing_dir)) == 2


@pytest.mark.parametrize(
    "wrong", ["", "anything", "files-0000:2::a.csv", "../lines/x:2::a.csv", "{ref3}", "{sheet}"]
)
def test_a_line_that_is_for_none_is_named_and_nothing_lands(tmp_path, home, wrong):
    ref = wrong.format(ref3=reference(home, 3), sheet=reference(home, 2, "Sheet1"))
    good = f"{line(2, '3.00')},unreadable_price,{reference(home, 2)}"
    path = corrected(tmp_path, good, f"{line(2, '3.00')},unreadable_price,{ref}")
    with pytest.raises(
        SourceError, match=r"corrected\.csv, line 2 below the header: rejected_line"
    ):
        load(home, [path])
    assert len(landed_files(home.landing_dir)) == 1


def test_what_is_not_there_is_named(tmp_path, home):
    with pytest.raises(SourceError, match=r"There is no file .*none\.csv: give one that"):
        load(home, [tmp_path / "none.csv"])
    with pytest.raises(EmptyShopError, match="nothing to correct"):
        load(Settings(home=tmp_path / "other"), [tmp_path / "none.csv"])
