from retail_lakehouse.recommend.data.ragged_rows import RaggedRows


def test_ragged_rows_come_back_as_they_went_in():
    rows = [[3, 1], [], [2]]
    ragged = RaggedRows.of(rows)
    assert [row.tolist() for row in ragged] == rows
    assert ragged.rows.tolist() == [0, 0, 2]
    again = RaggedRows.grouped(ragged.rows, ragged.values, 3)
    assert [row.tolist() for row in again] == rows
    assert len(RaggedRows.of([])) == 0
