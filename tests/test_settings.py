from dataclasses import fields, is_dataclass

import pytest

from retail_lakehouse.settings import PARAMETERS, RecommendSettings

# As runs in MLflow and kept models have had them since before settings were nested.
KNOWN = {
    "rank": 48, "iterations": 3, "regularization": 0.1, "alpha": 1.0, "blocks": 2, "seed": 42,
    "top_n": 10, "half_life_days": 60.0, "sold_within_days": 120, "candidates": 150,
    "extra_candidates": 50, "window_days": 30, "training_windows": 2, "enough_customers": 1_000,
    "training_customers": 4_000, "sample_customers": 10_000, "leaf_pairs": 100,
    "discover_trees": 100, "discover_rate": 0.06, "discover_leaves": 15, "discover_negatives": 0.2,
    "for_you_trees": 75, "for_you_rate": 0.08, "for_you_leaves": 31, "for_you_negatives": 0.05,
}  # fmt: skip


def leaves(settings, before=""):
    for field in fields(settings):
        value = getattr(settings, field.name)
        where = f"{before}{field.name}"
        yield from leaves(value, f"{where}.") if is_dataclass(value) else [where]


def test_parameters_are_called_what_they_were_and_stand_in_that_order():
    assert list(RecommendSettings().parameters().items()) == list(KNOWN.items())


def test_every_setting_of_the_recommender_is_one_parameter():
    assert sorted(PARAMETERS.values()) == sorted(leaves(RecommendSettings()))


@pytest.mark.parametrize("name", KNOWN)
def test_a_parameter_changed_is_read_back_and_no_other_is_touched(name):
    changed = RecommendSettings().changed(**{name: 7})
    assert changed.parameters() == {**KNOWN, name: 7}


def test_a_parameter_that_there_is_not_is_named():
    with pytest.raises(KeyError, match="ranks"):
        RecommendSettings().changed(ranks=3)
