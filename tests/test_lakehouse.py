from datetime import date
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from retail_lakehouse.errors import MissingTableError, SettingsError
from retail_lakehouse.lakehouse import DEMO_BANNER, Lakehouse, unique_by
from retail_lakehouse.settings import Settings, parse_as_of
from retail_lakehouse.tables import CUSTOMER_SEGMENTS, DATA_QUALITY, PRODUCTS, SALES, TABLES


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


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_a_table_is_made_as_its_contract_says(lakehouse, table):
    lakehouse.create(table, "files")
    found = lakehouse.read(table).schema
    assert [f.name for f in found] == list(table.column_names)
    assert [f.dataType.simpleString() for f in found] == [c.type.lower() for c in table.columns]
    assert [f.metadata["comment"] for f in found] == [c.comment for c in table.columns]
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


def test_a_check_refuses_a_row(lakehouse, frame):
    lakehouse.create(CUSTOMER_SEGMENTS, "files")
    row = {
        "customer_id": 1,
        "segment": "Loyal",
        "cluster": 0,
        "recency_days": 1,
        "frequency": 1,
        "monetary": Decimal(1),
        "distance": -0.5,
        "model_version": 1,
        "as_of": date(2011, 1, 1),
    }
    with pytest.raises(Exception, match="distance_not_negative"):
        lakehouse.replace(CUSTOMER_SEGMENTS, frame(CUSTOMER_SEGMENTS, [row]))
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


def test_a_table_of_another_version_is_left_alone_with_a_clear_word(lakehouse):
    old = lakehouse.spark.range(3)
    old.writeTo(lakehouse.name(CUSTOMER_SEGMENTS)).using("delta").create()
    with pytest.raises(SettingsError, match=r"gold\.customer_segments .* another --home"):
        lakehouse.create(CUSTOMER_SEGMENTS, "files")
    assert lakehouse.read(CUSTOMER_SEGMENTS).columns == ["id"]


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


def test_staged_rows_are_gone_at_the_end_even_after_a_failure(lakehouse):
    with lakehouse.staged("silver", "some", lakehouse.spark.range(3)) as rows:
        assert rows.count() == 3
    with (
        pytest.raises(RuntimeError),
        lakehouse.staged("silver", "some", lakehouse.spark.range(3)),
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
    assert lakehouse.shop(SALES) == "demo"
    lakehouse.drop_all()
    assert lakehouse.shop(SALES) is None


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
