"""The statements of upkeep and of forgetting, held against what a table has already."""

from retail_lakehouse.delta.erasing import erasing, forget_log
from retail_lakehouse.delta.maintenance import settling
from retail_lakehouse.tables import (
    BACKTEST_TABLES,
    BATCHES,
    CUSTOMER_RFM,
    INVOICE_LINES,
    RETURNS,
    SALES,
    TABLES,
)

KEPT = {
    "delta.deletedFileRetentionDuration": "interval 30 days",
    "delta.logRetentionDuration": "interval 30 days",
}
SMALL = {"delta.autoOptimize.optimizeWrite": "true", "delta.autoOptimize.autoCompact": "true"}


def test_a_table_gets_what_it_lacks_and_nothing_twice():
    new = {"properties": {"delta.constraints.a": "x > 0"}, "clusteringColumns": []}
    assert settling(SALES, "t", new, 30, local=True) == [
        "ALTER TABLE t SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 30 "
        "days', 'delta.logRetentionDuration' = 'interval 30 days')",
        "ALTER TABLE t CLUSTER BY (`customer_id`, `invoice_date`)",
    ]
    tended = {"properties": KEPT, "clusteringColumns": ["customer_id", "invoice_date"]}
    assert settling(SALES, "t", tended, 30, local=True) == []
    (changed,) = settling(SALES, "t", tended, 60, local=True)
    assert "interval 60 days" in changed
    assert settling(BATCHES, "t", {**tended, "clusteringColumns": []}, 30, local=True) == []


def test_a_catalog_joins_small_files_as_they_are_written():
    tended = {"properties": KEPT, "clusteringColumns": []}
    (statement,) = settling(BATCHES, "t", tended, 30, local=False)
    assert all(f"'{key}' = '{value}'" in statement for key, value in SMALL.items())
    both = {"properties": KEPT | SMALL, "clusteringColumns": []}
    assert settling(BATCHES, "t", both, 30, local=False) == []


def test_tables_are_clustered_by_columns_that_have_statistics():
    for table in (*TABLES, *BACKTEST_TABLES):
        known = table.stats_columns or table.column_names[:32]
        assert set(table.clustered_by) <= set(known), table.full_name


def test_lines_stay_and_rows_about_customers_go():
    bronze = erasing(INVOICE_LINES, "t", "v", {"it's"})
    assert bronze.startswith(
        "MERGE INTO t t USING v s ON t.customer_id = s.customer_id AND t.stock_code <=> "
        "s.stock_code WHEN MATCHED THEN UPDATE SET customer_id = s.mark, other_columns = "
    )
    assert r"name IN ('it\'s')" in bronze
    for table in (SALES, RETURNS):
        assert erasing(table, "t", "v", ()).endswith("UPDATE SET customer_id = NULL")
    assert erasing(CUSTOMER_RFM, "t", "v", ()).endswith("WHEN MATCHED THEN DELETE")


def test_a_log_loses_what_is_older_than_its_checkpoint(tmp_path):
    log = tmp_path / "_delta_log"
    (log / "_sidecars").mkdir(parents=True)
    old = (f"{4:020}.json", f".{4:020}.json.crc", f"{5:020}.checkpoint.parquet", f"{5:020}.crc")
    kept = (f"{6:020}.checkpoint.parquet", f"{6:020}.json", f"{7:020}.json", "_last_checkpoint")
    for name in (*old, *kept):
        (log / name).touch()
    forget_log(tmp_path)
    assert {path.name for path in log.iterdir()} == {*kept, "_sidecars"}
