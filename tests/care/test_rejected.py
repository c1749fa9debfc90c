"""Rejected lines, from being shown to being corrected."""

import csv

import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.care.correcting import load
from retail_lakehouse.care.rejected import Wanted, reasons, write_out
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

pytestmark = pytest.mark.usefixtures("spark")
HEADER = "Order,SKU,Description,Qty,Order Date,Unit Price,Customer No,Country,Channel\n"


def line(number, price, code="20103A", channel="web"):
    day = f"2023-01-{number % 28 + 1:02} 09:15:00"
    return f"{number},{code},=MUG,3,{day},{price},CUST-1,France,{channel}\n"


def through(context, *names):
    for name in names:
        pipeline.STEPS_BY_NAME[name].run(context)


def test_a_line_is_shown_written_corrected_and_loaded_against_its_own(tmp_path):
    text = "".join(line(n, "2.50") for n in range(1, 20)) + line(20, "free") + line(21, "?")
    (tmp_path / "a.csv").write_text(HEADER + text + line(1, "2.50"))
    ran = Context(Settings(home=tmp_path / "home"), (str(tmp_path / "a.csv"),))
    through(ran, "land", "bronze", "silver")
    found = {one.name: one for one in reasons(ran, Wanted(), 1)}
    assert {name: (one.lines, one.corrected) for name, one in found.items()} == {
        "unreadable_price": (2, 0), "repeated_line": (1, 0),
    }  # fmt: skip
    assert [row["line_number"] for row in found["unreadable_price"].samples] == [20]
    assert found["unreadable_price"].remedy.startswith("[format] decimal")
    assert found["repeated_line"].remedy == ""

    out = tmp_path / "rejects.csv"
    assert write_out(ran, Wanted(), out) == [(out, 2)]
    header, *rows = csv.reader(out.read_text("utf-8-sig").splitlines())
    theirs = HEADER.strip().split(",")
    assert set(header) == {*theirs, "rejected_because", "rejected_line"}
    assert [row[header.index("Order")] for row in rows] == ["20", "21"]
    assert [row[header.index("Description")] for row in rows] == ["'=MUG"] * 2
    assert [row[header.index("Channel")] for row in rows] == ["web"] * 2

    out.write_text(out.read_text("utf-8-sig").replace("free", "9.99"))
    load(ran.settings, [out])
    through(ran, "bronze", "silver")
    read = ran.lakehouse.read
    sold = read(t.SALES).where("invoice = '20'").collect()
    assert [(str(row["unit_price"]), row["source_file"]) for row in sold] == [
        ("9.9900", "rejects.csv")
    ]
    (new,) = read(t.INVOICE_LINES).where("price = '9.99'").collect()
    (old,) = read(t.REJECTED_LINES).where("price = 'free'").collect()
    assert new["other_columns"]["rejected_line"] == f"{old['batch_id']}:20::a.csv"
    assert old["reason"] == "unreadable_price"
    # The other came back as it was: it waits once, and is for its own line still.
    (found,) = reasons(ran, Wanted("unreadable_price"), 0)
    assert (found.lines, found.corrected) == (3, 1)
    again = tmp_path / "again.csv"
    assert write_out(ran, Wanted(), again) == [(again, 1)]
    assert ":21::a.csv" in again.read_text("utf-8-sig")


def test_what_no_line_is_rejected_for_is_one_sentence(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + line(1, "2.50") + line(2, "2.50"))
    ran = Context(Settings(home=tmp_path / "home"), (str(tmp_path / "a.csv"),))
    through(ran, "land", "bronze", "silver")
    assert reasons(ran, Wanted(), 3) == []
    with pytest.raises(SettingsError, match=r"meant by --reason adjustment and --file b\.csv"):
        reasons(ran, Wanted("adjustment", "b.csv"), 3)
    with pytest.raises(SettingsError, match="is meant by --write alone"):
        write_out(ran, Wanted(), tmp_path / "rejects.csv")
    assert not (tmp_path / "rejects.csv").exists()
