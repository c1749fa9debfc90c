import numpy as np
import pytest

from retail_lakehouse.recommend.candidates.retrieve import Candidates, shelf_scores
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.ranking import features
from retail_lakehouse.recommend.ranking.columns import DISCOVER, FOR_YOU
from toy_shop import (
    CUT,
    purchases,
)


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
