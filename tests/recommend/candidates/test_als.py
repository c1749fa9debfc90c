from datetime import date, datetime

import numpy as np
import pytest
from chispa import assert_df_equality

from purchase_rows import AS_OF, CUT, SMALL, bought, named
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.candidates.assemble import catalogue_of
from retail_lakehouse.recommend.candidates.fold_in import FoldIn
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.tables import PURCHASES

pytestmark = pytest.mark.connect


def test_ratings_are_invoices_halved_with_age(frame):
    rows = [
        bought(1, date(2011, 5, 2), "20000", "a"),  # 30 days: 1/2
        bought(1, date(2011, 4, 2), "20000", "b"),  # 60 days: 1/4
        bought(1, date(2011, 5, 2), "20001", "a", back=datetime(2011, 5, 20)),
        bought(2, date(2011, 5, 2), "20001", "c"),
    ]
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows), AS_OF)
    numbers = loader.numbered(table, catalogue, AS_OF)
    found = als.ratings(numbers, CUT, half_life=30.0)
    expected = table.sparkSession.createDataFrame(
        [("1", 0, 0.75), ("2", 1, 0.5)], "customer_id STRING, item INT, rating DOUBLE"
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)
    # On 2011-05-15 the cancellation had not come yet.
    earlier = als.ratings(numbers, CUT - 17, half_life=30.0)
    assert earlier.where("customer_id = 1").count() == 2
    size = als.measure(found)
    assert (size.users, size.items, size.pairs, size.density) == (2, 2, 2, 0.5)
    units = als.quantities(numbers, CUT).collect()
    assert sorted((r["customer_id"], r["item"], r["rating"]) for r in units) == [
        ("1", 0, 6.0),
        ("2", 1, 3.0),
    ]


def test_folding_in_a_training_customer_gives_the_trained_factors(trained_windows):
    windows, _ = trained_windows
    rows = als.ratings(windows.bought, CUT, SMALL.als.half_life_days)
    model = als.fit(rows, SMALL.als, SMALL.seed, windows.numbering)
    matrix = als.item_matrix(model, len(windows.data.products.codes))
    catalogue = catalogue_of(windows.data, matrix, CUT, SMALL)
    own = rows.where("customer_id = 5").collect()
    (folded,) = FoldIn(catalogue.factors).factors(
        np.array([0, len(own)]),
        np.array([r["item"] for r in own]),
        np.array([r["rating"] for r in own]),
    )
    assert folded == pytest.approx(als.user_matrix(model, ["5"])[0], abs=1e-4)
