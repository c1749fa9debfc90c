from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from retail_lakehouse.delta.contract import DEMO_BANNER, definition
from retail_lakehouse.delta.rows import unique_by
from retail_lakehouse.errors import MissingTableError, OtherContractError, SettingsError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.settings import Settings, parse_as_of
from retail_lakehouse.steps.harness.work_tables import staged
from retail_lakehouse.tables import (
    CUSTOMER_SEGMENTS,
    DATA_QUALITY,
    INVOICE_LINES,
    PRODUCTS,
    REJECTED_LINES,
    SALES,
    TABLES,
)
from runs import context, put
from support import bronze_row

pytestmark = pytest.mark.connect


def measure(name="lines", value="1", part="ALL"):
    return {
        "run_id": "r",
        "as_of": date(2011, 1, 1),
        "table_name": "silver.sales",
        "measure": name,
        "part": part,
        "value": Decimal(value),
        "passed": None,
    }


def rejected(number, other_columns=None):
    said = bronze_row(int(number), number, "22423", "0", "2011-01-04", "1.0", "12346")
    return {**said, "reason": "non_positive_quantity", "other_columns": other_columns}


def segment(distance):
    return {
        "customer_id": 1,
        "segment": "Loyal",
        "cluster": 0,
        "recency_days": 1,
        "frequency": 1,
        "monetary": Decimal(1),
        "distance": distance,
        "model_version": 1,
        "as_of": date(2011, 1, 1),
    }


def comments(table):
    """Of the table's columns, in pounds, which the shop has that nothing is said of."""
    return [column.comment for column in table.in_currency("GBP").columns]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_a_table_is_made_as_its_contract_says(lakehouse, table):
    lakehouse.create(table, "files")
    found = lakehouse.read(table).schema
    assert [f.name for f in found] == list(table.column_names)
    assert [f.dataType.simpleString() for f in found] == [c.type.lower() for c in table.columns]
    assert [f.metadata["comment"] for f in found] == comments(table)
    assert [f.nullable for f in found] == [c.nullable for c in table.columns]
    detail = lakehouse.spark.sql(f"DESCRIBE DETAIL {lakehouse.name(table)}").collect()[0]
    assert detail["description"].startswith(table.grain)
    checks = {f"delta.constraints.{name}": check for name, check in table.checks}
    assert checks.items() <= detail["properties"].items()


def test_every_key_is_made_of_columns_that_are_never_null():
    for table in TABLES:
        columns = {column.name: column for column in table.columns}
        assert table.key
        assert not any(columns[name].nullable for name in table.key), table.full_name


def test_rows_of_several_tables_are_counted_at_once(lakehouse, frame):
    for table in (DATA_QUALITY, SALES, CUSTOMER_SEGMENTS):
        lakehouse.create(table, "files")
    lakehouse.append(DATA_QUALITY, frame(DATA_QUALITY, [measure("lines"), measure("rows")]))
    lakehouse.append(DATA_QUALITY, frame(DATA_QUALITY, [measure("pairs")]))
    assert lakehouse.counts([SALES, DATA_QUALITY]) == {SALES: 0, DATA_QUALITY: 3}
    with pytest.raises(MissingTableError, match=r"gold\.products"):
        lakehouse.counts([SALES, PRODUCTS])


@pytest.mark.parametrize("by_log", [True, False])
def test_the_newest_day_is_the_same_by_log_and_by_query(lakehouse, frame, monkeypatch, by_log):
    if not by_log:  # as of a catalog's tables
        monkeypatch.setattr(lakehouse, "folder", lambda _: None)
    for table in (DATA_QUALITY, SALES):
        lakehouse.create(table, "files")
    lakehouse.append(DATA_QUALITY, frame(DATA_QUALITY, [measure(), measure("rows")]))
    day = measure()["as_of"] + timedelta(days=1)
    lakehouse.append(DATA_QUALITY, frame(DATA_QUALITY, [measure("pairs") | {"as_of": day}]))
    found = lakehouse.newest_days({SALES: "invoice_date", DATA_QUALITY: "as_of"})
    assert found == {SALES: None, DATA_QUALITY: day}


def test_a_check_refuses_a_row(lakehouse, frame):
    lakehouse.create(CUSTOMER_SEGMENTS, "files")
    with pytest.raises(Exception, match="distance_not_negative"):
        lakehouse.replace(CUSTOMER_SEGMENTS, frame(CUSTOMER_SEGMENTS, [segment(-0.5)]))
    assert lakehouse.read(CUSTOMER_SEGMENTS).count() == 0


def test_a_null_is_refused_where_the_contract_forbids_it(lakehouse, frame):
    lakehouse.create(DATA_QUALITY, "files")
    with pytest.raises(Exception, match=r"(?i)not.?null.*as_of|as_of.*null"):
        lakehouse.replace(DATA_QUALITY, frame(DATA_QUALITY, [measure() | {"as_of": None}]))


def test_a_repeated_key_is_refused_and_leaves_the_table_as_it_was(lakehouse, frame):
    lakehouse.create(DATA_QUALITY, "files")
    lakehouse.replace(DATA_QUALITY, frame(DATA_QUALITY, [measure()]))
    twice = frame(DATA_QUALITY, [measure(value="2"), measure(value="3")])
    for write in (lakehouse.replace, lakehouse.append):
        with pytest.raises(Exception, match=r"is not unique: r, silver\.sales, lines, ALL"):
            write(DATA_QUALITY, twice)
    assert_df_equality(
        lakehouse.read(DATA_QUALITY),
        frame(DATA_QUALITY, [measure()]),
        ignore_nullable=True,
        ignore_metadata=True,
    )


def test_other_columns_than_the_contract_are_refused(lakehouse, frame):
    lakehouse.create(DATA_QUALITY, "files")
    rows = frame(DATA_QUALITY, [measure()]).withColumn("value", F.lit(1.0))
    with pytest.raises(TypeError, match=r"gold\.data_quality wants"):
        lakehouse.replace(DATA_QUALITY, rows)


def older(lakehouse, table, *, rows=None, **changes):
    """The table as an earlier version of this program made it: of another contract, and no hash."""
    earlier = replace(table, **changes)
    lakehouse.spark.sql(
        definition("CREATE TABLE", lakehouse.name(table), earlier, "demo", whole=True)
    )
    lakehouse.spark.sql(
        f"ALTER TABLE {lakehouse.name(table)} UNSET TBLPROPERTIES ('retail_lakehouse.contract')"
    )
    if rows is not None:
        rows.select(*earlier.column_names).writeTo(lakehouse.name(table)).append()


def without(table, *names):
    return tuple(column for column in table.columns if column.name not in names)


def retyped(table, name, kind):
    return tuple(
        replace(column, type=kind) if column.name == name else column for column in table.columns
    )


def details(lakehouse, table):
    return lakehouse.spark.sql(f"DESCRIBE DETAIL {lakehouse.name(table)}").collect()[0]


def assert_as_contract(lakehouse, table):
    found = lakehouse.read(table).schema
    assert [f.name for f in found] == list(table.column_names)
    assert [f.dataType.simpleString() for f in found] == [c.type.lower() for c in table.columns]
    assert [f.metadata["comment"] for f in found] == comments(table)
    assert [f.nullable for f in found] == [c.nullable for c in table.columns]
    assert table.grain in details(lakehouse, table)["description"]
    properties = details(lakehouse, table)["properties"]
    constraints = {n for n in properties if n.startswith("delta.constraints.")}
    assert constraints == {f"delta.constraints.{name}" for name, _ in table.checks}
    statistics = properties.get("delta.dataSkippingStatsColumns", "")
    assert statistics == ",".join(table.stats_columns)


def test_a_table_of_an_earlier_contract_is_mended_and_keeps_its_rows(lakehouse, frame):
    columns = (
        *without(DATA_QUALITY, "passed")[:-1],
        replace(DATA_QUALITY.columns[-2], comment="Old"),
    )
    older(
        lakehouse, DATA_QUALITY, rows=frame(DATA_QUALITY, [measure()]), columns=columns,
        grain="One row", checks=(("gone", "value > 0"),), stats_columns=("value",),
    )  # fmt: skip
    assert lakehouse.create(DATA_QUALITY, "files") is False
    assert_as_contract(lakehouse, DATA_QUALITY)
    # Whose rows they are is not the contract's business.
    assert details(lakehouse, DATA_QUALITY)["description"].startswith(DEMO_BANNER)
    lakehouse.append(DATA_QUALITY, frame(DATA_QUALITY, [measure("rows") | {"passed": True}]))
    found = {row["measure"]: row["passed"] for row in lakehouse.read(DATA_QUALITY).collect()}
    assert found == {"lines": None, "rows": True}
    # Another process finds the contract's hash, and leaves the table alone.
    version = lakehouse.version(DATA_QUALITY)
    assert Lakehouse(lakehouse.spark, lakehouse.settings).create(DATA_QUALITY, "files") is False
    assert lakehouse.version(DATA_QUALITY) == version


def test_a_check_that_rows_break_and_a_null_that_may_be_are_mended_or_named(lakehouse, frame):
    strict = tuple(replace(column, nullable=False) for column in SALES.columns)
    older(lakehouse, SALES, columns=strict, checks=SALES.checks[:2])
    lakehouse.create(SALES, "files")
    assert_as_contract(lakehouse, SALES)
    older(lakehouse, CUSTOMER_SEGMENTS, rows=frame(CUSTOMER_SEGMENTS, [segment(-0.5)]), checks=())
    with pytest.raises(OtherContractError, match=r"\(rows that break a check\): run the step"):
        lakehouse.create(CUSTOMER_SEGMENTS, "files")


def test_a_table_that_is_written_anew_is_made_anew_where_its_columns_are_others(frame, tmp_path):
    ran = context(tmp_path / "home")
    ran.lakehouse.create(INVOICE_LINES, "files")
    older(
        ran.lakehouse, CUSTOMER_SEGMENTS, rows=frame(CUSTOMER_SEGMENTS, [segment(1.0)]),
        columns=without(CUSTOMER_SEGMENTS, "segment", "next_distance"), checks=(),
    )  # fmt: skip
    before = ran.lakehouse.version(CUSTOMER_SEGMENTS)
    with pytest.raises(Exception, match="distance_not_negative"):
        put(ran, CUSTOMER_SEGMENTS, frame(CUSTOMER_SEGMENTS, [segment(-0.5)]))
    left = Lakehouse(ran.lakehouse.spark, ran.settings)
    with pytest.raises(OtherContractError, match="no column segment"):
        left.create(CUSTOMER_SEGMENTS, "files")
    assert left.spark.read.table(left.name(CUSTOMER_SEGMENTS)).count() == 1
    assert left.version(CUSTOMER_SEGMENTS) > before
    rows = frame(CUSTOMER_SEGMENTS, [segment(0.5), segment(0.5) | {"customer_id": 2}])
    put(ran, CUSTOMER_SEGMENTS, rows)
    assert_as_contract(ran.lakehouse, CUSTOMER_SEGMENTS)
    assert ran.lakehouse.read(CUSTOMER_SEGMENTS).count() == 2
    assert ran.lakehouse.source_kind(CUSTOMER_SEGMENTS) == "files"
    put(ran, CUSTOMER_SEGMENTS, rows.limit(1))
    assert ran.lakehouse.read(CUSTOMER_SEGMENTS).count() == 1


def test_a_table_that_keeps_rows_says_what_to_remove_and_to_run(frame, tmp_path):
    ran = context(tmp_path / "home")
    older(ran.lakehouse, DATA_QUALITY, columns=retyped(DATA_QUALITY, "value", "DOUBLE"))
    words = (
        r"gold\.data_quality in .* \(value is DOUBLE, not DECIMAL\(22,4\)\): remove the folder "
        r".*/warehouse/gold/data_quality, .* and run the step 'quality', which writes it anew\.$"
    )
    for touch in (
        ran.lakehouse.read,
        lambda table: put(ran, table, frame(table, [measure()]), "merge"),
    ):
        with pytest.raises(OtherContractError, match=words):
            touch(DATA_QUALITY)


def test_reading_what_lacks_a_column_names_the_step_that_writes_it(lakehouse, frame):
    older(lakehouse, PRODUCTS, columns=without(PRODUCTS, "first_description"))
    words = r"gold\.products .* \(no column first_description\): run the step 'gold', which writes"
    with pytest.raises(OtherContractError, match=words):
        lakehouse.read(PRODUCTS)
    # Nothing that only readers of comments miss stops a reader.
    also = replace(SALES.columns[0], name="old")
    older(lakehouse, SALES, grain="One", checks=(), columns=(*SALES.columns, also))
    assert lakehouse.read(SALES).count() == 0


@pytest.mark.classic_only
def test_a_catalogs_table_gets_its_constraints_even_if_its_making_was_cut_short(
    spark, tmp_path, monkeypatch
):
    settings = Settings(catalog="spark_catalog", schema_prefix="cut_", landing=tmp_path)
    spark.sql("CREATE SCHEMA cut_silver")
    try:
        cut = Lakehouse(spark, settings)
        monkeypatch.setattr(cut, "adapt", lambda table: False)
        cut.create(SALES, "files")
        assert (
            details(cut, SALES)["properties"]
            .keys()
            .isdisjoint(f"delta.constraints.{name}" for name, _ in SALES.checks)
        )
        found = Lakehouse(spark, settings)
        assert found.create(SALES, "files") is False
        assert_as_contract(found, SALES)
        assert Lakehouse(spark, settings).create(SALES, "files") is False
    finally:
        spark.sql("DROP SCHEMA cut_silver CASCADE")


def test_merge_adds_and_updates_by_key(lakehouse, frame):
    lakehouse.create(DATA_QUALITY, "files")
    first = [measure("a", "1"), measure("b", "2")]
    lakehouse.merge(DATA_QUALITY, frame(DATA_QUALITY, first))
    lakehouse.merge(DATA_QUALITY, frame(DATA_QUALITY, [measure("b", "3"), measure("c", "4")]))
    expected = [measure("a", "1"), measure("b", "3"), measure("c", "4")]
    found = lakehouse.read(DATA_QUALITY).orderBy("measure")
    assert_df_equality(
        found, frame(DATA_QUALITY, expected), ignore_nullable=True, ignore_metadata=True
    )


def test_rows_merged_into_a_table_without_any_are_added_and_their_keys_checked(lakehouse, frame):
    lakehouse.create(DATA_QUALITY, "files")
    with pytest.raises(Exception, match=r"is not unique"):
        lakehouse.merge(DATA_QUALITY, frame(DATA_QUALITY, [measure("a"), measure("a")]))
    assert lakehouse.count(DATA_QUALITY) == 0
    rows = frame(DATA_QUALITY, [measure("a"), measure("b")])
    lakehouse.merge(DATA_QUALITY, rows)
    history = lakehouse.spark.sql(f"DESCRIBE HISTORY {lakehouse.name(DATA_QUALITY)}").collect()
    assert [commit["operation"] for commit in history] == ["WRITE", "CREATE TABLE"]
    assert_df_equality(
        lakehouse.read(DATA_QUALITY).orderBy("measure"),
        rows,
        ignore_nullable=True,
        ignore_metadata=True,
    )


def test_merge_writes_no_file_anew_for_rows_that_are_as_they_were(lakehouse, frame):
    lakehouse.create(REJECTED_LINES, "files")
    old = [rejected("1", {"Shop": "north", "Till": "2"}), rejected("2"), rejected("3")]
    lakehouse.merge(REJECTED_LINES, frame(REJECTED_LINES, old))
    written = lakehouse.read(REJECTED_LINES)
    files = set(written.inputFiles())

    same_and_new = [rejected("1", {"Shop": "north", "Till": "2"}), rejected("2"), rejected("4")]
    before = written.where(F.col("invoice").isin("1", "2"))
    lakehouse.merge(REJECTED_LINES, frame(REJECTED_LINES, same_and_new), before)
    found = lakehouse.read(REJECTED_LINES).orderBy("invoice")
    assert files < set(found.inputFiles())
    expected = frame(REJECTED_LINES, [*same_and_new[:2], rejected("3"), rejected("4")])
    assert_df_equality(found, expected, ignore_nullable=True, ignore_metadata=True)


def test_merge_changes_what_differs_and_removes_what_does_not_come_again(lakehouse, frame):
    lakehouse.create(REJECTED_LINES, "files")
    old = [rejected("1", {"Shop": "north"}), rejected("2"), rejected("3"), rejected("4")]
    lakehouse.merge(REJECTED_LINES, frame(REJECTED_LINES, old))
    now = [rejected("1", {"Shop": "south"}), rejected("2", {"Shop": "south"})]
    before = lakehouse.read(REJECTED_LINES).where("invoice <> '4'")
    lakehouse.merge(REJECTED_LINES, frame(REJECTED_LINES, now), before)
    assert_df_equality(
        lakehouse.read(REJECTED_LINES).orderBy("invoice"),
        frame(REJECTED_LINES, [*now, rejected("4")]),
        ignore_nullable=True,
        ignore_metadata=True,
    )


def test_staged_rows_are_gone_at_the_end_even_after_a_failure(lakehouse):
    with staged(lakehouse, "silver", "classified", lakehouse.spark.range(3)) as rows:
        assert rows.count() == 3
    with (
        pytest.raises(RuntimeError),
        staged(lakehouse, "silver", "classified", lakehouse.spark.range(3)),
    ):
        raise RuntimeError
    assert list((lakehouse.path(SALES).parent).iterdir()) == []


def test_reading_a_table_nobody_wrote_says_what_to_run(lakehouse):
    with pytest.raises(MissingTableError, match=r"silver.sales .*retail-lakehouse run"):
        lakehouse.read(SALES)


def test_the_demo_shop_is_marked_in_every_table(lakehouse):
    lakehouse.create(SALES, "demo")
    detail = lakehouse.spark.sql(f"DESCRIBE DETAIL {lakehouse.name(SALES)}").collect()[0]
    assert detail["description"].startswith(DEMO_BANNER)
    assert lakehouse.source_kind(SALES) == "demo"
    lakehouse.drop_all()
    assert lakehouse.source_kind(SALES) is None


def test_a_home_with_odd_letters_in_its_path_works(spark, tmp_path):
    odd = Lakehouse(spark, Settings(home=tmp_path / "it's a `home` \\ ü"))
    odd.create(SALES, "files")
    assert odd.read(SALES).count() == 0


def test_unique_by_keeps_the_rows(spark):
    rows = spark.createDataFrame([(1, "a"), (2, "a"), (3, "b")], "k INT, v STRING")
    assert_df_equality(
        unique_by(rows, ("k",)),
        rows,
        ignore_row_order=True,
        ignore_nullable=True,
        ignore_metadata=True,
    )


@pytest.mark.parametrize("name", ["a b", "x`; DROP TABLE y", "", "1abc", "a-b"])
def test_catalog_names_are_checked_before_they_reach_sql(name, tmp_path):
    with pytest.raises(SettingsError, match="catalog"):
        Settings(catalog=name, landing=tmp_path)


def test_a_catalog_gives_three_level_names(spark, tmp_path):
    settings = Settings(catalog="main", schema_prefix="dev_jane_", landing=tmp_path)
    assert Lakehouse(spark, settings).name(SALES) == "`main`.`dev_jane_silver`.`sales`"


def test_as_of_is_an_iso_date():
    assert parse_as_of("2011-11-09") == date(2011, 11, 9)
    with pytest.raises(SettingsError, match="09/11/2011"):
        parse_as_of("09/11/2011")
