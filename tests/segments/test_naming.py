from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.segments import pull, worth
from retail_lakehouse.segments.naming import (
    ARCHETYPES,
    EVERYONE,
    KINDS,
    archetype,
    is_what_it_is_called,
    name_clusters,
    places,
)
from retail_lakehouse.segments.pictures import COLOURS

# Recency, frequency, monetary of a centre per name, in standard deviations.
CENTRES = {
    "Champions": (-1.4, 1.8, 1.7),
    "Loyal": (-0.5, 0.5, 0.6),
    "New": (-0.9, -0.7, -0.8),
    "At Risk": (0.7, 0.1, 0.2),
    "Lost": (0.9, -1.0, -0.9),
}
# Centres of Online Retail II for other k, and who these customers are.
OTHER_K = {
    2: {(0.54, -0.62, -0.59): "Lost", (-0.81, 0.93, 0.88): "Loyal"},
    4: {
        (-1.08, 1.51, 1.34): "Champions",
        (0.88, -0.88, -0.94): "Lost",
        (0.46, 0.22, 0.38): "At Risk",
        (-0.89, -0.29, -0.22): "New",
    },
    6: {
        (-0.13, 0.91, 0.92): "Loyal",
        (-1.44, 2.12, 1.79): "Champions",
        (-0.61, -0.63, -0.58): "New",
        (0.71, -0.16, 0.07): "At Risk",
        (-1.27, 0.45, 0.45): "Potential Loyal",
        (0.99, -0.94, -1.08): "Lost",
    },
}


def test_names_follow_the_centres_whatever_their_numbers():
    for order in permutations(CENTRES):
        assert name_clusters([CENTRES[name] for name in order]) == order


@given(st.lists(st.floats(-0.2, 0.2), min_size=15, max_size=15))
def test_names_stay_when_centres_move_a_little(moves):
    moved = np.array(list(CENTRES.values())) + np.array(moves).reshape(5, 3)
    assert name_clusters(moved) == tuple(CENTRES)


def test_each_name_is_given_once_even_to_centres_that_are_alike():
    assert sorted(name_clusters([(0.0, 0.0, 0.0)] * 5)) == sorted(CENTRES)


@pytest.mark.parametrize("k", OTHER_K)
def test_other_numbers_of_clusters_take_the_names_that_fit(k):
    assert name_clusters(list(OTHER_K[k])) == tuple(OTHER_K[k].values())


def test_ten_clusters_have_ten_names():
    centres = [kind.centre for kind in reversed(ARCHETYPES)]
    assert name_clusters(centres) == tuple(kind.name for kind in reversed(ARCHETYPES))


def test_one_cluster_is_everyone():
    assert name_clusters([(0.3, -2.0, 1.0)]) == (EVERYONE,)


@pytest.mark.parametrize("k", range(2, 11))
def test_clusters_are_held_near_as_many_archetypes(k):
    held = places(k, [True] * 3)
    assert held.shape == (k, 3)
    assert {tuple(place) for place in held} <= {kind.centre for kind in ARCHETYPES}
    # What is named by its place gets the name it was held for.
    assert len(set(name_clusters(held))) == k
    assert [archetype(name).centre for name in name_clusters(held)] == [tuple(p) for p in held]


def test_a_feature_in_which_all_are_alike_moves_no_cluster():
    assert places(2, [True, False, True]).tolist() == [[-0.4, 0.0, 0.6], [0.9, 0.0, -0.9]]
    assert places(1, [True] * 3).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("name", "mean", "right"),
    [
        ("Champions", (-1.0, 1.2, 0.9), True),
        ("Champions", (-1.0, 0.0, 0.9), False),
        ("Champions", (0.1, 1.2, 0.9), False),
        ("At Risk", (0.7, -0.3, -0.2), True),
        ("At Risk", (-0.1, 0.3, 0.2), False),
        ("Loyal", (0.1, 0.4, 0.4), True),
        ("Lost", (0.4, -0.4, 0.1), False),
        (EVERYONE, (0.0, 0.0, 0.0), True),
    ],
)
def test_a_name_is_right_where_customers_are_on_its_side(name, mean, right):
    assert is_what_it_is_called(name, np.array(mean)) is right


def test_more_clusters_than_names_are_refused():
    with pytest.raises(SettingsError, match="not for 11"):
        name_clusters([(0.0, 0.0, 0.0)] * 11)


def test_every_name_has_words_and_a_colour_of_its_own():
    for kind in KINDS:
        assert archetype(kind.name) is kind
        assert kind.meaning
        assert kind.action
    assert len({COLOURS[kind.name] for kind in ARCHETYPES}) == len(ARCHETYPES)


def test_names_and_forecasts_that_disagree_are_told():
    assert worth.contradiction({"At Risk": 0.2, "Lost": 0.1, "New": 0.4}) == ""
    assert worth.contradiction({"All Customers": 0.2}) == ""
    assert worth.contradiction({"At Risk": 0.1, "Lost": 0.25}) == (
        "Lost are likelier to return (25 %) than At Risk (10 %): one of names and forecasts is "
        "wrong"
    )


def test_two_archetypes_beside_one_centre_are_not_held_each():
    archetypes = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    assert pull.each_held(archetypes[::-1] + 0.1, archetypes)
    assert not pull.each_held(np.array([[0.5, 0, 0], [8.0, 0, 0], [9.5, 0, 0]]), archetypes)
    assert pull.inertia(np.array([[0.0, 2, 0], [9.0, 0, 1]]), archetypes) == 4.0 + 5.0 + 1.0
