"""The statement that merges rows into a table."""

from retail_lakehouse import tables as t
from retail_lakehouse.delta.contract import merging, noting


def test_rows_of_a_key_are_updated_where_they_differ_added_or_removed():
    said = merging("silver.returns", t.RETURNS, "view", {"batch_id": ["files-a", "o'b"]})
    keys = ("batch_id", "source_sheet", "line_number")
    matched = " AND ".join(f"t.`{key}` = s.`{key}`" for key in keys)
    assert said.startswith(
        f"MERGE INTO silver.returns t USING view s ON {matched} "
        "AND t.`batch_id` IN ('files-a', 'o\\'b') WHEN MATCHED AND s.`_gone` THEN DELETE "
    )
    assert said.endswith("THEN UPDATE SET * WHEN NOT MATCHED AND NOT s.`_gone` THEN INSERT *")
    assert "NOT (t.`sale_invoice` <=> s.`sale_invoice`)" in said
    assert not any(f"<=> s.`{key}`" in said for key in keys)


def test_maps_are_compared_by_their_entries():
    said = merging("silver.rejected_lines", t.REJECTED_LINES, "view")
    assert "map_entries(t.`other_columns`) <=> map_entries(s.`other_columns`)" in said
    assert " IN (" not in said


def test_a_word_is_kept_as_it_is():
    assert noting("a", "key", '{"it": "isn\'t \\\\"}') == (
        "ALTER TABLE a SET TBLPROPERTIES ('key' = '{\"it\": \"isn\\'t \\\\\\\\\"}')"
    )
