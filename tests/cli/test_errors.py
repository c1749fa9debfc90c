import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from retail_lakehouse import cli
from retail_lakehouse.steps.harness import context

pytestmark = pytest.mark.slow

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
LINE = "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,France"
Refusal = Callable[..., str]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_session(*_: object, **__: object) -> None:
        raise AssertionError("nothing here needs Spark")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETAIL_LAKEHOUSE_HOME", raising=False)
    monkeypatch.setattr(context, "get_session", no_session)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["retail-lakehouse", *arguments])
    cli.main()


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refusal:
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            call(monkeypatch, *arguments)
        assert ended.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        start, message = line.split(": ", 1)
        assert start == "retail-lakehouse"
        return message

    return run


def workbook(path: Path, *rows: list[object]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_land_without_a_source(refusal: Refusal):
    assert refusal("land").startswith("--source is missing: give uci, demo, or ")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("~/invoices.csv", "write the folder out"),
        ("exports/*.csv", "leave the quotes out"),
        ("dbfs:/Volumes/workspace/bronze/landing/shop.csv", "/Volumes/…"),
        ("https://example.org/shop.csv", "an address is not read"),
        ("C:\\Users\\me\\shop.csv", "a Windows path"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_why(refusal: Refusal, source: str, words: str):
    for said in (refusal("land", "--source", source), refusal("inspect", source)):
        assert words in said
        assert f" {source}: " in said


def test_a_home_in_use_is_refused_in_one_line(refusal: Refusal, tmp_path: Path):
    holding = (
        "import sys, time; from pathlib import Path\n"
        "from retail_lakehouse.machine.home import writing\n"
        "sys.argv = ['retail-lakehouse', 'run']\n"
        "with writing(Path(sys.argv[0]).parent / 'lakehouse', Path('landing')):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", holding]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        message = refusal("land", "--source", "demo")
        holder.kill()
    assert message.startswith(
        f"Another process is writing to --home lakehouse (process {holder.pid}"
    )


def test_variables_of_another_spark_are_named(monkeypatch, capsys):
    monkeypatch.setenv("SPARK_HOME", "/opt/spark-3.5.1")
    with pytest.raises(SystemExit):
        call(monkeypatch, "land", "--source", "nothing.csv")
    assert "Not used" in capsys.readouterr().err.splitlines()[0]


def test_a_fault_of_the_machine_is_told_in_one_line(refusal: Refusal, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("retail_lakehouse.landing.demo.write", full)
    assert "free some" in refusal("demo", "shop.csv")


def test_land_a_missing_file(refusal: Refusal):
    assert refusal("land", "--source", "no/such.xlsx") == (
        "There is no file or folder no/such.xlsx: give uci, demo, or the path of a workbook, CSV, "
        "Parquet file or folder with --source."
    )


def test_what_an_error_quotes_from_a_file_cannot_move_the_terminal(refusal: Refusal):
    Path("a.csv").write_text(f"{HEADER}\n1,2,\x1b[2J\u202eMUG\x9b31m\n")
    mark = "\N{REPLACEMENT CHARACTER}"
    assert refusal("land", "--source", "a.csv") == (
        "a.csv is not a readable CSV file, mend or export it again: Row #2: Expected 8 columns, "
        f"got 3: 1,2,{mark}[2J{mark}MUG{mark}31m."
    )


def test_names_of_files_cannot_move_the_terminal(refusal: Refusal):
    mark = "\N{REPLACEMENT CHARACTER}"
    Path("a\x1b[2J\nb.pdf").touch()
    message = f"a{mark}[2J{mark}b.pdf is not a kind of file that can be read: "
    assert refusal("land", "--source", "a\x1b[2J\nb.pdf").startswith(message)
    # As an operating system gives a name whose bytes are no text.
    assert refusal("land", "--source", "\udcff.csv").startswith(
        f"There is no file or folder {mark}.csv: "
    )


def test_land_what_is_no_workbook(refusal: Refusal):
    Path("a.xlsx").write_text("hello")
    assert refusal("land", "--source", "a.xlsx") == (
        "a.xlsx is not a readable workbook (.xlsx), perhaps cut off or damaged on its way: "
        "fetch it again."
    )


def test_land_another_kind_of_file(refusal: Refusal):
    Path("a.pdf").write_text("hello")
    assert refusal("land", "--source", "a.pdf") == (
        "a.pdf is not a kind of file that can be read: give .xlsx, .xlsm, .xls, .xlsb, .ods, .csv, "
        ".tsv, .txt, .parquet, .zip, .csv.gz, .tsv.gz, .txt.gz."
    )


def test_land_a_zip_that_is_a_web_page(refusal: Refusal):
    Path("a.zip").write_text("<!DOCTYPE html><html>Not here</html>")
    assert refusal("land", "--source", "a.zip") == (
        "a.zip is a web page, not a zip archive: download the file itself again."
    )


def test_land_a_workbook_without_a_column(refusal: Refusal):
    names = [name for name in HEADER.split(",") if name != "Quantity"]
    workbook(Path("a.xlsx"), names, [1] * 7)
    assert refusal("land", "--source", "a.xlsx") == (
        "a.xlsx, sheet 'Sheet', lacks the column Quantity: rename or add what is missing, or "
        'say in a shop.toml which column it is (columns.quantity = "…"); the header has Invoice, '
        "StockCode, Description, InvoiceDate, Price, Customer ID, Country."
    )


def test_land_an_empty_workbook(refusal: Refusal):
    workbook(Path("a.xlsx"))
    assert refusal("land", "--source", "a.xlsx") == (
        "a.xlsx holds no invoice lines: a row must name the columns Invoice, StockCode, "
        "Quantity, InvoiceDate, Price, Customer ID; it is empty."
    )


def test_land_a_header_without_lines(refusal: Refusal):
    workbook(Path("a.xlsx"), list(HEADER.split(",")))
    assert refusal("land", "--source", "a.xlsx") == (
        "a.xlsx has a header but no lines: give a file with invoice lines."
    )


def test_land_two_kinds_of_shop_at_once(refusal: Refusal):
    assert refusal("land", "--source", "demo", "--source", "uci") == (
        "--source demo stands alone: give either it or the paths of your own files."
    )


def test_land_the_demo_shop_among_own_lines(refusal: Refusal, monkeypatch, capsys):
    Path("a.csv").write_text(f"{HEADER}\n{LINE}\n")
    call(monkeypatch, "land", "--source", "a.csv")
    capsys.readouterr()
    assert refusal("land", "--source", "demo") == (
        "lakehouse/landing holds files of your own, which the demo shop must not be mixed with: "
        "choose another --home."
    )


def test_land_in_a_folder_that_cannot_be_made(refusal: Refusal):
    Path("file").touch()
    Path("a.csv").write_text(f"{HEADER}\n{LINE}\n")
    assert refusal("land", "--source", "a.csv", "--landing", "file/landing") == (
        "--landing file/landing cannot be written (Not a directory): choose another folder."
    )


@pytest.mark.parametrize("command", ["run", "silver", "gold"])
@pytest.mark.parametrize("day", ["soon", "2011-13-01", "09.11.2011"])
def test_as_of_that_is_no_date(refusal: Refusal, command: str, day: str):
    assert refusal(command, "--as-of", day) == (
        f"--as-of {day!r} is not a date: write it as YYYY-MM-DD, such as 2011-11-09."
    )


@pytest.mark.parametrize("place", ["option", "environment"])
def test_home_below_a_file(refusal: Refusal, monkeypatch, place: str):
    Path("file").touch()
    options = ["--home", "file/home"] if place == "option" else []
    if place == "environment":
        monkeypatch.setenv("RETAIL_LAKEHOUSE_HOME", "file/home")
    assert refusal("land", "--source", "demo", *options) == (
        "--home file/home cannot be written (Not a directory): choose another folder."
    )


@pytest.mark.parametrize("prefix", ["a b", "1st_", "x;drop", "a.b"])
def test_schema_prefix_that_is_no_name(refusal: Refusal, prefix: str):
    assert refusal("silver", "--schema-prefix", prefix) == (
        f"The schema prefix {prefix!r} is not a name: use letters, digits and underscores, "
        "starting with a letter."
    )


def test_demo_with_another_suffix(refusal: Refusal):
    assert refusal("demo", "out.txt") == (
        "out.txt must end in .xlsx, .csv or .parquet; a folder of Parquet files has no ending."
    )


@pytest.mark.parametrize("rows", ["0", "499", "1000000001"])
def test_demo_with_too_few_or_too_many_rows(refusal: Refusal, rows: str):
    assert refusal("demo", "--rows", rows, "out.csv") == (
        f"--rows {rows} is not between 500 and 1,000,000,000."
    )
    assert not Path("out.csv").exists()


def test_demo_into_a_folder_that_is_not_there(refusal: Refusal):
    assert refusal("demo", "none/out.csv") == (
        "There is no folder none to write out.csv into: make it first."
    )


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--products", "5", "--products 5 is not between 12 and 200,000."),
        ("--customers", "0", "--customers 0 is not between 1 and "),
        ("--dialect", "french", "--dialect french is none of online-retail-ii, european-csv, "),
    ],
)
def test_demo_with_what_cannot_be_made(refusal: Refusal, option: str, value: str, says: str):
    assert says in refusal("demo", "--rows", "600", option, value, "out.csv")
    assert not Path("out.csv").exists()


def test_demo_in_another_dialect_with_so_many_customers_and_products(monkeypatch):
    size = ("--rows", "600", "--products", "20", "--customers", "9")
    call(monkeypatch, "demo", *size, "--dialect", "european-csv", "out.csv")
    first, *lines = Path("out.csv").read_text(encoding="cp1252").splitlines()
    assert first.startswith("InvoiceDate;InvoiceNo;CustomerID;")
    assert len(lines) == 600
    assert len({line.split(";")[2] for line in lines} - {""}) <= 9
    codes = {line.split(";")[4].upper() for line in lines}
    assert 15 <= len(codes - {"B", "D", "M", "POST"}) <= 20


def test_demo_writes_its_rows(monkeypatch, capsys):
    call(monkeypatch, "demo", "--rows", "600", "out.csv")
    printed = capsys.readouterr()
    assert printed.out == "600 lines of the demo shop written to out.csv\n"
    assert printed.err == ""
    lines = Path("out.csv").read_text().splitlines()
    assert lines[0] == HEADER
    assert len(lines) == 601


def test_land_takes_several_paths_after_one_source(monkeypatch, capsys):
    Path("a.csv").write_text(f"{HEADER}\n{LINE}\n")
    Path("b.csv").write_text(f"{HEADER}\n{LINE}\n{LINE}\n")
    call(monkeypatch, "land", "--source", "a.csv", "b.csv", "--home", "shop")
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "2 files" in printed.out
    landed = sorted(Path("shop/landing/lines").iterdir())
    assert sum(pq.read_metadata(path).num_rows for path in landed) == 3


def test_the_command_itself_ends_with_0_after_landing_the_demo_shop(tmp_path: Path):
    done = command("land", "--source", "demo", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (landed,) = (tmp_path / "lakehouse" / "landing" / "lines").iterdir()
    assert landed.name == "demo-42-50000.parquet"
    assert pq.read_metadata(landed).num_rows == 50_000


def test_the_command_itself_ends_with_2_and_one_line(tmp_path: Path):
    done = command("land", "--source", "no.xlsx", folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("retail-lakehouse: There is no file or folder no.xlsx: ")
    assert done.stderr.count("\n") == 1


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "retail_lakehouse.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
