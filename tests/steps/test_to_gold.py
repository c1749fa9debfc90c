"""From files to silver, step by step: what arrived, what came again, and where the run stops."""

from dataclasses import replace
from pathlib import Path

import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.errors import RejectedLinesError
from retail_lakehouse.landing.landed import keep_shop, kept_shop
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

pytestmark = pytest.mark.usefixtures("spark")
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def line(invoice, day, quantity="3", code="20103A", customer="CUST-1", price="2.55"):
    return f"{invoice},{code},MUG,{quantity},2023-01-{day:02} 09:15:00,{price},{customer},France\n"


def days(first, count=20, **other):
    return "".join(line(700_000 + day, day, **other) for day in range(first, first + count))


def shop(tmp_path: Path, files: dict[str, str], **settings) -> Context:
    folder = tmp_path / "exports"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(HEADER + text if text else "")
    return Context(Settings(home=tmp_path / "home", **settings), (str(folder),))


def through(context: Context, *names: str) -> list[str]:
    """Notes of the steps."""
    return [pipeline.STEPS_BY_NAME[name].run(context).note for name in names]


def test_every_file_that_arrived_is_in_bronze_batches_read_or_not(tmp_path):
    ran = shop(tmp_path, {"2023-01.csv": days(1), "notes.docx": "x"})
    through(ran, "land", "bronze")
    read = ran.lakehouse.read
    rows = {row["source_file"]: row for row in read(t.BATCHES).collect()}
    assert {name: row["state"] for name, row in rows.items()} == {
        "2023-01.csv": "loaded", "notes.docx": "passed over",
    }  # fmt: skip
    batch = rows["2023-01.csv"]
    assert batch["lines"] == read(t.INVOICE_LINES).count() == 20
    assert {row["batch_id"] for row in read(t.INVOICE_LINES).collect()} == {batch["batch_id"]}
    assert rows["notes.docx"]["sheets"][0]["passed_over"]
    # Again: nothing new, and nothing is written.
    version = ran.lakehouse.version(t.BATCHES)
    through(ran, "land", "bronze")
    assert ran.lakehouse.version(t.BATCHES) == version
    through(shop(tmp_path, {"2023-02.csv": days(21, 5)}), "land", "bronze")
    assert read(t.BATCHES).count() == 3


def test_an_invoice_that_came_again_and_differs_is_named(tmp_path):
    again = line(700_001, 1, "40") + line(700_002, 2)
    ran = shop(tmp_path, {"a.csv": days(1), "a_corrected.csv": again})
    *_, note = through(ran, "land", "bronze", "silver")
    assert note == "came again, not the same: invoice 700001"
    rejected = ran.lakehouse.read(t.REJECTED_LINES).collect()
    assert [(row["invoice"], row["reason"]) for row in rejected] == [("700002", "duplicate_line")]


def test_another_description_cleans_the_same_bronze_anew(tmp_path):
    ran = shop(tmp_path, {"a.csv": days(1) + line(700_099, 3, code="POST")})
    through(ran, "land", "bronze", "silver")
    # Read as Online Retail II, whose products begin with five digits.
    assert ran.lakehouse.read(t.SALES).count() == 20
    assert through(ran, "silver") == ["unchanged"]
    landing = ran.settings.landing_dir
    described = kept_shop(landing)
    keep_shop(landing, replace(described, lines=replace(described.lines, product_code="")))
    through(ran, "silver")
    assert ran.lakehouse.read(t.SALES).count() == 21


def test_the_run_stops_before_gold_where_too_many_lines_fall_to_one_reason(tmp_path):
    ran = shop(tmp_path, {"a.csv": days(1, 10) + days(11, 3, price="free")})
    through(ran, "land", "bronze", "silver")
    for _ in range(2):
        with pytest.raises(RejectedLinesError, match=r"^3 of 13 lines \(23%\) .* price 'free'"):
            through(ran, "gold")
    assert not ran.lakehouse.exists(t.CUSTOMER_RFM)
    lenient = Context(Settings(home=tmp_path / "home", max_reject_share=0.25))
    through(lenient, "gold")
    assert lenient.lakehouse.read(t.CUSTOMER_RFM).count() == 1


def test_a_shop_of_which_no_date_can_be_says_what_to_mend(tmp_path):
    ran = shop(tmp_path, {"a.csv": days(1).replace("2023-", "2203-")})
    through(ran, "land", "bronze", "silver")
    with pytest.raises(RejectedLinesError, match=r"implausible_date.*\[format\] dates = "):
        through(ran, "gold")
