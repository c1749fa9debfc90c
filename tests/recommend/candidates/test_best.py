import numpy as np

from retail_lakehouse.recommend.candidates.best import add_best


def test_the_best_are_cut_by_score_and_equal_ones_by_column():
    scores = np.array(
        [[3.0, 1.0, 3.0, 3.0, 2.0], [1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    )
    among = np.array([[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [0, 1, 1, 1, 1]], dtype=bool)
    chosen = np.zeros(scores.shape, dtype=bool)
    add_best(chosen, among, scores, 2)
    assert [np.flatnonzero(row).tolist() for row in chosen] == [[0, 2], [0, 4], [1, 2]]
    add_best(chosen, among, scores, 0)
    assert chosen.sum() == 6
    add_best(chosen, among, scores, 9)
    assert (chosen == among).all()
