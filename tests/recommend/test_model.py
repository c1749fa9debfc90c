import numpy as np
import pandas as pd

from toy_shop import purchases, shop


def test_what_travels_to_workers_is_less_and_makes_the_same_lists(model):
    bought = purchases(shop())
    ids = np.array([str(number) for number in range(len(bought))])
    lean = model.for_lists()
    pd.testing.assert_frame_equal(lean.lists(ids, bought), model.lists(ids, bought))
    assert model.catalogue.affinity.co_buyers.nnz > 0
    assert lean.catalogue.affinity.co_buyers.nnz == 0
