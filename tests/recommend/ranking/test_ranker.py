import numpy as np

from retail_lakehouse.recommend.ranking.feature_columns import DISCOVER, FOR_YOU
from retail_lakehouse.recommend.ranking.ranker import PriorCorrectedClassifier, predict


class Even:
    """A classifier that thinks every pair as likely as not."""

    def __init__(self, width):
        self.n_features_in_ = width

    def predict_proba(self, seen):
        return np.full((len(seen), 2), 0.5)


def test_chances_of_new_products_are_those_among_all_and_own_ones_stay():
    seen = np.zeros((2, len(FOR_YOU)), dtype=np.float32)
    seen[1, FOR_YOU.index("own_invoices")] = 3
    # One bought for one kept, of ten that were not bought: 1 in 11.
    thinned = PriorCorrectedClassifier(Even(len(FOR_YOU)), kept=0.1)
    np.testing.assert_allclose(thinned.predict_proba(seen), [[10 / 11, 1 / 11], [0.5, 0.5]])
    # discover's classifier sees no own purchases: all it is asked about is new.
    narrow = PriorCorrectedClassifier(Even(len(DISCOVER)), kept=0.1)
    np.testing.assert_allclose(
        narrow.predict_proba(seen[:, : len(DISCOVER)])[:, 1], [1 / 11, 1 / 11]
    )


class Last:
    """A classifier of two columns that believes the second."""

    n_features_in_ = 2

    def predict_proba(self, seen):
        return np.stack([1 - seen[:, 1], seen[:, 1]], axis=1)


def test_one_that_learnt_before_there_were_features_between_reads_its_own():
    older = PriorCorrectedClassifier(Last(), kept=1.0, reads=(0, 5))
    seen = np.zeros((1, len(DISCOVER)), dtype=np.float32)
    seen[0, 5] = 0.25
    assert older.n_features_in_ == 6
    assert predict(older, seen).tolist() == [0.25]
