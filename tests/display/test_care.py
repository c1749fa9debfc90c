"""What upkeep, rejected lines and forgotten customers look like in the terminal."""

from io import StringIO

from retail_lakehouse.care.forget import ANONYMOUS, GONE, Forgotten, Removed, Saw
from retail_lakehouse.care.rejected import Reason
from retail_lakehouse.delta.maintenance import Files, Tended
from retail_lakehouse.display import rejects, upkeep
from retail_lakehouse.display.screen import new_console
from retail_lakehouse.tables import SALES


def shown(*parts) -> list[list[str]]:
    """Words of each line, without the frames of tables."""
    text = StringIO()
    console = new_console(width=200, file=text)
    for part in parts:
        console.print(part)
    lines = (line.strip(" │┃┏┓┡┩└┘━─┴┳╇┬\n") for line in text.getvalue().splitlines())
    return [[cell.strip() for cell in line.replace("┃", "│").split("│")] for line in lines if line]


def test_files_of_each_table_before_and_after():
    tended = Tended(SALES, Files(1200, 9 * 2**20), Files(3, 5 * 2**20))
    assert shown(upkeep.upkeep_grid([tended])) == [
        ["Upkeep"], ["table", "files", "then", "MB"], ["silver.sales", "1,200", "3", "5.0"],
    ]  # fmt: skip


def test_what_was_removed_where_and_which_models_saw_them():
    done = Forgotten(
        ("0091", "\x1b[2J"),
        (Removed("landing/lines/a.parquet", ANONYMOUS, 1200),
         Removed("gold.customer_rfm", GONE, 1)),
        (Saw("recommendations", 7, ("champion",), "2011-12-10", "train-recommender"),
         Saw("recommendations", 6, (), "2011-12-03", "train-recommender")),
    )  # fmt: skip
    lines = shown(*upkeep.forgotten_grids(done))
    assert lines[0] == ["Forgotten: 0091, \N{REPLACEMENT CHARACTER}[2J"]
    assert ["landing/lines/a.parquet", "1,200", "lines made anonymous"] in lines
    assert ["gold.customer_rfm", "1", "rows removed"] in lines
    when = "when train-recommender runs next"
    assert ["recommendations version 7", "2011-12-10", "champion", when] in lines
    assert ["recommendations version 6", "2011-12-03", "kept", when] in lines
    assert len(upkeep.forgotten_grids(Forgotten(("1",), (), ()))) == 1


def test_reasons_with_counts_and_lines_of_each():
    line = {
        "source_file": "a\u202e.csv", "source_sheet": "", "line_number": 3, "invoice": "1",
        "stock_code": "20103A", "quantity": "2", "invoice_date": "2023", "price": "free",
        "amount": None, "customer_id": None,
    }  # fmt: skip
    found = Reason("unreadable_price", 1200, 7, '[format] decimal = "."', (line,))
    assert shown(rejects.reasons_grid([found])) == [
        ["Rejected lines"], ["reason", "lines", "corrected"], ["unreadable_price", "1,200", "7"],
    ]  # fmt: skip
    title, _, row = shown(*rejects.samples_of(found))
    assert title == ['unreadable_price (shop.toml: [format] decimal = ".")']
    assert row[0].split() == [
        "a\N{REPLACEMENT CHARACTER}.csv",
        "3",
        "1",
        "20103A",
        "2",
        "2023",
        "free",
    ]
    assert rejects.samples_of(Reason("adjustment", 1, 0, "", ())) == []
