import pickle

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.errors import RuntimeMissingError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(6))
def test_trees_give_scikit_learns_chances_bit_for_bit(seed):
    random = np.random.default_rng(seed)
    columns = int(random.integers(1, 12))
    features = random.normal(size=(600, columns)).astype(np.float32)
    features[random.random(features.shape) < 0.2] = np.nan
    # Where a column is missing or one number, only the missing ones part: thresholds are infinite.
    features[:, 0] = np.where(np.isnan(features[:, 0]), np.nan, 1.0)
    target = random.random(600) < 1 / (1 + np.exp(-np.nan_to_num(features.sum(axis=1))))
    target ^= np.isnan(features[:, 0])
    model = HistGradientBoostingClassifier(
        max_iter=int(random.integers(1, 40)), max_leaf_nodes=31, random_state=seed
    ).fit(features, target)
    trees = Trees.of(model, features[:50])
    asked = random.normal(size=(2000, columns)).astype(np.float32) * 3
    asked[::7] = np.nan
    asked[::11] = np.inf
    asked[::13] = -np.inf
    for rows in (features, asked, asked[:1], asked[:, ::-1]):
        assert np.array_equal(trees.predict_proba(rows), model.predict_proba(rows))
    # It travels to Spark's workers.
    travelled = pickle.loads(pickle.dumps(trees))
    assert np.array_equal(travelled.predict_proba(asked), model.predict_proba(asked))
    if seed == 0:
        assert np.isinf(trees.nodes["num_threshold"]).any()


def test_trees_of_categories_are_not_taken_for_others():
    random = np.random.default_rng(1)
    features = random.integers(0, 8, (300, 1)).astype(float)
    model = HistGradientBoostingClassifier(categorical_features=[0], max_iter=5)
    model.fit(features, np.isin(features[:, 0], [1, 4, 6]))
    with pytest.raises(RuntimeMissingError, match=r"scikit-learn [\d.]+ keeps fitted trees"):
        Trees.of(model, features)


def test_training_with_another_scikit_learn_says_so(monkeypatch):
    random = np.random.default_rng(1)
    features = random.normal(size=(300, 2))
    model = HistGradientBoostingClassifier(max_iter=3).fit(features, features[:, 0] > 0)
    assert Trees.of(model, features).n_features_in_ == 2
    model._predictors = [[], *model._predictors]
    with pytest.raises(RuntimeMissingError, match=r"install one from 1\.5 to 1\.9"):
        Trees.of(model, features)
