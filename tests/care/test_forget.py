"""Customers who ask to be forgotten: nothing of them is left, and the shop adds up as before."""

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from local_home import recommender, register
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.arrays.npz import Archive
from retail_lakehouse.care import forget as forgetting
from retail_lakehouse.care.forget import forget
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country,Name\n"
ANN, BOB = "0091723", "CUST-4471"
WHO = (ANN, BOB, "Ann Example")
STEPS = ("land", "bronze", "silver", "gold")


def line(invoice, day, code, customer, quantity="3", price="2.50", name=""):
    when = f"2023-01-{day:02} 09:15:00"
    return f"{invoice},{code},MUG,{quantity},{when},{price},{customer},France,{name}\n"


A = (
    line(1, 1, "20103A", ANN, name="Ann Example")
    + line(1, 1, "20103A", ANN, name="Ann Example")
    + line(2, 2, "20104A", ANN)
    + line("C3", 3, "20103A", ANN, "-3")
    + line(4, 4, "20103A", BOB)
    + line(5, 5, "20105A", "7")
    + line(6, 6, "20105A", "")
    + line(7, 7, "20106A", BOB, price="free")
)
# Half of it came before.
B = line(4, 4, "20103A", BOB) + line(8, 8, "20104A", ANN) + line(9, 9, "20105A", "7")


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory) -> Path:
    """A folder with exports and the home that they gave, for each test to have a copy of."""
    folder = tmp_path_factory.mktemp("made")
    exports = folder / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text(HEADER + A)
    (exports / "b.csv").write_text(HEADER + B)
    through(context(folder), *STEPS)
    return folder


@pytest.fixture
def ran(made: Path, tmp_path: Path) -> Context:
    """The shop in a home of the test's own."""
    for part in ("exports", "home"):
        shutil.copytree(made / part, tmp_path / part)
    return context(tmp_path)


def context(tmp_path: Path) -> Context:
    settings = Settings(home=tmp_path / "home", max_reject_share=1.0)
    return Context(settings, (str(tmp_path / "exports"),))


def through(ran: Context, *names: str) -> None:
    for name in names:
        pipeline.STEPS_BY_NAME[name].run(ran)


def found_in(home: Path) -> list[str]:
    """Files below a home that hold the text of one of them, Parquet unpacked."""
    files = []
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += repr(pq.read_table(path).to_pylist()).encode()
            if any(who.encode() in content for who in WHO):
                files.append(str(path.relative_to(home)))
    return files


def lines_of(ran: Context) -> dict[str, list[str]]:
    """Silver, without whose the lines were and when they were loaded."""
    left = ("customer_id", "ingested_at", "other_columns")
    return {
        table.name: sorted(map(repr, ran.lakehouse.read(table).drop(*left).collect()))
        for table in (t.SALES, t.RETURNS, t.REJECTED_LINES)
    }


def test_two_are_gone_from_every_file_and_all_lines_are_as_they_were(ran, tmp_path):
    home, before = ran.settings.home, lines_of(ran)
    assert found_in(home)
    old = ran.lakehouse.version(t.SALES)
    done = forget(ran, [f" {ANN}.0", BOB])
    assert done.customers == (ANN, BOB)
    assert {one.place: one.count for one in done.removed if "landing" not in one.place} == {
        "bronze.invoice_lines": 8, "silver.sales": 4, "silver.returns": 1,
        "silver.rejected_lines": 3, "gold.customer_rfm": 2, "gold.interactions": 2,
        "gold.purchases": 4,
    }  # fmt: skip
    assert sorted(one.count for one in done.removed if "landing" in one.place) == [2, 6]
    assert found_in(home) == []
    with pytest.raises(Exception, match=r"(?i)version|file|found"):
        DeltaTable(ran.lakehouse.path(t.SALES), version=old).to_pyarrow_table()
    assert lines_of(ran) == before
    assert ran.lakehouse.read(t.CUSTOMER_RFM).count() == 1
    # What is made anew from the lines says the same, and files that come again bring nobody back.
    again = context(tmp_path)
    (tmp_path / "exports" / "c.csv").write_text(HEADER + A + line(10, 9, "20105A", "7"))
    through(again, *STEPS)
    assert found_in(home) == []
    customers = [row["customer_id"] for row in again.lakehouse.read(t.CUSTOMER_RFM).collect()]
    assert customers == ["7"]
    # Of the third file one line is new, and all others are there already.
    after = lines_of(again)
    new = {name: sorted(set(after[name]) - set(rows)) for name, rows in before.items()}
    assert {name: len(rows) for name, rows in new.items()} == {
        "sales": 1, "returns": 0, "rejected_lines": 8,
    }  # fmt: skip
    # Seven are there already; the eighth still cannot be read.
    assert sum("duplicate_line" in row for row in new["rejected_lines"]) == 7
    assert {name: len(rows) for name, rows in before.items()} == {
        name: len(rows) - len(new[name]) for name, rows in after.items()
    }
    with pytest.raises(SettingsError, match=f"No line in .* is of customer {ANN}: nothing was"):
        forget(again, [ANN])


def test_the_next_run_follows_nothing_makes_all_anew_and_says_why(ran, tmp_path):
    before = lines_of(ran)
    forget(ran, [ANN])
    again = context(tmp_path)
    for name in ("silver", "gold"):
        note = pipeline.STEPS_BY_NAME[name].run(again).note
        assert "all anew: a table was written by something else" in note
    assert lines_of(again) == before
    assert pipeline.STEPS_BY_NAME["silver"].run(again).note == "unchanged"


def test_one_who_is_not_there_changes_nothing(ran):
    before = {path: path.stat().st_mtime_ns for path in ran.settings.home.rglob("*")}
    with pytest.raises(SettingsError, match="is of customer 91723, 99: nothing was changed"):
        forget(ran, [ANN, "91723", "99"])
    assert {path: path.stat().st_mtime_ns for path in ran.settings.home.rglob("*")} == before


def test_what_was_cut_short_again_and_again_is_done_by_the_next_one(ran, tmp_path, monkeypatch):
    before = lines_of(ran)

    def killed(*_):
        raise KeyboardInterrupt

    for part in ("_from_tables", "_purge"):
        with monkeypatch.context() as cut:
            cut.setattr(forgetting, part, killed)
            with pytest.raises(KeyboardInterrupt):
                forget(ran, [ANN, BOB])
        # A run in between is no harm.
        through(context(tmp_path), "land", "bronze")
    done = forget(ran, [ANN])
    assert done.customers == (ANN, BOB)
    assert found_in(ran.settings.home) == []
    through(ran, "silver")
    assert lines_of(ran) == before


@pytest.mark.slow
def test_models_that_learnt_from_them_are_named(tmp_path):
    register(tmp_path, recommender())
    ran = Context(Settings(home=tmp_path))
    (saw,) = forgetting._models(ran, date(2011, 12, 9))
    assert (saw.model, saw.version, saw.aliases) == ("recommendations", 1, ("champion",))
    assert (saw.as_of, saw.step) == ("2011-12-10", "train-recommender")
    assert list(forgetting._models(ran, date(2011, 12, 10))) == []
    assert len(list(forgetting._models(ran, None))) == 1
    # What a version keeps is products, and what they are among themselves.
    (content,) = (tmp_path / "mlartifacts").rglob("recommender.npz")
    page = Archive(content.read_bytes()).page()
    assert [name for name in page if "customer" in json.dumps(page[name]).lower()] == ["settings"]
