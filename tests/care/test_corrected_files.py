"""Rejected lines as files that people open: text, nothing that runs, whole or not there."""

import openpyxl
import pytest

from retail_lakehouse.care.corrected_files import Sheet, write
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.plain_text import cell
from retail_lakehouse.shops.corrections import Line, reference, referred
from retail_lakehouse.shops.description import Columns, Format, ShopDescription

SHEET = Sheet({"invoice": "Order", "quantity": "Units"}, ("Name",))
OTHER = Sheet({"invoice": "Rechnung", "quantity": "Menge"})
ROW = ("=1+1", "-6", '=HYPERLINK("x")', "unreadable_price", "files-0a:1::a.csv")


def shop(**written):
    return ShopDescription("s", Columns("Order", "c", "Units", "d", "e"), format=Format(**written))


def test_a_csv_has_the_source_s_columns_and_nothing_that_runs(tmp_path):
    out = tmp_path / "r.csv"
    found = write(out, {"a": SHEET}, iter([(SHEET, ROW)]), shop(delimiter=";"))
    assert found == [(out, 1)]
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert out.read_text("utf-8-sig") == (
        "Order;Units;Name;rejected_because;rejected_line\n"
        '\'=1+1;-6;"\'=HYPERLINK(""x"")";unreadable_price;files-0a:1::a.csv\n'
    )


def test_a_workbook_holds_text_only(tmp_path):
    out = tmp_path / "r.xlsx"
    row = ("=1+1", "-6", "bell\x07", *ROW[3:])
    write(out, {"a": SHEET}, iter([(SHEET, row)]), shop(sheets=("Lines 2023",), header_row=3))
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Lines 2023"]
    rows = list(book.active.iter_rows())
    assert [r[0].value for r in rows] == ["Rejected lines", "Rejected lines", "Order", "=1+1"]
    assert {c.data_type for c in rows[3]} == {"s"}
    assert rows[3][2].value == "bell\N{REPLACEMENT CHARACTER}"


def test_files_of_two_headers_become_two(tmp_path):
    out = tmp_path / "r.csv"
    rows = [(SHEET, ROW), (OTHER, (*ROW[:2], *ROW[3:])), (SHEET, ROW)]
    rejects = {"a": SHEET, "b": OTHER, "c": SHEET}
    second = tmp_path / "r-2.csv"
    assert write(out, rejects, iter(rows), shop()) == [(out, 2), (second, 1)]
    assert second.read_text("utf-8-sig").startswith("Rechnung,Menge,rejected_because")


def test_what_is_cut_short_leaves_the_old_file(tmp_path):
    out = tmp_path / "r.csv"
    out.write_text("before")

    def cut():
        yield SHEET, ROW
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(out, {"a": SHEET}, cut(), shop())
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]
    assert out.read_text() == "before"


@pytest.mark.parametrize(
    ("name", "words"),
    [("r.parquet", r"r\.parquet is none of \.csv, \.xlsx"), ("none/r.csv", "no folder .*none")],
)
def test_a_name_that_does_not_do_is_refused(tmp_path, name, words):
    with pytest.raises(SettingsError, match=words):
        write(tmp_path / name, {"a": SHEET}, iter([]), shop())


def test_more_lines_than_a_sheet_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("retail_lakehouse.exports.file_forms.MOST_ROWS", 2)
    with pytest.raises(SettingsError, match=r"ends in \.csv"):
        write(tmp_path / "r.xlsx", {"a": SHEET}, iter([(SHEET, ROW)] * 2), shop())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "written"),
    [("=A1", "'=A1"), (" =A1", "' =A1"), ("@x", "'@x"), ("+x", "'+x"), ("-x", "'-x"),
     ("\tx", "'\tx"), ("-6", "-6"), ("+1,234.50", "+1,234.50"), ("-6.5", "-6.5"), ("MUG", "MUG"),
     ("", ""), ("-6+cmd|x", "'-6+cmd|x")],
)  # fmt: skip
def test_no_cell_of_a_csv_is_a_formula(text, written):
    assert cell(text) == written


@pytest.mark.parametrize(
    "line",
    [
        Line("files-0a1b", 12, "Sheet 1", "march.xlsx"),
        Line("uci-0a", 1, "", "a:b/c 100%+.csv"),
        Line("files-0a-9f", 7, "in it: x", "ü.zip"),
    ],
)
def test_a_line_is_found_by_its_reference(line):
    assert referred(f" {reference(line)} ") == line


@pytest.mark.parametrize("text", ["", "a:b", "a:x:s:f", "a:-1:s:f", "a:1:s:f:g", "a:²:s:f"])
def test_other_texts_name_no_line(text):
    assert referred(text) is None
