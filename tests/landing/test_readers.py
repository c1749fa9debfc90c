import contextlib
import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits
from retail_lakehouse.landing.readers.lines import COLUMNS
from retail_lakehouse.landing.reading import Reading, read
from support import HEADER

OLD_HEADER = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
LINE = ["489434", "85048", "LIGHTS", "12", "2009-12-01 07:45:00", "6.95", "13085", "France"]
TEXT_LINE = ",".join(LINE)
CELLS = [489434, 85048, "LIGHTS", 12, dt.datetime(2009, 12, 1, 7, 45), 6.95, 13085, "France"]


def rows(path: Path, limits: Limits = LIMITS) -> list[list[str | None]]:
    reading = Reading(path.name, limits=limits)
    return [
        [row[name] for name in COLUMNS]
        for some in read(path, reading)
        for row in some.table.to_pylist()
    ]


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(SourceError) as caught:
        rows(path, limits)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def csv_file(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    path = folder / "lines.csv"
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


# Workbooks


def test_workbook_cells_become_verbatim_text(make_workbook):
    path = make_workbook(
        "a.xlsx",
        {
            "S": [
                HEADER,
                CELLS,
                ["C489434", "085048", "  two\nlines ", -3, "1/12/09", -11062.06, 13085.0, "EIRE"],
                ["A1", "79323P", 20713, 1_000_000, dt.datetime(2011, 12, 9, 23, 59), 0.001, 0, "x"],
                ["1", "gift_0001_80", "nan", 1, dt.datetime(2010, 1, 1), 18.0, "13085.0", "NaN"],
            ]
        },
    )
    assert rows(path) == [
        LINE,
        ["C489434", "085048", "  two\nlines ", "-3", "1/12/09", "-11062.06", "13085", "EIRE"],
        ["A1", "79323P", "20713", "1000000", "2011-12-09 23:59:00", "0.001", "0", "x"],
        ["1", "gift_0001_80", "nan", "1", "2010-01-01 00:00:00", "18", "13085.0", "NaN"],
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2050, 1, 1)).map(
            lambda moment: moment.replace(microsecond=0)
        ),
        min_size=1,
        max_size=50,
    )
)
def test_workbook_dates_keep_their_second(make_workbook, moments: list[dt.datetime]):
    path = make_workbook("d.xlsx", {"S": [HEADER, *([*CELLS[:4], m, 1, 1, "x"] for m in moments)]})
    assert [row[4] for row in rows(path)] == [f"{m:%Y-%m-%d %H:%M:%S}" for m in moments]


def test_every_sheet_with_the_header_is_read_and_no_other(make_workbook):
    path = make_workbook(
        "a.xlsx",
        {
            "Notes": [["from", "the till"], [1, 2]],
            "Year 1": [HEADER, CELLS],
            "Empty": [],
            "Year 2": [OLD_HEADER, CELLS, CELLS],
            "Header": [HEADER],
        },
    )
    assert [(some.sheet, some.table.num_rows) for some in read(path, Reading(path.name))] == [
        ("Year 1", 1),
        ("Year 2", 2),
        ("Header", 0),
    ]


def test_a_chart_sheet_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(CELLS)
    book.create_chartsheet("Chart")
    book.save(tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx") == [LINE]


def test_columns_in_another_order_and_others_between(make_workbook):
    header = ["Note", *reversed(HEADER), "Total"]
    path = make_workbook("a.xlsx", {"S": [header, ["n", *reversed(CELLS), 83.4]]})
    assert rows(path) == [LINE]


def test_empty_cells_and_empty_text_are_null(make_workbook):
    path = make_workbook("a.xlsx", {"S": [HEADER, [1, None, "", None, "", None, None, "x"]]})
    assert rows(path) == [["1", *[None] * 6, "x"]]


def test_empty_rows_in_between_keep_their_place(make_workbook):
    path = make_workbook("a.xlsx", {"S": [HEADER, CELLS, [None] * 8, [], CELLS]})
    assert rows(path) == [LINE, [None] * 8, [None] * 8, LINE]


def test_suffix_in_capitals_counts(make_workbook):
    assert rows(make_workbook("A.XLSX", {"S": [HEADER, CELLS]})) == [LINE]


def test_workbook_without_a_column_is_refused(make_workbook):
    path = make_workbook("a.xlsx", {"May": [HEADER[:5] + HEADER[6:], CELLS[:7]]})
    assert refusal(path).startswith(", sheet 'May', lacks the column Price: ")


def test_workbook_of_something_else_is_refused(make_workbook):
    path = make_workbook("a.xlsx", {"S": [["Day", None, "Total"], [1, None, 2]]})
    assert refusal(path).endswith("; it has Day, Total.")


def test_empty_workbook_is_refused(make_workbook):
    assert refusal(make_workbook("a.xlsx", {"S": []})).endswith("; it is empty.")


@pytest.mark.parametrize("below", [[], [["", ""], [None] * 8]])
def test_workbook_with_a_header_only_is_refused(make_workbook, below):
    assert refusal(make_workbook("a.xlsx", {"S": [HEADER, *below]})) == (
        " has a header but no lines: give a file with invoice lines."
    )


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refusal(path) == (
        " is not a readable workbook (.xlsx), perhaps cut off or damaged on its way: "
        "fetch it again."
    )


@pytest.mark.parametrize("suffix", [".xlsx", ".zip"])
@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "\n <HTML lang=en>"])
def test_a_web_page_by_another_name_is_called_so(tmp_path, suffix, start):
    path = tmp_path / f"a{suffix}"
    path.write_text(start + "<body>Not found</body>")
    assert refusal(path).startswith(" is a web page, not a ")


def test_cut_off_workbook_is_refused(make_workbook):
    path = make_workbook("a.xlsx", {"S": [HEADER, *[CELLS] * 500]})
    path.write_bytes(path.read_bytes()[:-2000])
    assert "perhaps cut off or damaged" in refusal(path)


@pytest.mark.parametrize("damage", ["cut", "missing"])
def test_workbook_with_one_damaged_sheet_is_refused_and_not_read_in_part(make_workbook, damage):
    path = make_workbook("a.xlsx", {"One": [HEADER, CELLS], "Two": [HEADER, *[CELLS] * 100]})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    second = "xl/worksheets/sheet2.xml"
    members[second] = members[second][: len(members[second]) // 2]
    if damage == "missing":
        del members[second]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "perhaps cut off or damaged" in refusal(path)


# Zip archives


def zipped(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_zip_with_one_workbook_is_read(tmp_path, make_workbook):
    content = make_workbook("a.xlsx", {"S": [HEADER, CELLS]}).read_bytes()
    members = {"readme.txt": b"hi", "in/Shop.XLSX": content, "__MACOSX/in/._Shop.XLSX": b"mac"}
    assert rows(zipped(tmp_path, members)) == [LINE]


def test_zip_of_several_files_is_read_and_what_is_no_table_is_named(tmp_path, make_workbook):
    content = make_workbook("a.xlsx", {"S": [HEADER, CELLS]}).read_bytes()
    text = f"{','.join(HEADER)}\n{TEXT_LINE}\n".encode()
    path = zipped(tmp_path, {"in/a.xlsx": content, "b.csv": text, "c.pdf": b"%PDF"})
    reading = Reading("a.zip")
    assert sum(some.table.num_rows for some in read(path, reading)) == 2
    assert [(sheet.sheet, sheet.lines, sheet.passed_over) for sheet in reading.sheets] == [
        ("in/a.xlsx S", 1, ""),
        ("b.csv", 1, ""),
        ("c.pdf", 0, "it is no kind of file that can be read"),
    ]


def test_zip_without_a_table_is_refused(tmp_path):
    message = refusal(zipped(tmp_path, {"a.pdf": b"x", "b/": b""}))
    assert message.startswith(" holds no file that can be read: unpack it and give .xlsx, ")


def test_cut_off_zip_is_refused(tmp_path, make_workbook):
    content = make_workbook("a.xlsx", {"S": [HEADER, CELLS]}).read_bytes()
    path = zipped(tmp_path, {"a.xlsx": content})
    path.write_bytes(path.read_bytes()[:-30])
    assert refusal(path) == (
        " is not a readable zip archive, perhaps cut off or damaged on its way: fetch it again."
    )


def test_damaged_zip_is_refused(tmp_path, make_workbook):
    content = make_workbook("a.xlsx", {"S": [HEADER, CELLS]}).read_bytes()
    path = zipped(tmp_path, {"a.xlsx": content})
    damaged = bytearray(path.read_bytes())
    damaged[500:600] = bytes(100)
    path.write_bytes(damaged)
    assert "not a readable zip archive" in refusal(path)


def test_zip_with_a_password_is_refused(tmp_path):
    path = zipped(tmp_path, {"a.xlsx": b"x"})
    locked = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    path.write_bytes(locked)
    assert refusal(path).startswith(" cannot be unpacked here: unpack it yourself (")


def test_zip_that_unpacks_to_too_much_is_refused(tmp_path):
    path = zipped(tmp_path, {"a.xlsx": bytes(1000)})
    assert refusal(path, Limits(packed_bytes=999)) == (
        " holds a file of 1,000 bytes, over the limit of 999: unpack it and give it as CSV or "
        "Parquet."
    )


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")
    assert refusal(path) == (
        " is not a kind of file that can be read: give .xlsx, .xlsm, .xls, .xlsb, .ods, .csv, "
        ".tsv, .txt, .parquet, .zip, .csv.gz, .tsv.gz, .txt.gz."
    )


# CSV


@pytest.mark.parametrize("header", [HEADER, OLD_HEADER], ids=["II", "older"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_of_both_headers_all_delimiters_and_line_ends(tmp_path, header, delimiter, end):
    path = csv_file(tmp_path, delimiter.join(header), delimiter.join(LINE), end=end)
    assert rows(path) == [LINE]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("quote", ["", '"'], ids=["bare", "quoted"])
def test_csv_encodings(tmp_path, encoding, quote):
    header = ",".join(f"{quote}{name}{quote}" for name in HEADER)
    path = csv_file(tmp_path, header, TEXT_LINE.replace("LIGHTS", "CAFÉ £1"), encoding=encoding)
    assert rows(path) == [[*LINE[:2], "CAFÉ £1", *LINE[3:]]]


def test_csv_values_are_verbatim_and_empty_ones_null(tmp_path):
    path = csv_file(tmp_path, ",".join(HEADER), ' 0012 ,NULL,NA,"",, ,true,5" PLATE')
    assert rows(path) == [[" 0012 ", "NULL", "NA", None, None, " ", "true", '5" PLATE']]


def test_csv_rows_of_delimiters_keep_their_place(tmp_path):
    path = csv_file(tmp_path, ",".join(HEADER), ",,,,,,,", TEXT_LINE)
    assert rows(path) == [[None] * 8, LINE]


def test_csv_may_begin_with_blank_lines_and_lack_the_last_line_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n\n" + ",".join(HEADER) + "\n" + TEXT_LINE)
    assert rows(path) == [LINE]


def test_csv_header_may_hold_a_quoted_line_break(tmp_path):
    path = csv_file(tmp_path, ",".join(HEADER).replace("Customer ID", '"Customer\nID"'), TEXT_LINE)
    assert rows(path) == [LINE]


_ODD = st.text(
    st.one_of(
        st.sampled_from(list(",;|\t\"'\n\r \\\u2028é\U0001f381")),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(_ODD, min_size=7, max_size=7), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
    # Python's writer leaves a lone carriage return unquoted where lines end in a bare newline.
    st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
)
def test_csv_gives_back_any_text(tmp_path, values, delimiter, style):
    end, quoting = style
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(HEADER)
    writer.writerows(["1", *row] for row in values)
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode())
    assert rows(path) == [["1", *(value or None for value in row)] for row in values]


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("1,2,3", ": Row #3: Expected 8 columns, got 3: 1,2,3."),
        ('1,2,"a\nb"', ': Row #3: Expected 8 columns, got 3: 1,2,"a b".'),
        ("1,2,3,4,5,6,7,8,9", ": Row #3: Expected 8 columns, got 9: 1,2,3,4,5,6,7,8,9."),
    ],
)
def test_csv_row_of_another_width_is_refused_with_its_number(tmp_path, line, end):
    message = refusal(csv_file(tmp_path, ",".join(HEADER), TEXT_LINE, line))
    assert message == " is not a readable CSV file, mend or export it again" + end


def test_csv_message_stays_short_whatever_the_row(tmp_path):
    assert len(refusal(csv_file(tmp_path, ",".join(HEADER), "x" * 100_000))) < 500


@pytest.mark.parametrize("content", ["", "\n\n", " \n"])
def test_empty_csv_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content)
    assert refusal(path).endswith("; it is empty.")


@pytest.mark.parametrize("below", ["", "\n", "\n\n\n", "\n,,,,,,,\n"])
def test_csv_with_a_header_only_is_refused(tmp_path, below):
    path = tmp_path / "a.csv"
    path.write_text(",".join(HEADER) + below)
    assert refusal(path) == " has a header but no lines: give a file with invoice lines."


def test_csv_without_a_column_is_refused(tmp_path):
    path = csv_file(tmp_path, "Invoice,StockCode,Quantity,InvoiceDate,Price,Country", "1,2,3,4,5,6")
    # Names of products there need not be.
    assert refusal(path).startswith(" lacks the column Customer ID: ")


def test_csv_of_something_else_is_refused(tmp_path):
    assert refusal(csv_file(tmp_path, "day,total", "1,2")).endswith("; it has day, total.")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_csv_in_utf_16_is_read(tmp_path, encoding):
    path = csv_file(tmp_path, ",".join(HEADER), TEXT_LINE.replace("T", "É"), encoding=encoding)
    assert rows(path) == [[value.replace("T", "É") for value in LINE]]


def test_workbook_named_csv_is_refused(tmp_path, make_workbook):
    path = make_workbook("a.xlsx", {"S": [HEADER, CELLS]}).rename(tmp_path / "a.csv")
    assert "save it as CSV in UTF-8" in refusal(path)


# Parquet


def parquet_file(folder: Path, *columns: pa.Array, names: list[str] = HEADER) -> Path:
    path = folder / "a.parquet"
    pq.write_table(pa.Table.from_arrays(list(columns), names), path)
    return path


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_types_become_the_same_text_as_in_a_workbook(tmp_path, unit):
    path = parquet_file(
        tmp_path,
        pa.array([489434], pa.int32()),
        pa.array([85048.0], pa.float64()),
        pa.array(["LIGHTS"]).dictionary_encode(),
        pa.array([12], pa.int8()),
        pa.array([dt.datetime(2009, 12, 1, 7, 45)], pa.timestamp(unit)),
        pa.array([Decimal("6.95")]),
        pa.array([13085.0]),
        pa.array(["France"], pa.large_string()),
    )
    assert rows(path) == [LINE]


def test_parquet_timestamps_keep_a_fraction_that_is_there(tmp_path):
    moment = pa.array([dt.datetime(2009, 12, 1, 7, 45, 10, 500_000)], pa.timestamp("us"))
    one = pa.array(["1"])
    path = parquet_file(tmp_path, *[one] * 4, moment, *[one] * 3)
    assert rows(path)[0][4] == "2009-12-01 07:45:10.500000"


def test_parquet_nulls_and_empty_text_are_null(tmp_path):
    columns = [pa.array([value]) for value in LINE]
    columns[2], columns[6] = pa.array([""]), pa.array([None], pa.int64())
    path = parquet_file(tmp_path, *columns, names=OLD_HEADER)
    assert rows(path) == [[*LINE[:2], None, *LINE[3:6], None, "France"]]


def test_parquet_without_lines_is_refused(tmp_path):
    path = parquet_file(tmp_path, *[pa.array([], pa.string())] * 8)
    assert refusal(path) == " has a header but no lines: give a file with invoice lines."


def test_parquet_of_something_else_is_refused(tmp_path):
    path = parquet_file(tmp_path, pa.array([1]), names=["day"])
    assert refusal(path).endswith("; it has day.")


def test_parquet_column_that_is_no_text_is_refused(tmp_path):
    path = parquet_file(tmp_path, *[pa.array([[1, 2]])] * 8)
    assert "fetch or export it again: Unsupported cast from list" in refusal(path)


def test_parquet_text_that_is_no_text_is_refused(tmp_path):
    columns = [pa.array(["1"])] * 7
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"MUG\xff"]).buffers())
    assert "Invalid UTF8" in refusal(parquet_file(tmp_path, *columns, bad))


@pytest.mark.parametrize("part", [b"Description", b"PAR1"])
def test_parquet_with_a_damaged_description_is_refused(tmp_path, part):
    path = parquet_file(tmp_path, *[pa.array(["1"] * 100)] * 8)
    content = path.read_bytes()
    place = content.rindex(part)
    for offset in range(-60, 1):  # which includes what ends pyarrow itself
        damaged = bytearray(content)
        damaged[place + offset] ^= 0xFF
        path.write_bytes(damaged)
        with contextlib.suppress(SourceError):
            rows(path)


def test_zip_directory_of_an_absurd_version_is_refused(make_workbook):
    path = make_workbook("a.xlsx", {"S": [HEADER, CELLS]})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 150
    path.write_bytes(content)
    assert "not a readable workbook" in refusal(path)


def test_cut_off_parquet_is_refused(tmp_path):
    path = parquet_file(tmp_path, *[pa.array(["1"] * 100)] * 8)
    path.write_bytes(path.read_bytes()[:-10])
    assert refusal(path) == (
        " is not a readable Parquet file, perhaps cut off or damaged on its way: fetch it again."
    )


def test_damaged_parquet_is_refused(tmp_path):
    column = pa.array([str(number * 7919 % 100_003) for number in range(50_000)])
    path = parquet_file(tmp_path, *[column] * 8)
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(damaged)
    assert " is not a readable Parquet file, fetch or export it again: " in refusal(path)
