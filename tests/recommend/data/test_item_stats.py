import numpy as np

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.recommend.data.item_stats import ItemSales, item_stats

CUT = 1000


def sales(*rows):
    """(item, day, reversed day, country, invoices, newcomers, price sum)."""
    columns = (np.array(column) for column in zip(*rows, strict=True))
    return ItemSales(("France", "Norway"), *columns)


def test_an_item_table_worked_out_by_hand():
    table = item_stats(
        sales(
            (0, CUT - 1, NEVER, 0, 3, 2, 6.0),
            (0, CUT - 20, NEVER, 1, 2, 1, 9.0),
            (0, CUT - 80, NEVER, 1, 1, 1, 3.0),
            (0, CUT - 350, NEVER, 1, 4, 4, 2.0),
            (1, CUT - 5, CUT - 1, 0, 9, 9, 9.0),
            (1, CUT - 5, CUT, 0, 1, 0, 4.0),
            (2, CUT, NEVER, 0, 7, 7, 7.0),
        ),
        n_items=3,
        cut=CUT,
    )
    assert table.total.tolist() == [10, 1, 0]
    assert table.sales_7.tolist() == [3, 1, 0]
    assert table.sales_30.tolist() == [5, 1, 0]
    assert table.sales_90.tolist() == [6, 1, 0]
    assert table.newcomers.tolist() == [3, 0, 0]
    assert table.season.tolist() == [4, 0, 0]
    assert table.price[:2].tolist() == [2.0, 4.0]
    assert table.age[:2].tolist() == [350, 5]
    assert table.days_since_last_sale[:2].tolist() == [1, 5]
    assert table.by_country.tolist() == [[3, 1, 0], [2, 0, 0]]
    assert np.isnan(table.age[2])
    assert table.sold_within(4).tolist() == [True, False, False]
