import numpy as np
import pytest

from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation import baselines
from retail_lakehouse.recommend.evaluation.metrics import NOTHING
from toy_shop import (
    CUT,
    ITEMS,
    buy,
    purchases,
)


def test_ease_and_item_knn_worked_out_by_hand():
    # X = [[1, 1], [1, 0]]: X'X + I = [[3, 1], [1, 2]], inverse [[2, -1], [-1, 3]] / 5.
    known = histories(purchases([[buy(0, 1, 1), buy(1, 1, 1)], [buy(0, 1, 1)]]), CUT, 60.0)
    weights = baselines.ease_weights(known, 2, regularization=1.0)
    assert weights == pytest.approx(np.array([[0, 1 / 3], [1 / 2, 0]]))
    bought = known.matrix(np.ones(3), 2)
    assert baselines.by_weights(bought, weights, np.arange(2)) == pytest.approx(
        np.array([[1 / 2, 1 / 3], [0, 1 / 3]])
    )
    # Lengths 2 and 1, mean 1.5; only customer 0 has both products, each once; k1 1.2, b 0.75.
    tf = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    idf = np.log(2) - np.log([3, 2])
    assert baselines.bm25_weights(known, 2)[0, 1] == pytest.approx(tf * tf * idf[0] * idf[1])


def test_trivial_lists(trained):
    customers, shelf, _ = trained
    known = histories(purchases(customers), CUT, 60.0)
    own = RaggedRows(known.indptr, known.items)
    popular = baselines.lists(baselines.popularity(shelf.stats, 1), 3)
    assert popular[0].tolist() == sorted(range(ITEMS), key=lambda i: (-shelf.stats.total[i], i))[:3]
    recent = baselines.lists(baselines.recent_popularity(shelf.stats, len(known)), ITEMS, own)
    for row, without in zip(recent, own, strict=True):
        assert not set(row[row != NOTHING]) & set(without)
        assert len(set(row[row != NOTHING])) == ITEMS - len(without)
    first = baselines.lists(
        baselines.own_then_recent(known.matrix(known.invoices, ITEMS), shelf.stats), 1
    )
    for number, row in enumerate(first):
        mine = known.invoices[known.rows == number]
        assert known.invoices[(known.rows == number) & (known.items == row[0])] == mine.max()
