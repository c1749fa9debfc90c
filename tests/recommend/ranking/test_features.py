import numpy as np
import pytest

from retail_lakehouse.recommend.candidates.retrieve import Candidates, shelf_scores
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.data.rebuying import age_of
from retail_lakehouse.recommend.ranking import features
from retail_lakehouse.recommend.ranking.feature_columns import DISCOVER, FOR_YOU
from toy_shop import CUT, buy, purchases


def test_features_are_those_that_are_named(trained):
    customers, shelf, _ = trained
    known = histories(purchases(customers[:1]), CUT, 60.0)
    block = shelf_scores(shelf, known)
    pairs = Candidates(np.array([0, 0]), np.array([0, 7]), block.own[0, [0, 7]])
    seen = features.pair_features(shelf, known, block, pairs)
    column = {name: seen[:, i] for i, name in enumerate(FOR_YOU)}
    bought = [line for line in customers[0] if line[0] == 0 and line[1] < CUT]
    assert column["own_invoices"].tolist() == [len(bought), 0]
    assert column["own_last"][0] == CUT - max(line[1] for line in bought)
    assert np.isnan(column["own_last"][1])
    assert column["relative_price"] == pytest.approx([0, 0], abs=1e-6)
    assert column["age"][1] == shelf.stats.age[7]
    assert FOR_YOU[: len(DISCOVER)] == DISCOVER


def test_what_is_near_by_the_whole_history_by_its_nearest_product_and_by_the_last_day(trained):
    _, shelf, _ = trained
    # Product 3 long ago, twice; 1 and 2 on the last day.
    history = [buy(3, CUT - 90, 1), buy(3, CUT - 80, 2), buy(1, CUT - 9, 3), buy(2, CUT - 9, 3)]
    known = histories(purchases([history]), CUT, 60.0)
    block = shelf_scores(shelf, known)
    pairs = Candidates(np.array([0, 0]), np.array([0, 7]), block.own[0, [0, 7]])
    seen = features.pair_features(shelf, known, block, pairs)
    column = {name.value: seen[:, i] for i, name in enumerate(FOR_YOU)}
    assert known.items.tolist() == [1, 2, 3]
    weights = known.decayed / known.decayed.sum()
    for ours, matrix in (
        (("co_purchase", "nearest", "last_day"), shelf.affinity.co_purchase.T),
        (("recent_co_purchase", "recent_nearest", "recent_last_day"),
         shelf.affinity.recent_co_purchase),
    ):  # fmt: skip
        to_candidates = matrix.toarray()[[1, 2, 3]][:, [0, 7]]
        mean, nearest, last_day = (column[name] for name in ours)
        assert mean == pytest.approx(weights @ to_candidates, abs=1e-6)
        assert nearest == pytest.approx((to_candidates**4).sum(axis=0) ** 0.25, abs=1e-6)
        assert last_day == pytest.approx(to_candidates[:2].mean(axis=0), abs=1e-6)


def test_own_products_against_the_customer_s_others_and_by_when_others_buy_them_again(trained):
    _, shelf, _ = trained
    history = [buy(0, CUT - 60, 1), buy(1, CUT - 60, 1), buy(1, CUT - 120, 2)]
    known = histories(purchases([history]), CUT, 60.0)
    block = shelf_scores(shelf, known)
    pairs = Candidates(np.zeros(3, int), np.array([0, 1, 2]), block.own[0, [0, 1, 2]])
    seen = features.pair_features(shelf, known, block, pairs)
    column = {name.value: seen[:, i] for i, name in enumerate(FOR_YOU)}
    # Decayed invoices: .5 and .75.
    assert column["own_of_best"] == pytest.approx([2 / 3, 1, 0])
    assert column["own_of_all"] == pytest.approx([0.4, 0.6, 0])
    chances = shelf.rebuying[[0, 1], age_of(np.array([60, 60]))]
    assert column["own_rebuying"][:2] == pytest.approx(chances)
    assert np.isnan(column["own_rebuying"][2])
