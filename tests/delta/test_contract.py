"""What differs between a table and its contract, and the statements that mend it."""

from dataclasses import replace

import pytest
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType

from retail_lakehouse import pipeline
from retail_lakehouse.delta.contract import (
    CONTRACT,
    SOURCE_KIND,
    Existing,
    changes,
    definition,
    fingerprint,
)
from retail_lakehouse.tables import BACKTEST_TABLES, TABLES, Column, Table

TABLE = Table(
    "gold",
    "visits",
    "One row per visit",
    ("visit",),
    (
        Column("visit", "INT", "Number"),
        Column("page", "STRING", "Where it's at", True),
        Column("seconds", "BIGINT", "How long", True),
    ),
    (("Long_Enough", "seconds > 0 OR page  IS NULL"),),
    ("visit",),
    written_by="count",
)
VISIT = StructField("visit", IntegerType(), False, {"comment": "Number"})
PAGE = StructField("page", StringType(), True, {"comment": "Where it's at"})
SECONDS = StructField("seconds", LongType(), True, {"comment": "How long"})
PROPERTIES = {
    SOURCE_KIND: "files",
    "delta.constraints.long_enough": "seconds > 0 OR page IS NULL",
    "delta.dataSkippingStatsColumns": "visit",
}
ALTER = "ALTER TABLE visits "
# What is always said anew where the contract's hash is another.
SAID = [
    "COMMENT ON TABLE visits IS 'One row per visit. Key: visit.'",
    f"{ALTER}SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'visit', "
    f"'{CONTRACT}' = '{fingerprint(TABLE)}')",
]


def existing(*fields, table=TABLE, **properties):
    schema = StructType(list(fields or (VISIT, PAGE, SECONDS)))
    return Existing(table, "visits", "home", "folder home/visits", schema, PROPERTIES | properties)


def test_a_table_that_meets_its_contract_only_gets_the_contracts_hash():
    assert existing().misfits() == []
    assert list(changes(existing())) == SAID


@pytest.mark.parametrize(
    ("fields", "statements"),
    [
        (
            (PAGE, SECONDS),
            # Not null, so a misfit as well: the place is what is looked at here.
            [f"{ALTER}ADD COLUMNS (`visit` INT NOT NULL COMMENT 'Number' FIRST)"],
        ),
        (
            (VISIT, SECONDS),
            [f"{ALTER}ADD COLUMNS (`page` STRING COMMENT 'Where it\\'s at' AFTER `visit`)"],
        ),
        (
            (VISIT,),
            [
                f"{ALTER}ADD COLUMNS (`page` STRING COMMENT 'Where it\\'s at' AFTER `visit`)",
                f"{ALTER}ADD COLUMNS (`seconds` BIGINT COMMENT 'How long' AFTER `page`)",
            ],
        ),
        (
            (VISIT, PAGE, StructField("seconds", LongType(), True)),
            [f"{ALTER}ALTER COLUMN `seconds` COMMENT 'How long'"],
        ),
        (
            (VISIT, StructField("page", StringType(), False, PAGE.metadata), SECONDS),
            [f"{ALTER}ALTER COLUMN `page` DROP NOT NULL"],
        ),
    ],
)
def test_columns_and_their_comments_are_added_in_place(fields, statements):
    assert list(changes(existing(*fields))) == [*statements, *SAID]


def test_constraints_come_change_and_go():
    found = existing(
        **{
            "delta.constraints.long_enough": "seconds > 1",
            "delta.constraints.no_more": "visit > 0",
        }
    )
    assert list(changes(found)) == [
        f"{ALTER}DROP CONSTRAINT `long_enough`",
        f"{ALTER}DROP CONSTRAINT `no_more`",
        f"{ALTER}ADD CONSTRAINT `long_enough` CHECK (seconds > 0 OR page  IS NULL)",
        *SAID,
    ]


def test_statistics_and_the_demo_shops_banner_are_set_and_unset():
    plain = replace(TABLE, stats_columns=())
    assert list(changes(existing(table=plain, **{SOURCE_KIND: "demo"}))) == [
        "COMMENT ON TABLE visits IS 'DEMO SHOP, synthetic data. One row per visit. Key: visit.'",
        f"{ALTER}UNSET TBLPROPERTIES ('delta.dataSkippingStatsColumns')",
        f"{ALTER}SET TBLPROPERTIES ('{CONTRACT}' = '{fingerprint(plain)}')",
    ]


NULLABLE_VISIT = StructField("visit", IntegerType(), True, VISIT.metadata)


@pytest.mark.parametrize(
    ("fields", "misfits", "unreadable"),
    [
        ((PAGE, SECONDS), ["no column visit"], ["no column visit"]),
        ((VISIT, PAGE), [], ["no column seconds"]),
        (
            (VISIT, StructField("page", IntegerType()), SECONDS),
            ["page is INT, not STRING"],
            ["page is INT, not STRING"],
        ),
        ((NULLABLE_VISIT, PAGE, SECONDS), ["visit may be null"], []),
        ((VISIT, PAGE, SECONDS, StructField("old", StringType())), ["a column old"], []),
        (
            (StructField("id", LongType()),),
            ["no column visit", "a column id"],
            ["no column visit", "no column page", "no column seconds"],
        ),
    ],
)
def test_what_needs_other_rows_and_what_readers_miss_is_named(fields, misfits, unreadable):
    assert existing(*fields).misfits() == misfits
    assert existing(*fields).unreadable() == unreadable


def test_the_remedy_is_the_step_and_to_remove_only_what_would_stay():
    start = "gold.visits in home was made by another version of this program (a, b): "
    end = "run the step 'count', which writes it anew."
    assert str(existing().refused(["a", "b"])) == start + end
    kept = existing(table=replace(TABLE, keeps_rows=True))
    mends = "run the step 'count', which adds what is missing."
    assert str(kept.refused(["a", "b"], rows_do=True)) == start + mends
    remove = "remove the folder home/visits, which loses the rows of earlier runs, and "
    assert str(kept.refused(["a", "b"])) == start + remove + end


def test_the_hash_is_of_what_the_table_itself_is():
    changed = [
        replace(TABLE, grain="Another"),
        replace(TABLE, key=("visit", "page")),
        replace(TABLE, columns=TABLE.columns[:2]),
        replace(TABLE, columns=(*TABLE.columns[:2], replace(TABLE.columns[2], comment="New"))),
        replace(TABLE, checks=()),
        replace(TABLE, stats_columns=()),
    ]
    assert len({*map(fingerprint, changed), fingerprint(TABLE)}) == len(changed) + 1
    assert fingerprint(replace(TABLE, written_by="another", keeps_rows=True)) == fingerprint(TABLE)


def test_a_folder_is_made_with_constraints_and_hash_at_once_and_a_catalogs_table_without():
    whole, parts = (definition("CREATE TABLE", "v", TABLE, "uci", whole=w) for w in (True, False))
    for text in ("'delta.constraints.Long_Enough' = 'seconds > 0 OR page  IS NULL'", CONTRACT):
        assert text in whole
        assert text not in parts
    assert f"'{SOURCE_KIND}' = 'uci'" in parts


def test_tables_name_the_step_that_writes_them():
    written = {table: step.name for step in pipeline.STEPS for table in step.tables}
    assert {table: table.written_by for table in TABLES} == written
    assert {table.written_by for table in BACKTEST_TABLES} == {"backtest"}
