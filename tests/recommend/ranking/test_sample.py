import numpy as np

from toy_shop import (
    CUT,
    SETTINGS,
    catalogue,
    sample,
    shop,
)


def test_training_learns_from_the_window_and_sees_only_what_was_before():
    customers = shop()
    whole = sample(catalogue(customers, CUT - 30), customers)
    ends = [[line for line in one if line[1] < CUT] for one in customers]
    cut_off = sample(catalogue(ends, CUT - 30), ends)
    assert np.array_equal(whole.features, cut_off.features, equal_nan=True)
    assert np.array_equal(whole.bought, cut_off.bought)
    assert whole.bought.sum() > 0
    assert whole.own.any()
    assert not whole.own.all()


def test_all_own_products_and_a_share_of_the_new_ones_not_bought_are_learnt_from():
    customers = shop()
    shelf = catalogue(customers, CUT)
    whole = sample(shelf, customers)
    thin = sample(
        shelf, customers, SETTINGS.changed(discover_negatives=0.25, for_you_negatives=0.1)
    )
    assert thin.own.sum() == whole.own.sum() > 0
    assert (thin.bought & ~thin.own).sum() == (whole.bought & ~whole.own).sum()
    missed, kept = (~whole.bought & ~whole.own).sum(), (~thin.bought & ~thin.own).sum()
    assert 0 < kept < missed / 2
    few = thin.take(thin.thinned(0.1))
    assert few.own.sum() == whole.own.sum()
    assert few.bought.sum() == whole.bought.sum()
    assert 0 < (~few.bought & ~few.own).sum() < kept
