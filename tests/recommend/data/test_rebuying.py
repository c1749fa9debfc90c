"""How often a product is bought again, worked out by hand."""

import numpy as np
import pytest

from retail_lakehouse.recommend.data.rebuying import AGES, age_of, rebuying
from toy_shop import buy, purchases

CUT, DAYS = 1000, 30


def test_customers_of_the_window_who_bought_it_again_over_those_who_had_it():
    # Both had product 0 ten days before the window and bought in it: one of them this. Product 1
    # was bought 70 days before the window by a third, who bought nothing in it.
    customers = [
        [buy(0, CUT - 40, 1), buy(0, CUT - 5, 2)],
        [buy(0, CUT - 40, 1), buy(2, CUT - 5, 2)],
        [buy(1, CUT - 100, 1)],
    ]
    chances = rebuying(purchases(customers), 3, CUT, DAYS)
    age = age_of(np.array([10]))[0]
    assert chances.shape == (3, AGES)
    # Usual at this age: 1 of 2, and product 0 is all there is: its level is 1.
    assert chances[0, age] == pytest.approx((1 + 5 * 0.5) / (2 + 5))
    # Nothing is known of the others: what is usual.
    assert chances[1:, age] == pytest.approx(0.5)
    assert np.delete(chances, age, axis=1) == pytest.approx(0)


def test_it_is_the_latest_purchase_that_counts():
    # Before the last window 2 days ago and not 100; before the one before it 70.
    customers = [[buy(0, CUT - 130, 1), buy(0, CUT - 32, 2), buy(0, CUT - 1, 3)]]
    chances = rebuying(purchases(customers), 1, CUT, DAYS)
    assert np.flatnonzero(chances[0]).tolist() == age_of(np.array([2, 70])).tolist()


def test_a_product_bought_again_more_than_others_is_expected_at_every_age():
    """Customers 0 to 9 had both, and bought only product 0 again: after 10 and after 80 days."""
    customers = [
        [buy(0, CUT - 40 - 70 * (n % 2), 1), buy(1, CUT - 40 - 70 * (n % 2), 1), buy(0, CUT - 1, 2)]
        for n in range(10)
    ]
    chances = rebuying(purchases(customers), 2, CUT, DAYS)
    for days in (10, 80):
        age = age_of(np.array([days]))[0]
        assert chances[0, age] > 0.7 > 0.2 > chances[1, age]
    assert (chances <= 1).all()


def test_nothing_after_the_cut_and_nothing_taken_back_by_then_is_seen():
    past = [[buy(0, CUT - 40, 1), buy(0, CUT - 5, 2)], [buy(0, CUT - 50, 1), buy(1, CUT - 5, 2)]]
    later = [[*past[0], buy(0, CUT, 3)], [*past[1], buy(0, CUT + 3, 3)]]
    back = [[*past[0]], [*past[1], buy(0, CUT - 4, 3, reversed_day=CUT - 2)]]
    known = rebuying(purchases(past), 2, CUT, DAYS)
    for others in (later, back):
        assert np.array_equal(rebuying(purchases(others), 2, CUT, DAYS), known)


def test_a_shop_without_a_window_behind_it_expects_nothing():
    assert not rebuying(purchases([[buy(0, CUT - 3, 1)]]), 2, CUT, DAYS).any()
