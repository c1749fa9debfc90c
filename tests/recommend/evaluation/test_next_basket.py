"""Methods of the literature, worked out by hand on a shop of three customers."""

import numpy as np
import pytest
from scipy import sparse

from retail_lakehouse.recommend.evaluation import next_basket
from retail_lakehouse.recommend.evaluation.next_basket import Baskets
from toy_shop import buy, purchases

CUT = 100
# Two baskets ten and forty days ago, the later of two products; one basket; none.
CUSTOMERS = [
    [buy(0, 60, 1), buy(1, 90, 2), buy(0, 90, 2)],
    [buy(1, 95, 3)],
    [],
]


@pytest.fixture
def baskets():
    return Baskets.of(purchases(CUSTOMERS).standing(0, CUT), 3, CUT)


def test_the_latest_basket_is_number_0_and_all_its_lines_share_it(baskets):
    of_first = baskets.rows == 0
    assert baskets.number[of_first & (baskets.age == 40)].tolist() == [1]
    assert baskets.number[of_first & (baskets.age == 10)].tolist() == [0, 0]
    assert baskets.count.tolist() == [2, 2, 2, 1]


def test_two_invoices_of_one_day_are_two_baskets():
    day = purchases([[buy(0, 90, 1), buy(0, 90, 2)]]).standing(0, CUT)
    assert sorted(Baskets.of(day, 1, CUT).number) == [0, 1]


def test_groups_of_one_basket_fade_from_the_latest_on(baskets):
    # G = 2: the latest weighs 1 / 2, the one before 0.6 / 2.
    found = next_basket.grouped(baskets, size=1, within=0.9, between=0.6).toarray()
    assert found == pytest.approx(np.array([[0.8, 0.5, 0], [0, 1, 0], [0, 0, 0]]))


def test_the_earliest_group_may_be_short():
    three = purchases([[buy(0, 70, 1), buy(1, 80, 2), buy(2, 90, 3)]]).standing(0, CUT)
    found = next_basket.grouped(Baskets.of(three, 3, CUT), size=2, within=0.5, between=0.1)
    # The latest two share a group of 2, the earliest is a group of 1; of 2 groups.
    assert found.toarray() == pytest.approx(np.array([[0.1 / 2, 0.5 / 4, 1 / 4]]))


def test_halved_and_of_last(baskets):
    found = next_basket.halved(baskets, half_life=10.0).toarray()
    assert found[0] == pytest.approx([0.5 + 0.5**4, 0.5, 0])
    assert next_basket.halved(baskets, np.inf).toarray()[0].tolist() == [2, 1, 0]
    assert next_basket.of_last(baskets, 1).toarray()[0].tolist() == [1, 1, 0]
    assert next_basket.of_last(baskets, 10).toarray()[0] == pytest.approx([1, 1 / 2, 0])


def test_who_bought_nothing_is_nobody_s_neighbour():
    vectors = sparse.csr_matrix([[0.1, 0.0], [9.0, 9.0], [0.0, 0.0]])
    scores = next_basket.tifu_knn(vectors, np.array([0]), neighbours=1, own=0.0)
    assert scores.tolist() == [[9, 9]]


def test_neighbours_by_cosine_weigh_by_it():
    vectors = sparse.csr_matrix([[1.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 5.0], [4.0, 0, 3.0]])
    scores = next_basket.cosine_knn(vectors, np.array([0]), neighbours=2, own=0.0)
    # Cosines .6 and .8; the third is no neighbour, and the customer none of its own.
    assert scores == pytest.approx(np.array([[5.0, 0.6 * 4, 0.8 * 3]]) / 1.4)


def test_up_cf_of_a_set_within_a_larger_one():
    bought = sparse.csr_matrix([[2.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    scores = next_basket.up_cf(bought, bought, np.array([0]), asymmetry=0.25, locality=2.0)
    w = (1 / (1**0.25 * 3**0.75)) ** 2
    assert scores == pytest.approx(np.array([[2 + w, w, w]]))


def test_every_method_scores_every_customer(baskets):
    for name, scores_of in next_basket.methods(baskets).items():
        scores = scores_of(np.array([0, 1]))
        assert scores.shape == (2, 3), name
        assert np.isfinite(scores).all(), name
        # What nobody bought is last.
        assert (scores[:, 2] == 0).all(), name
