"""Files in the shapes that people really have: each is read, or refused by its true name."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landing_files import HEADER, LINE, raw_workbook, sheet
from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import kept_shop, landed_files, landed_sheets, passed_over
from retail_lakehouse.landing.readers.lines import COLUMNS
from retail_lakehouse.landing.reading import Reading, read

pytestmark = pytest.mark.no_spark
NAMES, TEXT = ",".join(HEADER), ",".join(LINE)


def reading_of(path: Path, limits: Limits = LIMITS) -> tuple[list[list[str | None]], Reading]:
    reading = Reading(path.name, limits=limits)
    found = [
        [row[name] for name in COLUMNS]
        for some in read(path, reading)
        for row in some.table.to_pylist()
    ]
    return found, reading


def rows(path: Path, limits: Limits = LIMITS) -> list[list[str | None]]:
    return reading_of(path, limits)[0]


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(SourceError) as caught:
        rows(path, limits)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def text_file(folder: Path, *lines: str, name: str = "a.csv") -> Path:
    (folder / name).write_text("".join(f"{line}\n" for line in lines), newline="")
    return folder / name


# Text


@pytest.mark.parametrize("suffix", [".tsv", ".txt", ".TXT"])
def test_text_by_another_name_is_read(tmp_path, suffix):
    path = text_file(tmp_path, "\t".join(HEADER), "\t".join(LINE), name=f"a{suffix}")
    assert rows(path) == [LINE]


def test_line_that_names_the_delimiter_is_no_header(tmp_path):
    assert rows(text_file(tmp_path, "sep=|", "|".join(HEADER), "|".join(LINE))) == [LINE]


def test_titles_above_the_header_are_passed(tmp_path):
    found, reading = reading_of(
        text_file(tmp_path, "Sales report", "", '"May,', '2023"', NAMES, TEXT, TEXT)
    )
    assert found == [LINE, LINE]
    assert reading.sheets[0].remarks == ("its header is in row 3",)


@pytest.mark.parametrize(
    ("header", "line"),
    [(NAMES, f"0,{TEXT}"), (f",{NAMES}", f"0,{TEXT}"), (NAMES, f"{TEXT},")],
    ids=["unnamed", "blank", "trailing"],
)
def test_index_columns_and_trailing_marks_do_not_shift_the_rest(tmp_path, header, line):
    assert rows(text_file(tmp_path, header, *[line] * 3)) == [LINE] * 3


def test_other_columns_are_kept_by_their_names(tmp_path):
    path = text_file(tmp_path, f"Till,{NAMES},Till,", f"1,{TEXT},2,3", f",{TEXT},,")
    (lines,) = read(path, Reading("a.csv"))
    assert [row["other_columns"] for row in lines.table.to_pylist()] == [
        [("Till", "1"), ("Till (10)", "2"), ("column 11", "3")],
        None,
    ]


def test_list_below_the_lines_is_named_and_not_read(tmp_path):
    found, reading = reading_of(
        text_file(tmp_path, NAMES, TEXT, "Returned,Order", "Yes,1", "Yes,2")
    )
    assert found == [LINE]
    assert reading.sheets[0].remarks == (
        "3 rows below the lines are another list (of 2 columns, such as Returned,Order) and are "
        "not read",
    )


@pytest.mark.parametrize("below", [["1,2"], ["1,2", "1,2"], ["1,2", "1,2", "1,2", TEXT]])
def test_rows_that_were_cut_off_are_no_list(tmp_path, below):
    assert "Row #3: Expected 8 columns, got 2: 1,2." in refusal(
        text_file(tmp_path, NAMES, TEXT, *below)
    )


def test_quotation_marks_after_a_backslash_are_sparks(tmp_path):
    name = r'"OAK TRAY 12\" ROUND, \\ \n WAXED"'
    path = text_file(tmp_path, NAMES, *[TEXT.replace("LIGHTS", name)] * 2, "", TEXT)
    assert [row[2] for row in rows(path)] == [
        r'OAK TRAY 12" ROUND, \ \n WAXED',
        r'OAK TRAY 12" ROUND, \ \n WAXED',
        "LIGHTS",
    ]


def test_backslashes_of_others_stay(tmp_path):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([HEADER, [*LINE[:2], 'C:\\"dir\\"', *LINE[3:]], [*LINE[:2], "a\\", *LINE[3:]]])
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue(), newline="")
    assert [row[2] for row in rows(path)] == ['C:\\"dir\\"', "a\\"]


def test_bytes_that_are_no_text_are_named(tmp_path):
    path = tmp_path / "a.csv"
    text = f"{NAMES}\n{TEXT}\n".encode()
    path.write_bytes(text + text.replace(b"LIGHTS", "É ".encode("cp1252") + b"\x81"))
    found, reading = reading_of(path)
    assert found[-1][2] == "É \ufffd"
    assert reading.sheets[0].remarks == (
        "1 bytes are no text in cp1252, first in line 4, and show as \ufffd",
    )
    path.write_bytes(text.replace(b"LIGHTS", "ÉÉÉÉ".encode() + b"\xff"))
    found, reading = reading_of(path)
    assert found[0][2] == "ÉÉÉÉ\ufffd"
    assert "are no text in UTF-8, first in line 2" in reading.sheets[0].remarks[0]


# Packed


def test_packed_text_is_read(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(f"{NAMES}\n{TEXT}\n".encode()) + gzip.compress(TEXT.encode()))
    assert rows(path) == [LINE, LINE]


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_damaged_packed_text_is_refused(tmp_path, damage):
    path = tmp_path / "a.csv.gz"
    content = gzip.compress((f"{NAMES}\n" + f"{TEXT}\n" * 5000).encode())
    path.write_bytes(content[:-20] if damage == "cut" else b"hello")
    assert "not a readable packed file, perhaps cut off or damaged" in refusal(path)


def test_packed_text_of_too_much_is_refused_unread(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((f"{NAMES}\n" + f"{TEXT}\n" * 5000).encode()))
    assert "unpacks to" in refusal(path, Limits(text_file_bytes=100_000))
    path.write_bytes(gzip.compress(bytes(50_000_000)))
    assert "is not a text file" in refusal(path)


def test_packed_copy_of_a_file_lands_once(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    path = text_file(folder, NAMES, TEXT)
    (folder / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    done = land([str(folder)], tmp_path / "landing")
    assert done.lines == 1
    assert [(s.file, s.passed_over) for s in done.sheets if s.passed_over] == [
        ("a.csv.gz", "it is a copy of another file")
    ]


# Workbooks


def book(path: Path, **sheets: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, content in sheets.items():
        one = workbook.create_sheet(title)
        for row in content:
            one.append(row)
    workbook.save(path)
    return path


def test_sheet_that_goes_on_without_a_header_is_read(tmp_path):
    path = book(tmp_path / "a.xlsx", One=[HEADER, LINE], Two=[LINE, LINE], Notes=[["a", "b"]])
    found, reading = reading_of(path)
    assert found == [LINE] * 3
    assert [(s.sheet, s.lines, s.remarks) for s in reading.sheets] == [
        ("One", 1, ()),
        ("Two", 2, ("it goes on without header",)),
        ("Notes", 0, ()),
    ]
    assert (
        reading.sheets[2].passed_over == "it has no header of invoice lines (its first row: a, b)"
    )


def test_sheet_of_totals_is_passed_over_with_what_it_lacks(tmp_path):
    totals = [["StockCode", "Description", "Quantity", "Price"], [1, "x", 2, 3]]
    _, reading = reading_of(book(tmp_path / "a.xlsx", One=[HEADER, LINE], Totals=totals))
    assert reading.sheets[1].passed_over == (
        "it lacks the columns Invoice, InvoiceDate, Customer ID (its first row: StockCode, "
        "Description, Quantity, Price)"
    )


def test_month_that_lacks_a_column_is_refused_and_not_passed_over(tmp_path):
    path = book(tmp_path / "a.xlsx", One=[HEADER, LINE], Two=[HEADER[:5] + HEADER[6:], LINE[:7]])
    assert refusal(path).startswith(", sheet 'Two', lacks the column Price: ")


def test_hidden_sheet_is_named_and_read_only_where_the_description_names_it(tmp_path):
    workbook = openpyxl.load_workbook(
        book(tmp_path / "a.xlsx", One=[HEADER, LINE], Old=[HEADER, LINE])
    )
    workbook["Old"].sheet_state = "veryHidden"
    workbook.save(tmp_path / "a.xlsx")
    found, reading = reading_of(tmp_path / "a.xlsx")
    assert len(found) == 1
    assert reading.sheets[1].passed_over.startswith("it is hidden: ")


def test_list_beside_the_lines_is_no_line(tmp_path):
    beside = [
        [*HEADER, None, "Code", "Net"],
        [*LINE, None, "1", "2"],
        *[[None] * 9 + ["3", "4"]] * 3,
    ]
    done = land([str(book(tmp_path / "a.xlsx", One=beside))], tmp_path / "landing")
    assert done.lines == 1


def formula(cell: str) -> str:
    return (
        f'<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>85048</v></c><c r="D2"><v>2</v></c>'
        f'<c r="E2" t="str"><v>2009-12-01</v></c>{cell}<c r="G2"><v>7</v></c></row>'
    )


@pytest.mark.parametrize(
    "cell",
    ['<c r="F2"><f>1+1</f></c>', '<c r="F2" s="0"><f>1+1</f><v/></c>', '<c r="F2"><f/><v></v></c>',
     '<c r="F2"><f t="shared" si="0"/></c>'],
)  # fmt: skip
def test_formula_without_a_value_in_a_column_of_ours_is_refused(tmp_path, cell):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(formula(cell)))
    assert refusal(path).startswith(
        ", sheet 'S', has 1 cells of a formula without a value in the column Price (Price): open it"
    )


@pytest.mark.parametrize(
    "cell", ['<c r="F2"><f>1+1</f><v>2</v></c>', '<c r="F2"><v>2</v></c><c r="I2"><f>1</f></c>']
)
def test_formulas_with_values_or_elsewhere_are_read(tmp_path, cell):
    assert rows(raw_workbook(tmp_path / "a.xlsx", sheet(formula(cell))))[0][5] == "2"


def test_days_without_a_format_that_count_from_1904_are_shifted(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    workbook.active.append(HEADER)
    workbook.active.append([*LINE[:4], 43467.5, *LINE[5:]])
    workbook.save(tmp_path / "a.xlsx")
    assert float(rows(tmp_path / "a.xlsx")[0][4] or 0) == 44929.5


def ods(path: Path, repeated: str = "") -> Path:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    table = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
        for row in (HEADER, LINE)
    )
    content = (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="S">{table}{repeated}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
        archive.writestr("content.xml", content)
    return path


def test_workbook_of_another_kind_is_read_apart(tmp_path):
    assert rows(ods(tmp_path / "a.ods")) == [LINE]


def test_workbook_of_another_kind_that_asks_for_too_much_is_refused(tmp_path):
    many = (
        '<table:table-row table:number-rows-repeated="200000"><table:table-cell '
        'table:number-columns-repeated="150" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    message = refusal(ods(tmp_path / "a.ods", many), Limits(apart_memory_bytes=2**29))
    assert "asks for more than 536,870,912 bytes of memory" in message
    small = Limits(old_workbook_bytes=100)
    assert "over the limit of 100: save it as .xlsx" in refusal(ods(tmp_path / "a.ods"), small)


@pytest.mark.parametrize("suffix", [".xls", ".xlsb", ".ods", ".xlsx"])
def test_damaged_and_locked_workbooks_are_called_so(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)
    path.write_bytes(old + "EncryptedPackage".encode("utf-16-le") + bytes(100))
    assert refusal(path) == " is locked with a password: open it and save it without one."
    path.write_bytes(old)
    assert "is not a readable workbook, perhaps cut off or damaged" in refusal(path)


def test_what_is_called_xls_is_known_by_its_content(tmp_path):
    path = book(tmp_path / "a.xlsx", One=[HEADER, LINE]).rename(tmp_path / "a.xls")
    assert rows(path) == [LINE]
    path.write_text("\t".join(HEADER) + "\n" + "\t".join(LINE))
    assert rows(path) == [LINE]
    path.write_text("<html><table><tr><td>Invoice</td></tr></table></html>")
    assert refusal(path) == " is a web page by a workbook's name: open it and save it as .xlsx."


# Folders


def table(value: str = "1") -> pa.Table:
    columns = {name: [text] for name, text in zip(HEADER, LINE, strict=True)}
    return pa.table({**columns, "Invoice": [value]})


def test_folders_that_name_a_value_give_a_column(tmp_path):
    for place, number in (("France", "1"), ("__HIVE_DEFAULT_PARTITION__", "2"), ("C%C3%B4te", "3")):
        folder = tmp_path / "in" / f"Country={place}"
        folder.mkdir(parents=True)
        # The same content: what the folder says makes it another file.
        pq.write_table(table().drop_columns(["Country"]), folder / f"{number}.parquet")
    done = land([str(tmp_path / "in")], tmp_path / "landing")
    assert done.lines == 3
    found = [
        pq.read_table(path)["country"][0].as_py() for path in landed_files(tmp_path / "landing")
    ]
    assert set(found) == {"France", None, "Côte"}


def test_delta_table_gives_the_files_of_its_last_version(tmp_path):
    deltalake = pytest.importorskip("deltalake")
    folder = str(tmp_path / "in")
    deltalake.write_deltalake(folder, table("1"), partition_by=["Country"])
    deltalake.write_deltalake(folder, table("2"), mode="overwrite")
    deltalake.write_deltalake(folder, table("3"), mode="append")
    assert land([folder], tmp_path / "one").lines == 2
    deltalake.DeltaTable(folder).create_checkpoint()
    deltalake.write_deltalake(folder, table("4"), mode="append")
    assert land([folder], tmp_path / "two").lines == 3
    found = [pq.read_table(path) for path in landed_files(tmp_path / "two")]
    assert {one["invoice"][0].as_py() for one in found} == {"2", "3", "4"}
    assert {one["country"][0].as_py() for one in found} == {"France"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"add": {"path": "../secret.parquet", "partitionValues": {}}}', "not in its folder"),
        (
            '{"add": {"path": "a", "deletionVector": {"x": 1}}}',
            "uses deletionVectors, which",
        ),
        ('{"metaData": {"configuration": {"delta.columnMapping.mode": "name"}}}', "columnMapping"),
        ("[", "has a log that cannot be read"),
        ('{"add": 3}', "has a log that cannot be read"),
    ],
)
def test_delta_table_that_is_more_than_its_files_is_refused(tmp_path, line, says):
    log = tmp_path / "in" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text(line)
    (tmp_path / "secret.parquet").write_bytes(b"x")
    with pytest.raises(SourceError, match=says):
        land([str(tmp_path / "in")], tmp_path / "landing")


def test_everything_in_a_folder_is_read_or_named(tmp_path):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    text_file(folder, NAMES, TEXT)
    text_file(folder, "day,total", "1,2", name="totals.csv")
    (folder / "sub" / "letter.pdf").write_bytes(b"%PDF")
    (folder / "_SUCCESS").touch()
    landing = tmp_path / "landing"
    done = land([str(folder)], landing)
    named = {sheet.file: sheet.passed_over for sheet in done.sheets if sheet.passed_over}
    assert named.keys() == {"totals.csv", "sub/letter.pdf"}
    assert "holds no invoice lines" in named["totals.csv"]
    # For the table of batches.
    assert {sheet.file for sheet in passed_over(landing)} == named.keys()
    assert [s.lines for path in landed_files(landing) for s in landed_sheets(path)] == [1]


def test_parquet_columns_of_lists_are_left_out_and_named(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(table().append_column("tags", [[["a", "b"]]]).append_column("n", [[7]]), path)
    (lines,) = read(path, reading := Reading("a.parquet"))
    assert lines.table.to_pylist()[0]["other_columns"] == [("n", "7")]
    assert reading.sheets[0].remarks == (
        "columns of lists, records or very long values are left out: tags",
    )


@pytest.mark.parametrize(
    ("zone", "clock"),
    [("UTC", "2023-06-01 10:00:00"), ("Europe/London", "2023-06-01 11:00:00"),
     ("+02:00", "2023-06-01 12:00:00")],
)  # fmt: skip
def test_parquet_times_are_those_of_their_zone(tmp_path, zone, clock):
    moment = pa.array([1_685_613_600], pa.timestamp("s", zone))
    path = tmp_path / "a.parquet"
    pq.write_table(table().set_column(4, "InvoiceDate", moment), path)
    assert rows(path)[0][4] == clock


def test_what_was_found_is_kept_and_grows(tmp_path):
    landing = tmp_path / "landing"
    names = NAMES.replace("StockCode", "SKU")
    first = TEXT.replace("2009-12-01 07:45:00", "31/12/2023").replace("85048", "AB1")
    land([str(text_file(tmp_path, names, first))], landing)
    shop = kept_shop(landing)
    assert shop is not None
    assert (shop.name, shop.proposed, shop.format.dates) == ("a", True, ("d/M/yyyy",))
    # What days 1 to 12 do not tell, the home knows.
    second = first.replace("31/12/2023", "1/2/2024 9:15").replace("13085", "guest")
    land([str(text_file(tmp_path, names, second, name="b.csv"))], landing)
    shop = kept_shop(landing)
    assert shop is not None
    assert shop.format.dates == ("d/M/yyyy", "d/M/yyyy H:mm")
    assert shop.lines.anonymous == ("guest",)
    third = first.replace("31/12/2023", "12/31/2023")
    with pytest.raises(SourceError, match="written otherwise than what this home holds"):
        land([str(text_file(tmp_path, names, third, name="c.csv"))], landing)
    assert kept_shop(landing) == shop


def test_totals_do_not_come_into_a_home_of_prices(tmp_path):
    landing = tmp_path / "landing"
    land([str(text_file(tmp_path, NAMES, TEXT))], landing)
    path = text_file(tmp_path, NAMES.replace("Price", "Total"), TEXT, name="b.csv")
    with pytest.raises(SourceError, match="it has no Price, which the shop's other files have"):
        land([str(path)], landing)


def test_words_of_another_column_that_cancel_are_found(tmp_path):
    landing = tmp_path / "landing"
    names = NAMES.replace("StockCode", "SKU") + ",Status"
    lines = [f"{TEXT},Shipped"] * 9 + [f"{TEXT},Cancelled"]
    land([str(text_file(tmp_path, names, *lines))], landing)
    shop = kept_shop(landing)
    assert shop is not None
    assert shop.lines.cancellation.column == "Status"
    assert shop.lines.cancellation.values == ("Cancelled",)


def test_searching_for_formulas_takes_no_square_of_the_text(tmp_path):
    for odd in ("<c " * 300_000, "<c " + 'r="A1" ' * 150_000, '<c r="A1"><f>' + "(" * 900_000):
        path = raw_workbook(tmp_path / "a.xlsx", sheet(formula("<c/>") + odd))
        with pytest.raises(SourceError):
            rows(path)
