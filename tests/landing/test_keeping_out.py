"""Customers who are forgotten, in landed files and in those that come later."""

import json

import pyarrow.parquet as pq
import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import keeping_out, uci
from retail_lakehouse.landing.keeping_out import Anonymiser
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import landed_files, told
from retail_lakehouse.shops.forgotten import MARK, SHARED, code, mark

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country,Name\n"


def line(invoice, code, customer, name="", quantity=2):
    return f"{invoice},{code},MUG,{quantity},2023-01-05 09:15:00,2.50,{customer},France,{name}\n"


LINES = (
    line(1, "85048", "00123", "Ann")
    + line(1, "85049", "00123.0", "Ann")
    + line("C2", "85048", "'00123", "Ann", -2)
    + line(3, "85048", "123", "Bob")
    + line(4, "85048", "", "Guest")
)


def landed(tmp_path, text=LINES, name="a.csv"):
    (tmp_path / name).write_text(HEADER + text)
    land([str(tmp_path / name)], tmp_path / "landing")
    return landed_files(tmp_path / "landing")


def rows(path):
    return pq.read_table(path).to_pylist()


def test_a_landed_file_keeps_every_line_and_loses_whose_it_was(tmp_path):
    (path,) = landed(tmp_path)
    before, said = rows(path), told(path)
    assert keeping_out.customers_in(path) == {"00123", "123"}
    assert keeping_out.rewrite(path, Anonymiser({"00123": "secret"})) == 3
    after = rows(path)
    changed = {"customer_id", "other_columns"}
    for old, new in zip(before, after, strict=True):
        assert {k: v for k, v in old.items() if k not in changed} == {
            k: v for k, v in new.items() if k not in changed
        }
    assert [row["customer_id"] for row in after[3:]] == ["123", None]
    assert [dict(row["other_columns"])["Name"] for row in after[3:]] == ["Bob", "Guest"]
    assert [row["other_columns"] for row in after[:3]] == [None] * 3
    assert told(path) == said
    assert b"00123" not in path.read_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_a_product_s_lines_share_a_mark_and_others_do_not():
    sale, back = mark("s", "00123", "85048"), mark("s", "00123.0", " 85048")
    assert sale.startswith(MARK)
    assert sale[:SHARED] == back[:SHARED]
    # As cleaning compares lines word by word, it still sees that they were written otherwise.
    assert sale != back
    assert mark("s", "00123", "85049")[:SHARED] != sale[:SHARED]
    other = mark("other", "77", "85048")
    assert other[:SHARED] != sale[:SHARED]
    assert other[SHARED:] == sale[SHARED:]
    assert mark("s", "1", "abc")[:SHARED] == mark("s", "1", "'ABC")[:SHARED]


def test_of_other_columns_the_one_that_cancels_stays(tmp_path):
    (path,) = landed(tmp_path)
    keeping_out.rewrite(path, Anonymiser({"00123": "secret"}, {"Name"}))
    assert dict(rows(path)[0]["other_columns"]) == {"Name": "Ann"}
    landing = tmp_path / "landing"
    assert keeping_out.kept_columns(landing) == {"rejected_line", "rejected_because"}


def test_a_file_that_comes_later_brings_nobody_back(tmp_path):
    (first,) = landed(tmp_path)
    keeping_out.keep_out(tmp_path / "landing", ["00123"])
    files = landed(tmp_path, LINES + line(5, "85048", "123"), "b.csv")
    (second,) = set(files) - {first}
    kept = [row["customer_id"] for row in rows(second)]
    assert [text is not None and text.startswith(MARK) for text in kept] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert kept[3:] == ["123", None, "123"]
    # A cancellation of the same file still finds its sale.
    assert kept[0][:SHARED] == kept[2][:SHARED] != kept[1][:SHARED]
    said = (tmp_path / "landing" / "forgotten.json").read_text()
    assert "123" not in json.loads(said)["customers"]
    assert "00123" not in said


def test_two_are_kept_out_by_one_key(tmp_path):
    keeping_out.keep_out(tmp_path, ["1"])
    first = json.loads((tmp_path / "forgotten.json").read_text())
    keeping_out.keep_out(tmp_path, ["2", "1"])
    second = json.loads((tmp_path / "forgotten.json").read_text())
    assert second["key"] == first["key"]
    assert set(first["customers"]) < set(second["customers"])
    assert len(second["customers"]) == 2


def test_a_damaged_list_of_the_forgotten_stops_landing(tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "forgotten.json").write_text("{}")
    with pytest.raises(SettingsError, match="would come back with the next file"):
        landed(tmp_path)


def test_public_lines_without_their_archive_are_not_fetched_again(tmp_path, monkeypatch):
    landing = tmp_path / "landing"
    (tmp_path / "a.csv").write_text(
        HEADER.removesuffix(",Name\n") + "\n" + line(1, "85048", "9")[:-2]
    )
    land([str(tmp_path / "a.csv")], landing, kind="uci")
    fetched = []
    monkeypatch.setattr(uci, "fetch", lambda *_: fetched.append(1))
    done = land(["uci"], landing)
    assert (fetched, done.lines, done.shop) == ([], 1, "uci")


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        ("it has no header of invoice lines (its first row: 1, MUG, 00123.0)",
         "it has no header of invoice lines (its first row: …)"),
        ("it has no header of invoice lines (its first row: 1, MUG, 5)", None),
        ("it is hidden: to read it, name it in format.sheets", None),
    ],
)  # fmt: skip
def test_a_first_row_that_names_them_is_not_quoted(reason, left):
    assert keeping_out.unquoted(reason, {"00123"}) == (left or reason)
    page = json.dumps({"sheets": [{"passed_over": reason, "lines": 3}]}).encode()
    found = json.loads(keeping_out.unquoted_json(page, {"00123"}))
    assert found == {"sheets": [{"passed_over": left or reason, "lines": 3}]}
    assert keeping_out.unquoted_json(b"no json", {"00123"}) == b"no json"


@pytest.mark.parametrize(
    ("text", "read"),
    [(None, None), ("", None), (" nan ", None), ("'", None), ("''5", "5"), ("'nan", "nan"),
     ("13085.0", "13085"), ("13085.00", "13085"), ("13085.5", "13085.5"), ("\u00a07\t", "7"),
     ("A.0", "A.0"), ("007", "007"), ("' 5", " 5")],
)  # fmt: skip
def test_codes_are_read_as_by_cleaning(text, read):
    assert code(text) == read
