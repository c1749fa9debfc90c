"""Files as they come in, day by day: which are opened, which wait, and which are set aside."""

import gzip
import os
from pathlib import Path

import pytest

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing import land as land_module
from retail_lakehouse.landing import seen, sources
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import landed_files, passed_over

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
LONG_AGO = 1_700_000_000


def line(invoice: int, price: str = "6.95") -> str:
    return f"{invoice},85048,LIGHTS,12,2009-12-01 07:45:00,{price},13085,France\n"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


@pytest.fixture
def landing(tmp_path: Path, monkeypatch) -> Path:
    # As if every file had been there for a while: the time of its last change is its own.
    monkeypatch.setattr(seen, "_TICK_NS", -1)
    return tmp_path / "landing"


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """Names of the files whose content was hashed."""
    names: list[str] = []
    digest = sources.digest

    def noted(file: sources.Source) -> str:
        names.append(file.name)
        return digest(file)

    monkeypatch.setattr(sources, "digest", noted)
    return names


def test_a_file_that_stayed_as_it_was_is_not_opened_again(landing, tmp_path, opened):
    folder = tmp_path / "exports"
    put(folder / "01.csv", HEADER + line(1))
    first = land([str(folder)], landing)
    put(folder / "02.csv", HEADER + line(2))
    assert len(land([str(folder)], landing).batches) == 2
    assert opened == ["01.csv", "02.csv"]
    assert set(first.batches) <= set(land([str(folder)], landing).batches)
    assert opened == ["01.csv", "02.csv"]


def test_a_file_of_another_content_is_read_though_size_and_time_are_the_same(
    landing, tmp_path, opened
):
    source = put(tmp_path / "exports" / "01.csv", HEADER + line(1, "6.95"))
    land([str(source)], landing)
    put(source, HEADER + line(1, "7.95"))
    land([str(source)], landing)
    assert len(landed_files(landing)) == 2


def test_a_file_just_written_is_hashed_once_more(landing, tmp_path, opened, monkeypatch):
    monkeypatch.setattr(seen, "_TICK_NS", 10**18)
    source = put(tmp_path / "01.csv", HEADER + line(1))
    for _ in range(2):
        land([str(source)], landing)
    assert opened == ["01.csv", "01.csv"]


def test_what_is_remembered_of_files_may_be_lost_or_broken(landing, tmp_path):
    source = put(tmp_path / "01.csv", HEADER + line(1))
    first = land([str(source)], landing)
    for text in ("{", "[]", '{"a": 1}'):
        (landing / "seen.json").write_text(text)
        assert land([str(source)], landing) == first


def grow(path: Path, monkeypatch) -> None:
    """Let somebody write to the file while it is read."""
    read = land_module.read

    def meanwhile(source: Path, reading: object):
        yield from read(source, reading)
        if source == path:
            with path.open("a") as file:
                file.write(line(9))

    monkeypatch.setattr(land_module, "read", meanwhile)


def test_a_file_of_a_folder_that_is_still_being_written_waits(landing, tmp_path, monkeypatch):
    folder = tmp_path / "exports"
    put(folder / "01.csv", HEADER + line(1))
    growing = put(folder / "02.csv", HEADER + line(2))
    with monkeypatch.context() as patched:
        grow(growing, patched)
        assert len(land([str(folder)], landing).batches) == 1
    (waits,) = passed_over(landing)
    assert waits.file == "02.csv"
    assert "still being written" in waits.passed_over
    assert len(land([str(folder)], landing).batches) == 2
    assert passed_over(landing) == ()


def test_a_named_file_that_is_still_being_written_is_refused(landing, tmp_path, monkeypatch):
    growing = put(tmp_path / "02.csv", HEADER + line(2))
    grow(growing, monkeypatch)
    with pytest.raises(SourceError, match=r"02\.csv changed while it was read"):
        land([str(growing)], landing)
    assert landed_files(landing) == []


BAD = {
    "no workbook": ("02.xlsx", b"PK\x03\x04 and then nothing"),
    "cut off": ("02.csv.gz", gzip.compress((HEADER + line(2) * 99).encode())[:-20]),
    "no Parquet": ("02.parquet", b"PAR1"),
    "ragged": ("02.csv", (HEADER + line(2) * 3 + "cut,off\n").encode()),
}


@pytest.mark.parametrize(("name", "content"), BAD.values(), ids=BAD)
def test_one_bad_file_of_a_folder_is_set_aside_and_the_rest_goes_on(
    landing, tmp_path, name, content
):
    folder = tmp_path / "exports"
    put(folder / "01.csv", HEADER + line(1))
    put(folder / "03.csv", HEADER + line(3))
    (folder / name).write_bytes(content)
    done = land([str(folder)], landing)
    assert done.lines == len(done.batches) == 2
    (aside,) = passed_over(landing)
    assert aside.file == name
    assert len(aside.passed_over) > 10
    assert [sheet.file for sheet in done.sheets if sheet.passed_over] == [name]
    with pytest.raises(SourceError, match=name):
        land([str(folder)], landing, strict=True)


def test_what_a_bad_file_showed_does_not_describe_the_shop(landing, tmp_path):
    folder = tmp_path / "exports"
    put(folder / "01.csv", HEADER + line(1) * 3)
    # Its days come first, which the other file's dates contradict.
    bad = HEADER + line(2).replace("2009-12-01 07:45:00", "13/01/2009 07:45") * 3 + "cut,off\n"
    put(folder / "00.csv", bad)
    done = land([str(folder)], landing)
    assert done.description.format.dates == ("iso",)


def test_a_customer_of_a_bad_file_is_not_counted(landing, tmp_path):
    folder = tmp_path / "exports"
    put(folder / "01.csv", HEADER + line(1) * 3)
    put(folder / "00.csv", HEADER + line(2).replace("13085", "99999") * 50 + "cut,off\n")
    assert not any("99999" in found for found in land([str(folder)], landing).findings)


def test_a_folder_of_bad_files_says_what_is_wrong_with_the_first(landing, tmp_path):
    put(tmp_path / "exports" / "01.csv", HEADER + "cut,off\n")
    put(tmp_path / "exports" / "02.csv", HEADER + "cut,off\n")
    with pytest.raises(SourceError, match=r"01\.csv"):
        land([str(tmp_path / "exports")], landing)
