import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retail_lakehouse.errors import SettingsError, SourceError
from retail_lakehouse.landing import land as land_module
from retail_lakehouse.landing.land import land, shop_of
from retail_lakehouse.landing.landed import count_lines, landed_files, lines_landed, shop_in
from retail_lakehouse.machine.watch import Done

pytestmark = pytest.mark.slow

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
LINE = "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,France"
CELLS = [489434, 85048, "LIGHTS", 12, "2009-12-01 07:45:00", 6.95, 13085, "France"]


@pytest.fixture(autouse=True)
def _small_demo(monkeypatch):
    monkeypatch.setattr(land_module, "DEMO_ROWS", 600)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


def write_csv(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def landed(landing: Path) -> list[dict[str, object]]:
    return [row for path in landed_files(landing) for row in pq.read_table(path).to_pylist()]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_line_lands_as_text_with_its_origin(landing, tmp_path):
    done = land([str(write_csv(tmp_path / "may.csv", LINE))], landing)
    (batch,) = done.batches
    assert (done.shop, done.lines) == ("files", 1)
    assert landed(landing) == [
        {
            "invoice": "489434",
            "stock_code": "85048",
            "description": "LIGHTS",
            "quantity": "12",
            "invoice_date": "2009-12-01 07:45:00",
            "price": "6.95",
            "customer_id": "13085",
            "country": "France",
            "amount": None,
            "other_columns": None,
            "source_file": "may.csv",
            "source_sheet": "",
            "line_number": 1,
            "batch_id": batch,
        }
    ]
    assert names_in(landing / "lines") == [f"{batch}.parquet"]
    assert shop_in(landing / "lines" / f"{batch}.parquet") == "files"


def test_lines_count_from_one_in_each_sheet_and_empty_rows_leave_gaps(landing, make_workbook):
    header = HEADER.split(",")
    sheets = {
        "One": [header, CELLS, [None] * 8, CELLS, ["", None]],
        "Two": [header, [], CELLS, CELLS],
    }
    done = land([str(make_workbook("a.xlsx", sheets))], landing)
    assert done.lines == 4
    assert [(row["source_sheet"], row["line_number"]) for row in landed(landing)] == [
        ("One", 1),
        ("One", 3),
        ("Two", 2),
        ("Two", 3),
    ]


def test_line_numbers_go_on_over_batches_and_are_told(landing, tmp_path):
    source = tmp_path / "a.parquet"
    columns = {name: [str(number) for number in range(300_000)] for name in HEADER.split(",")}
    columns["InvoiceDate"] = ["2009-12-01 07:45:00"] * 300_000
    pq.write_table(pa.table(columns), source)  # two batches of 2**18
    told: list[Done] = []
    land([str(source)], landing, told.append)
    assert [(done.work, done.count, done.unit) for done in told] == [
        ("reading a.parquet", count, "lines") for count in (0, 2**18, 300_000)
    ]
    (path,) = landed_files(landing)
    table = pq.read_table(path, columns=["invoice", "line_number"])
    assert table["line_number"].to_pylist() == list(range(1, 300_001))
    assert table["invoice"][299_999].as_py() == "299999"


def test_same_content_lands_once_whatever_its_name(landing, tmp_path):
    first = write_csv(tmp_path / "a.csv", LINE)
    copy = tmp_path / "b.csv"
    shutil.copy(first, copy)
    one = land([str(first)], landing)
    content = (landing / "lines" / f"{one.batches[0]}.parquet").read_bytes()
    assert land([str(copy)], landing) == one
    assert land([str(first), str(copy), str(first)], landing) == one
    assert names_in(landing / "lines") == [f"{one.batches[0]}.parquet"]
    assert (landing / "lines" / f"{one.batches[0]}.parquet").read_bytes() == content


def test_what_has_landed_is_not_read_again(landing, tmp_path, monkeypatch):
    source = write_csv(tmp_path / "a.csv", LINE)
    first = land([str(source)], landing)

    def refuse(path: Path, reading: object) -> object:
        raise AssertionError(f"{path} was read again")
        yield

    monkeypatch.setattr(land_module, "read", refuse)
    assert land([str(source)], landing) == first


def test_changed_content_lands_beside_the_old(landing, tmp_path):
    source = write_csv(tmp_path / "a.csv", LINE)
    land([str(source)], landing)
    write_csv(source, LINE, LINE)
    done = land([str(source)], landing)
    assert done.lines == 2
    assert len(landed_files(landing)) == 2
    assert sum(map(count_lines, landed_files(landing))) == 3


def test_failure_in_the_middle_leaves_nothing_behind(landing, tmp_path):
    source = tmp_path / "a.csv"
    text = HEADER + "\n" + (LINE + "\n") * 400_000 + "cut,off\n"  # the first block is written
    source.write_text(text)
    with pytest.raises(SourceError, match="Expected 8 columns, got 2: cut,off"):
        land([str(source)], landing)
    assert names_in(landing / "lines") == []


def test_all_sources_land_or_none(landing, tmp_path):
    good = write_csv(tmp_path / "good.csv", LINE)
    bad = write_csv(tmp_path / "bad.csv")
    with pytest.raises(SourceError, match=r"bad\.csv has a header but no lines"):
        land([str(good), str(bad)], landing)
    assert names_in(landing / "lines") == []


def test_missing_file_is_named_before_anything_is_read(landing, tmp_path):
    good = write_csv(tmp_path / "good.csv", LINE)
    missing = tmp_path / "no" / "such.xlsx"
    with pytest.raises(SourceError) as caught:
        land([str(good), str(missing)], landing)
    assert str(caught.value) == (
        f"There is no file or folder {missing}: give uci, demo, or the path of a workbook, CSV, "
        "Parquet file or folder with --source."
    )
    assert names_in(landing / "lines") == []


def test_folder_gives_all_its_files_in_order(landing, tmp_path, make_workbook):
    folder = tmp_path / "in"
    write_csv(folder / "b" / "x.csv", LINE)
    make_workbook("in/a.XLSX", {"S": [HEADER.split(","), CELLS, CELLS]})
    (folder / "notes.txt").write_text("not a source")
    done = land([str(folder)], landing)
    assert (len(done.batches), done.lines) == (2, 3)
    assert {(row["source_file"], row["source_sheet"]) for row in landed(landing)} == {
        ("a.XLSX", "S"),
        ("b/x.csv", ""),
    }


def test_folder_of_a_parquet_data_set_is_read_part_by_part(landing, tmp_path):
    folder = tmp_path / "in" / "lines.parquet"
    folder.mkdir(parents=True)
    for part in ("1", "2"):
        table = pa.table({n: [v] for n, v in zip(HEADER.split(","), LINE.split(","), strict=True)})
        table = table.set_column(0, "Invoice", [[part]])
        pq.write_table(table, folder / f"part-{part}.parquet")
    (folder / "_SUCCESS").touch()
    assert land([str(tmp_path / "in")], landing).lines == 2


@pytest.mark.parametrize("name", ["~$a.xlsx", "._a.xlsx", ".cache/a.csv"])
def test_hidden_and_lock_files_in_a_folder_are_passed_over(landing, tmp_path, name):
    folder = tmp_path / "in"
    write_csv(folder / "a.csv", LINE)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"not a workbook")
    assert land([str(folder)], landing).lines == 1


def test_folder_that_holds_the_lakehouse_gives_only_what_came_from_outside(tmp_path):
    home = tmp_path / "lakehouse"
    write_csv(tmp_path / "a.csv", LINE)
    first = land([str(tmp_path)], home / "landing")
    table = home / "warehouse" / "bronze" / "invoice_lines"
    (table / "_delta_log").mkdir(parents=True)
    columns = {name: ["another"] for name in HEADER.split(",")}
    pq.write_table(pa.table(columns), table / "part-0.parquet")
    assert land([str(tmp_path)], home / "landing") == first
    assert first.lines == 1
    assert len(landed_files(home / "landing")) == 1


def test_folder_without_sources_is_refused(landing, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceError) as caught:
        land([str(tmp_path / "in")], landing)
    assert str(caught.value) == (
        f"The folder {tmp_path / 'in'} holds no .xlsx, .xlsm, .xls, .xlsb, .ods, .csv, .tsv, .txt, "
        ".parquet, .zip, .csv.gz, .tsv.gz, .txt.gz files: give another."
    )


@pytest.mark.parametrize(
    ("sources", "shop"), [(["uci"], "uci"), (["demo"], "demo"), (["a.csv", "b.xlsx"], "files")]
)
def test_kind_of_shop(sources, shop):
    assert shop_of(sources) == shop


@pytest.mark.parametrize("sources", [["uci", "demo"], ["uci", "a.csv"]])
def test_uci_stands_alone(sources):
    with pytest.raises(SourceError, match="--source uci stands alone: "):
        shop_of(sources)


def test_demo_stands_alone():
    with pytest.raises(SourceError, match="--source demo stands alone: "):
        shop_of(["a.csv", "demo"])


def test_demo_lands_once(landing):
    done = land(["demo"], landing)
    assert (done.shop, done.lines) == ("demo", 600)
    assert land(["demo"], landing) == done
    assert sum(map(count_lines, landed_files(landing))) == 600
    rows = landed(landing)
    assert {row["source_file"] for row in rows} == {"demo_shop"}
    assert rows[0]["source_sheet"] == "Year 2009-2010"
    assert rows[-1]["source_sheet"] == "Year 2010-2011"
    for sheet in ("Year 2009-2010", "Year 2010-2011"):
        numbers = [row["line_number"] for row in rows if row["source_sheet"] == sheet]
        assert numbers == list(range(1, len(numbers) + 1))


def test_demo_makes_way_for_real_lines(landing, tmp_path):
    land(["demo"], landing)
    done = land([str(write_csv(tmp_path / "a.csv", LINE))], landing)
    assert names_in(landing / "lines") == [f"{done.batches[0]}.parquet"]


def test_demo_stays_where_the_real_lines_do_not_come(landing, tmp_path):
    land(["demo"], landing)
    before = names_in(landing / "lines")
    good, bad = write_csv(tmp_path / "good.csv", LINE), write_csv(tmp_path / "bad.csv")
    with pytest.raises(SourceError):
        land([str(good), str(bad)], landing)
    assert names_in(landing / "lines") == before


def test_demo_is_not_mixed_into_real_lines(landing, tmp_path):
    land([str(write_csv(tmp_path / "a.csv", LINE))], landing)
    with pytest.raises(SourceError) as caught:
        land(["demo"], landing)
    assert str(caught.value) == (
        f"{landing} holds files of your own, which the demo shop must not be mixed with: choose "
        "another --home."
    )
    assert sum(map(count_lines, landed_files(landing))) == 1


def test_own_files_are_not_mixed_with_uci(landing, tmp_path):
    source = write_csv(tmp_path / "a.csv", LINE)
    land([str(source)], landing)
    (only,) = landed_files(landing)
    only.rename(only.with_name("uci-0123456789abcdef.parquet"))
    with pytest.raises(SourceError, match="holds Online Retail II from UCI, which files of your"):
        land([str(source)], landing)


def test_uci_is_refused_before_it_is_downloaded(landing, tmp_path, monkeypatch):
    land([str(write_csv(tmp_path / "a.csv", LINE))], landing)
    # A demo shop beside it, as a run that was killed could have left, is not what is in the way.
    shutil.copy(landed_files(landing)[0], landing / "lines" / "demo-42-600.parquet")
    monkeypatch.setattr(land_module.uci, "fetch", lambda *_: pytest.fail("downloaded"))
    with pytest.raises(SourceError, match="holds files of your own, which Online Retail II"):
        land(["uci"], landing)


def test_landing_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    source = write_csv(tmp_path / "a.csv", LINE)
    with pytest.raises(SettingsError) as caught:
        land([str(source)], tmp_path / "file" / "landing")
    assert str(caught.value) == (
        f"The landing folder {tmp_path / 'file' / 'landing'} cannot be written (Not a directory): "
        "choose another."
    )


def test_lines_that_any_home_has_landed_are_no_source(tmp_path):
    """A home beside the sources, such as that of the demo shop, must not come in with them."""
    project = tmp_path / "project"
    project.mkdir()
    land(["demo"], project / "lakehouse-demo" / "landing")
    csv = project / "sales.csv"
    csv.write_text(f"{HEADER}\n1,22423,STAND,2,2011-12-09 12:00:00,12.75,1,France\n")
    landed = land([str(project)], tmp_path / "home" / "landing")
    assert landed.lines == 1
    (made_up,) = (project / "lakehouse-demo" / "landing" / "lines").glob("*.parquet")
    with pytest.raises(SourceError, match="what an earlier run landed"):
        land([str(made_up)], tmp_path / "home" / "landing")


def test_a_landed_file_that_was_cut_off_is_landed_again(landing, tmp_path):
    csv = tmp_path / "a.csv"
    csv.write_text(f"{HEADER}\n1,22423,STAND,2,2011-12-09 12:00:00,12.75,1,France\n")
    land([str(csv)], landing)
    (whole,) = (landing / "lines").glob("*.parquet")
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    assert lines_landed(landing) == 0
    assert land([str(csv)], landing).lines == 1
    assert lines_landed(landing) == 1


def test_a_home_with_a_colon_is_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(f"{HEADER}\n1,22423,STAND,2,2011-12-09 12:00:00,12.75,1,France\n")
    for home in ("shop:2023", "s3:x"):
        assert land(["a.csv"], Path(home) / "landing").lines == 1


def test_a_source_whose_name_is_no_text_is_refused(landing, tmp_path):
    odd = tmp_path / "bad\udcff.csv"
    odd.write_text("x")
    with pytest.raises(SourceError, match="not text"):
        land([str(odd)], landing)
