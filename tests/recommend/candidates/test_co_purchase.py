import numpy as np
import pytest

from retail_lakehouse.recommend.candidates.co_purchase import co_purchase, recent_co_purchase
from retail_lakehouse.recommend.data.customer_history import histories
from toy_shop import (
    CUT,
    buy,
    purchases,
)


def test_cosine_of_buyers_is_shrunk():
    known = histories(purchases([[buy(0, 1, 1), buy(1, 1, 1)], [buy(0, 1, 1)]]), CUT, 60.0)
    close, both = co_purchase(known, 3)
    found = close.toarray()
    assert found[0, 1] == found[1, 0] == pytest.approx(1 / np.sqrt(12 * 11))
    assert found.trace() == 0
    assert both.toarray()[0].tolist() == [0, 1, 0]


def test_an_empty_catalogue_has_nothing_together():
    nothing = histories(purchases([[]]), CUT, 60.0)
    matrices = (*co_purchase(nothing, 0), recent_co_purchase(nothing, 0))
    assert [matrix.shape for matrix in matrices] == [(0, 0)] * 3


def test_what_buyers_of_a_product_bought_of_late():
    customers = [
        [buy(0, CUT - 90, 1), buy(1, CUT - 30, 2)],
        [buy(0, CUT - 90, 1), buy(1, CUT - 31, 2)],
        [buy(2, CUT - 1, 1)],
    ]
    found = recent_co_purchase(histories(purchases(customers), CUT, 60.0), 3).toarray()
    # Of the two who bought 0 one did so with 1 in the last 30 days; each of them has two products.
    by_customer = 1 / np.sqrt(2 + 5)
    expected = np.zeros((3, 3))
    expected[0, 1] = by_customer / np.sqrt((2 * by_customer + 3) * (1 + 10))
    assert found == pytest.approx(expected)
