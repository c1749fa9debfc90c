"""Upkeep: fewer files, older versions gone, the same rows, and no step takes it for a write."""

import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.care.maintain import maintain
from retail_lakehouse.errors import MissingTableError, SettingsError
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

# Upkeep is statements in SQL, so once is enough, on classic Spark.
pytestmark = pytest.mark.usefixtures("spark")
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def test_files_are_joined_rows_stay_and_the_next_run_writes_nothing(tmp_path):
    home = tmp_path / "home"
    for number in range(3):
        source = tmp_path / f"{number}.csv"
        source.write_text(
            f"{HEADER}{number},20103A,MUG,3,2023-01-0{number + 1} 09:15:00,2.5,7,France\n"
        )
        ran = Context(Settings(home=home), (str(source),))
        for name in ("land", "bronze"):
            pipeline.STEPS_BY_NAME[name].run(ran)
    pipeline.STEPS_BY_NAME["silver"].run(ran)
    lakehouse = ran.lakehouse
    tables = (t.INVOICE_LINES, t.SALES, t.REJECTED_LINES)
    rows = {table: sorted(map(repr, lakehouse.read(table).collect())) for table in tables}
    written = {table: lakehouse.last_write(table) for table in tables}
    versions = {table: lakehouse.version(table) for table in tables}

    tended = {one.table: one for one in maintain(ran, 0)}
    assert set(tables) <= set(tended)
    bronze = tended[t.INVOICE_LINES]
    assert (bronze.before.count, bronze.after.count) == (3, 1)
    # Nothing but the newest version's files is left.
    assert len(list(lakehouse.path(t.INVOICE_LINES).glob("*.parquet"))) == 1
    assert {table: sorted(map(repr, lakehouse.read(table).collect())) for table in tables} == rows
    assert {table: lakehouse.last_write(table) for table in tables} == written
    assert all(lakehouse.version(table) > versions[table] for table in tables)
    assert pipeline.STEPS_BY_NAME["silver"].run(ran).note == "unchanged"

    versions = {table: lakehouse.version(table) for table in tables}
    list(maintain(ran, 0))
    assert {table: lakehouse.version(table) for table in tables} == versions
    # What is loaded afterwards finds the table as the loader left it.
    more = lakehouse.frame(t.INVOICE_LINES, [])
    lakehouse.append_after(t.INVOICE_LINES, more, lakehouse.version(t.INVOICE_LINES))


def test_a_home_without_tables_is_one_sentence(tmp_path):
    with pytest.raises(MissingTableError, match=r"There are no tables in .*home yet"):
        list(maintain(Context(Settings(home=tmp_path / "home")), 30))


def test_a_catalog_keeps_what_a_running_job_may_need(tmp_path):
    settings = Settings(catalog="spark_catalog", landing=tmp_path)
    with pytest.raises(SettingsError, match="--keep-days 6 is less than 7"):
        list(maintain(Context(settings), 6))
