"""Files that ask for too much, each made by hand: one sentence, and no memory taken."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landing_files import LINE, inline, raw_parquet, raw_workbook, same_text, sheet
from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.bounds.limits import LIMITS, Limits
from retail_lakehouse.landing.reading import Reading
from retail_lakehouse.landing.reading import read as read_lines
from support import HEADER

pytestmark = pytest.mark.slow

MEBIBYTE = 2**20
ROW = "".join(f'<c r="{letter}2"><v>1</v></c>' for letter in "ABCDEFGH")
SHARED = "<sst><si><t>{}</t></si></sst>"


def lines_of(path: Path, limits: Limits = LIMITS) -> list[dict]:
    reading = Reading(path.name, limits=limits)
    return [row for some in read_lines(path, reading) for row in some.table.to_pylist()]


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(SourceError) as caught:
        lines_of(path, limits)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def references(rows: int, text: str = "0") -> str:
    """Rows that all refer to one shared text."""
    cell = '<row r="{0}"><c r="C{0}" t="s"><v>{1}</v></c></row>'
    return "".join(cell.format(number, text) for number in range(2, rows + 2))


# Files made to take the most for the fewest bytes. What they are called says what they do.


def far_cell(folder: Path) -> Path:
    rows = f'<row r="2">{ROW}<c r="XFD1048576"><v>1</v></c></row>'
    return raw_workbook(folder / "far_cell.xlsx", sheet(rows))


def far_row_without_references(folder: Path) -> Path:
    rows = f"<row>{inline('x') * 500}</row>" + "<row></row>" * 200_000 + f"<row>{inline('x')}</row>"
    return raw_workbook(folder / "far_row_without_references.xlsx", sheet(rows))


def texts_announced(folder: Path) -> Path:
    shared = '<sst uniqueCount="20000000000"><si><t>x</t></si></sst>'
    return raw_workbook(folder / "texts_announced.xlsx", sheet(""), shared)


def shared_text(folder: Path) -> Path:
    rows = references(40_000)
    return raw_workbook(folder / "shared_text.xlsx", sheet(rows), SHARED.format("x" * 30_000))


def lying_directory(folder: Path) -> Path:
    """A sheet of 100 MB of which the directory says that it has 1,000 bytes."""
    path = raw_workbook(
        folder / "lying_directory.xlsx", sheet(f'<row r="2">{ROW}</row>') + " " * 100_000_000
    )
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lie = path.read_bytes().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    path.write_bytes(lie)
    return path


def repeated_text(folder: Path) -> Path:
    column = same_text("x" * 100_000, 100_000)
    return raw_parquet(folder / "repeated_text.parquet", {"Description": column}, 100_000)


def packed_texts(folder: Path) -> Path:
    column = pa.array([f"{i}" + "x" * 100_000 for i in range(2_000)])
    return raw_parquet(
        folder / "packed_texts.parquet", {"Description": column}, 2_000, use_dictionary=False
    )


def shared_beginnings(folder: Path) -> Path:
    column = pa.array(["x" * 100_000] * 200)
    encoding = dict.fromkeys(HEADER, "PLAIN") | {"Description": "DELTA_BYTE_ARRAY"}
    return raw_parquet(
        folder / "shared_beginnings.parquet", {"Description": column}, 200, 50,
        use_dictionary=False, column_encoding=encoding,
    )  # fmt: skip


def wide_nothing(folder: Path) -> Path:
    column = pa.array([b"x" * 200_000, *[None] * 199], pa.binary(200_000))
    return raw_parquet(folder / "wide_nothing.parquet", {"Description": column}, 200, 50)


def long_line(folder: Path) -> Path:
    path = folder / "long_line.csv"
    with path.open("w") as file:
        file.write(",".join(HEADER) + "\n")
        for _ in range(60):
            file.write("x" * MEBIBYTE)
    return path


def long_record(folder: Path) -> Path:
    """60 MB of short lines, all of them in one pair of quotation marks."""
    path = folder / "long_record.csv"
    with path.open("w") as file:
        file.write(",".join(HEADER) + '\n1,2,"')
        for _ in range(60):
            file.write(("x" * 1023 + "\n") * 1024)
        file.write('",4,5,6,7,8\n')
    return path


def many_short_fields(folder: Path) -> Path:
    """A first row of 26 million fields, none of its lines long."""
    path = folder / "many_short_fields.csv"
    with path.open("w") as file:
        for _ in range(25):
            file.write('"\n",' * MEBIBYTE)
    return path


BOMBS = {
    far_cell: ", part 'xl/worksheets/sheet1.xml', spans 17,179,869,184 cells from its first value "
    "to its last, over the limit of 33,554,432: delete what stands far from the lines.",
    far_row_without_references: ", part 'xl/worksheets/sheet1.xml', spans 100,001,500 cells from "
    "its first value to its last, over the limit of 33,554,432: delete what stands far from the "
    "lines.",
    texts_announced: " holds 20000000000 different texts, over the limit of 9,999,999: give it as "
    "CSV or Parquet.",
    shared_text: ", part 'xl/worksheets/sheet1.xml', unfolds to 1,200,880,000 bytes of text, over "
    "the limit of 536,870,912: give it as CSV or Parquet.",
    lying_directory: " is not a readable workbook (.xlsx), perhaps cut off or damaged on its way: "
    "fetch it again.",
    repeated_text: " has 100,047 bytes of text in line 1, over the limit of 65,536: shorten it, or "
    "leave it out.",
    packed_texts: " has 100,008 bytes a line in a page of the column Description, over the limit "
    "of 65,536: shorten them, or leave them out.",
    shared_beginnings: " has 100,047 bytes of text in line 1, over the limit of 65,536: shorten "
    "it, or leave it out.",
    wide_nothing: " has 200,047 bytes of text in line 1, over the limit of 65,536: shorten it, or "
    "leave it out.",
    long_line: " has 2,097,075 characters or more in line 2, over the limit of 1,048,576: mend or "
    "export it again.",
    long_record: " is not a readable CSV file, mend or export it again: a quotation mark is not "
    "closed within 16,777,216 bytes.",
    many_short_fields: " holds no invoice lines: a row must name the columns Invoice, StockCode, "
    "Quantity, InvoiceDate, Price, Customer ID; it is empty.",
}  # fmt: skip

# Reads each file in a process that may not grow: what it says, and by how much it grew.
READ = """
import json, resource, sys
from pathlib import Path
import fastexcel
from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.reading import Reading, read
held = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
# So that a check that fails ends this process and not the machine.
resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
before = held()
try:
    said = str(sum(lines.table.num_rows for lines in read(Path(sys.argv[1]), Reading("x"))))
except SourceError as error:
    said = str(error)
print(json.dumps([said, held() - before]))
"""


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_file_that_asks_for_too_much_gets_one_sentence_and_little_memory(tmp_path, bomb):
    path = bomb(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    said, grew = json.loads(answer.stdout)
    assert said.removeprefix(str(path)) == BOMBS[bomb]
    assert grew < 400 * MEBIBYTE


# What each limit says, on files that are small and limits that are smaller.


def test_packed_workbook_that_is_too_large(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(""))
    size = path.stat().st_size
    assert refusal(path, Limits(packed_bytes=1000)) == (
        f" has {size:,} bytes, over the limit of 1,000: split it, or give it as CSV or Parquet."
    )


def test_archive_of_too_many_parts(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(""))
    assert refusal(path, Limits(parts=4)) == (
        " holds 5 files, over the limit of 4: give the workbook itself."
    )


def test_workbook_that_unpacks_to_too_much(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(""), SHARED.format("x" * 2000))
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    assert refusal(path, Limits(unzipped_bytes=2000)) == (
        f" unpacks to {size:,} bytes, over the limit of 2,000: unpack it and give it as CSV or "
        "Parquet."
    )


def test_pictures_in_a_workbook_do_not_count(tmp_path):
    rows = f'<row r="2">{ROW}</row>'
    path = raw_workbook(tmp_path / "a.xlsx", sheet(rows), **{"xl/media/a.png": "x" * 5000})
    assert len(lines_of(path, Limits(unzipped_bytes=4000))) == 1


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_description_that_is_too_long(tmp_path, part):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(""), **{part: "x" * 2000})
    assert refusal(path, Limits(description_bytes=1999)) == (
        f", part {part!r}, unpacks to 2,000 bytes, over the limit of 1,999: give it as CSV or "
        "Parquet."
    )


def test_workbook_of_too_many_sheets(make_workbook):
    path = make_workbook("a.xlsx", {"A": [HEADER, LINE], "B": [HEADER, LINE]})
    assert refusal(path, Limits(sheets=1)) == (
        " has 2 sheets, over the limit of 1: give only those with lines."
    )


def test_sheet_of_too_many_values(make_workbook):
    path = make_workbook("a.xlsx", {"A": [HEADER, LINE, LINE]})
    assert refusal(path, Limits(sheet_values=23)) == (
        ", part 'xl/worksheets/sheet1.xml', has 24 values, over the limit of 23: give it as CSV or "
        "Parquet."
    )
    assert len(lines_of(path, Limits(sheet_values=24))) == 2


def test_sheet_as_large_as_the_limit_is_read(make_workbook):
    path = make_workbook("a.xlsx", {"A": [HEADER, LINE, LINE]})
    assert len(lines_of(path, Limits(sheet_area=24))) == 2
    assert "spans 24 cells" in refusal(path, Limits(sheet_area=23))


def test_cells_without_a_value_take_no_room(tmp_path):
    rows = f'<row r="2">{ROW}<c r="XFD1048576" s="1"/></row>'
    path = raw_workbook(tmp_path / "a.xlsx", sheet(rows))
    assert len(lines_of(path, Limits(sheet_area=16))) == 1


def test_workbook_of_too_many_different_texts(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(""), "<sst><si/><si/><si/></sst>")
    assert " different texts, over the limit of 1: " in refusal(path, Limits(texts=1))


def test_texts_count_as_often_as_cells_refer_to_them(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", sheet(references(10)), SHARED.format("x" * 100))
    assert len(lines_of(path, Limits(sheet_text_bytes=2000))) == 10
    message = refusal(path, Limits(sheet_text_bytes=1000))
    assert ", unfolds to 1,220 bytes of text, over the limit of 1,000: " in message


@pytest.mark.parametrize(
    "number", ["<![CDATA[1]]>0", "1<!-- -->0", " 1", "x", "1&#48;", "99999999999999999999"]
)
def test_reference_that_readers_take_for_different_ones_counts_as_the_longest(tmp_path, number):
    shared = "<sst><si><t>" + "x" * 900 + "</t></si>" + "<si/>" * 20 + "</sst>"
    path = raw_workbook(tmp_path / "a.xlsx", sheet(references(1, number)), shared)
    assert ", unfolds to 916 bytes of text" in refusal(path, Limits(sheet_text_bytes=900))


def test_shared_texts_with_a_document_type_are_not_read(tmp_path):
    shared = '<!DOCTYPE sst [<!ENTITY a "b">]>' + SHARED.format("&a;")
    path = raw_workbook(tmp_path / "a.xlsx", sheet(references(1)), shared)
    assert "not a readable workbook" in refusal(path)


def test_second_part_of_shared_texts_is_not_read(tmp_path):
    more = {"other/sharedStrings.xml": SHARED.format("x")}
    path = raw_workbook(tmp_path / "a.xlsx", sheet(references(1)), SHARED.format("y"), **more)
    assert "not a readable workbook" in refusal(path)


def test_other_kinds_of_workbooks_are_no_xlsx(tmp_path):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    content = (
        '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body>'
        '<office:spreadsheet><table:table table:name="S">'
        + "".join(
            f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
            for row in (HEADER, LINE)
        )
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
        archive.writestr("content.xml", content)
    assert "not a readable workbook" in refusal(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    # By its first bytes it is of the older kind, by the rest of none.
    assert "not a readable workbook" in refusal(path)


def test_defect_in_what_reads_a_workbook_is_the_files_fault(tmp_path, monkeypatch):
    import fastexcel

    class PanicException(BaseException):
        """As Rust's, which is no Exception."""

    def panic(_: bytes) -> None:
        raise PanicException

    monkeypatch.setattr(fastexcel, "read_excel", panic)
    assert "not a readable workbook" in refusal(raw_workbook(tmp_path / "a.xlsx", sheet("")))


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "a.csv"
    path.write_text("\n".join([",".join(HEADER), *lines]))
    return path


def test_csv_line_as_long_as_the_limit_is_read(tmp_path):
    line = ",".join(LINE)
    path = csv_file(tmp_path, line, line.replace("LIGHTS", "x" * (200 - len(line) + 6)), line)
    assert len(lines_of(path, Limits(csv_line=200))) == 3
    assert refusal(path, Limits(csv_line=199)).startswith(" has 200 characters or more in line 3, ")


@pytest.mark.parametrize("kind", ["a.csv", "a.parquet", "a.xlsx"])
def test_line_with_too_much_text(tmp_path, make_workbook, kind):
    long = [*LINE[:2], "x" * 70_000, *LINE[3:]]
    if kind == "a.csv":
        path, where = csv_file(tmp_path, ",".join(LINE), ",".join(long)), ""
    elif kind == "a.xlsx":  # where a cell holds no more than 32,767 characters
        long[2] = long[3] = "x" * 32_767
        path, where = make_workbook(kind, {"May": [HEADER, LINE, long]}), ", sheet 'May',"
    else:
        columns = {"Description": pa.array(["LIGHTS", "x" * 70_000])}
        path, where = raw_parquet(tmp_path / kind, columns, 2), ""
    text = sum(map(len, long))
    assert refusal(path) == (
        f"{where} has {text:,} bytes of text in line 2, over the limit of 65,536: shorten it, or "
        "leave it out."
    )


@pytest.mark.parametrize("kind", ["a.csv", "a.parquet", "a.xlsx"])
def test_file_of_too_many_lines_or_too_much_text(tmp_path, make_workbook, kind):
    if kind == "a.csv":
        path = csv_file(tmp_path, *[",".join(LINE)] * 3)
    elif kind == "a.xlsx":
        path = make_workbook(kind, {"May": [HEADER, LINE], "June": [HEADER, LINE, LINE]})
    else:
        path = raw_parquet(tmp_path / kind, {}, 3)
    assert len(lines_of(path, Limits(lines=3))) == 3
    assert refusal(path, Limits(lines=2)).startswith(" has 3 lines")
    text = 3 * sum(map(len, LINE))
    assert len(lines_of(path, Limits(text_bytes=text))) == 3
    assert refusal(path, Limits(text_bytes=text - 1)) == (
        f" has {text} bytes of text or more, over the limit of {text - 1}: split it into several "
        "files."
    )


def test_parquet_with_a_long_description(tmp_path):
    path = raw_parquet(tmp_path / "a.parquet", {}, 3)
    size = int.from_bytes(path.read_bytes()[-8:-4], "little")
    assert refusal(path, Limits(parquet_footer_bytes=size - 1)) == (
        f" has {size:,} bytes of description at its end, over the limit of {size - 1:,}: write it "
        "again with larger row groups."
    )


def test_parquet_with_large_pages(tmp_path):
    column = {"Description": pa.array([f"{i:06}" for i in range(1000)])}
    path = raw_parquet(tmp_path / "a.parquet", column, 1000, use_dictionary=False)
    assert " bytes of pages, over the limit of 10,000: write it again with smaller pages, or " in (
        refusal(path, Limits(parquet_page_bytes=10_000))
    )


def test_parquet_with_many_pages_in_all_row_groups(tmp_path):
    path = raw_parquet(tmp_path / "a.parquet", {}, 1, times=3, use_dictionary=False)
    assert len(lines_of(path, Limits(parquet_pages=3 * len(HEADER)))) == 3
    assert refusal(path, Limits(parquet_pages=3 * len(HEADER) - 1)) == (
        " has 24 pages or more, over the limit of 23: write it again with larger pages, or give it "
        "as CSV."
    )


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"\x15" + b"\xff" * 2**16, "a number does not end"),
        (b"\x15\x00\x15\x00\x15\x00\x00", "a record is missing"),
        (
            b"\x15\x00\x15\x00\x15\x00\x2c\x15\x00\x15\x00\x00\x00",
            "a page of data has no values",
        ),
    ],
)
def test_parquet_with_a_page_that_leads_nowhere(tmp_path, header, reason):
    column = {"Description": pa.array(["x" * 2**17])}
    path = raw_parquet(tmp_path / "a.parquet", column, 1, use_dictionary=False, compression="none")
    described = pq.read_metadata(path).row_group(0).column(HEADER.index("Description"))
    with path.open("r+b") as file:
        file.seek(described.data_page_offset)
        file.write(header)
    assert refusal(path) == (
        f" is not a readable Parquet file, fetch or export it again: {reason}."
    )


def test_parquet_with_a_large_page_of_shared_beginnings(tmp_path):
    encoding = dict.fromkeys(HEADER, "PLAIN") | {"Description": "DELTA_BYTE_ARRAY"}
    column = {"Description": pa.array([f"{i:06}" for i in range(1000)])}
    path = raw_parquet(
        tmp_path / "a.parquet", column, 1000, use_dictionary=False, column_encoding=encoding
    )
    assert [row["description"] for row in lines_of(path)] == column["Description"].to_pylist()
    assert " bytes in delta encoding, in the column Description, over the limit of 1,000: " in (
        refusal(path, Limits(parquet_prefix_page_bytes=1000))
    )


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct([("a", pa.string())])])
def test_parquet_column_of_lists_or_records_is_refused_unread(tmp_path, kind):
    value = ["x"] if pa.types.is_list(kind) else {"a": "x"}
    path = raw_parquet(tmp_path / "a.parquet", {"Price": pa.array([value] * 3, kind)}, 3)
    assert "Unsupported cast from " in refusal(path)
    assert refusal(path).endswith(" to text in the column Price.")


def test_of_two_parquet_columns_with_one_name_the_first_counts(tmp_path):
    path = tmp_path / "a.parquet"
    columns = [pa.array([value]) for value in [*LINE, "9"]]
    pq.write_table(pa.Table.from_arrays(columns, [*HEADER, "Price"]), path)
    assert [row["price"] for row in lines_of(path)] == ["6.95"]
