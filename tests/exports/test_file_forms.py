"""Files for other tools: what is in them, and that each is whole or not there."""

from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.exports import file_forms as files
from retail_lakehouse.exports.file_forms import write

pytestmark = pytest.mark.no_spark

COLUMNS = (
    ("customer_id", "string"),
    ("description", "string"),
    ("monetary", "decimal(22,4)"),
    ("as_of", "date"),
    ("rank", "int"),
)
ROWS = (
    ("0091", '=HYPERLINK("x")', Decimal("12.5000"), date(2011, 12, 10), 1),
    ("-7", 'Mug, "large"', None, None, 2),
)


def test_csv(tmp_path):
    out = tmp_path / "lists.csv"
    assert write(out, COLUMNS, ROWS) == 2
    assert out.read_bytes() == (
        b"\xef\xbb\xbfcustomer_id,description,monetary,as_of,rank\r\n"
        b'0091,"\'=HYPERLINK(""x"")",12.5000,2011-12-10,1\r\n'
        b'-7,"Mug, ""large""",,,2\r\n'
    )


def test_parquet_has_the_types_of_gold(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PART", 1)
    out = tmp_path / "lists.parquet"
    assert write(out, COLUMNS, ROWS) == 2
    table = pq.read_table(out)
    assert table.schema == pa.schema(
        {
            "customer_id": pa.string(),
            "description": pa.string(),
            "monetary": pa.decimal128(22, 4),
            "as_of": pa.date32(),
            "rank": pa.int32(),
        }
    )
    assert [tuple(row.values()) for row in table.to_pylist()] == list(ROWS)


def test_a_workbook_has_numbers_and_dates_and_no_formula(tmp_path):
    out = tmp_path / "lists.XLSX"
    assert write(out, COLUMNS, ROWS) == 2
    header, first, second = openpyxl.load_workbook(out).active.iter_rows()
    assert [one.value for one in header] == [name for name, _ in COLUMNS]
    assert [one.data_type for one in first] == ["s", "s", "n", "d", "n"]
    assert first[1].value == '=HYPERLINK("x")'
    assert first[2].value == 12.5
    assert second[0].value == "-7"
    assert second[2].value is None


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_no_rows_are_a_header(tmp_path, suffix):
    out = tmp_path / f"none{suffix}"
    assert write(out, COLUMNS, ()) == 0
    assert out.stat().st_size > 0


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_what_is_cut_short_leaves_the_file_of_before(tmp_path, suffix):
    out = tmp_path / f"lists{suffix}"
    out.write_text("before")

    def cut():
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(out, COLUMNS, cut())
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert out.read_text() == "before"


def test_more_rows_than_a_sheet_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    with pytest.raises(SettingsError, match=r"ends in \.csv or \.parquet"):
        write(tmp_path / "lists.xlsx", COLUMNS, ROWS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lists.txt", r"lists\.txt is none of \.csv, \.parquet, \.xlsx"),
        ("none/lists.csv", "There is no folder .*none for .*: make it first"),
    ],
)
def test_a_name_that_does_not_do_is_refused(tmp_path, name, words):
    with pytest.raises(SettingsError, match=words):
        write(tmp_path / name, COLUMNS, ROWS)
