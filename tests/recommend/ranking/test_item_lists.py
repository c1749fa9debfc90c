from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.recommend.candidates.retrieve import Candidates, retrieve, shelf_scores
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.ranking import features, reasons
from retail_lakehouse.recommend.ranking.columns import FOR_YOU, Feature
from retail_lakehouse.recommend.ranking.fit import train
from retail_lakehouse.recommend.ranking.item_lists import best, item_lists
from retail_lakehouse.recommend.ranking.ranker import BLEND
from toy_shop import (
    CUT,
    ITEMS,
    LIVE,
    RETIRED,
    SETTINGS,
    buy,
    catalogue,
    purchases,
    rows,
    sample,
)

# Those that every customer of the toy shop can have.
THREE = ("for_you", "discover", "buy_again")


def test_lists_hold_live_products_once_and_new_ones_only_where_promised(trained):
    customers, shelf, rankers = trained
    found = list(item_lists(shelf, rankers, purchases(customers), SETTINGS, wanted=THREE))
    assert {part.name for part in found} == set(THREE)
    for name in THREE:
        lists = rows(found, name)
        assert len(lists) == len(customers)
        for number, items in lists.items():
            own = {line[0] for line in customers[number] if line[1] < CUT}
            assert len(items) == len(set(items)) <= SETTINGS.top_n
            assert RETIRED not in items
            if name == "discover":
                assert not own & set(items)
            if name == "buy_again":
                assert set(items) == own - {RETIRED}


def test_what_is_bought_every_time_comes_first(trained):
    customers, shelf, rankers = trained
    found = item_lists(shelf, rankers, purchases(customers), SETTINGS)
    for number, items in rows(found, "for_you").items():
        assert {item // 5 for item in items[:3]} == {number % 2}


def test_nothing_planted_after_the_cut_changes_a_list(trained):
    customers, _, rankers = trained
    planted = [[*one, *(buy(10, CUT + d, 900 + d) for d in range(20))] for one in customers]
    past = [[line for line in one if line[1] < CUT] for one in customers]
    for name in THREE:
        with_future, without = (
            rows(item_lists(catalogue(some), rankers, purchases(some), SETTINGS), name)
            for some in (planted, past)
        )
        assert with_future == without != {}


@pytest.mark.parametrize("n", [0, 1, 7, 10_000])
def test_any_length_of_list(trained, n):
    customers, shelf, rankers = trained
    found = rows(item_lists(shelf, rankers, purchases(customers[:3]), SETTINGS, n), "for_you")
    # At most own, and all other live ones: product 10 was never sold, 11 is retired.
    expected = dict.fromkeys(range(3), min(n, len(LIVE))) if n else {}
    assert {number: len(set(items)) for number, items in found.items()} == expected
    assert all(len(items) == len(set(items)) for items in found.values())


def test_a_customer_without_history_gets_new_products_and_no_own_ones(trained):
    _, shelf, rankers = trained
    found = list(item_lists(shelf, rankers, purchases([[]]), SETTINGS))
    assert len(rows(found, "discover")[0]) > 0
    assert rows(found, "buy_again") == {}
    for part in found:
        assert set(part.reasons.kind) <= {reasons.COUNTRY, reasons.POPULAR, reasons.NEW}


def test_a_customer_with_everything_has_nothing_to_discover(trained):
    _, shelf, rankers = trained
    everything = [buy(item, 950, 1) for item in range(ITEMS)]
    found = list(item_lists(shelf, rankers, purchases([everything]), SETTINGS))
    assert rows(found, "discover") == {}
    assert len(rows(found, "buy_again")[0]) == 10


def test_a_country_nobody_bought_from_is_served_as_all_are(trained):
    customers, shelf, rankers = trained
    everywhere = shelf.stats.sales_30
    # What sells in France does not sell in Spain.
    by_country = np.stack(
        [everywhere * (np.arange(ITEMS) < 5), everywhere * (np.arange(ITEMS) > 4)]
    )
    two = replace(shelf.stats, country_names=("France", "Spain"), by_country=by_country)
    one = replace(shelf.stats, country_names=("All",), by_country=everywhere[None])
    parts = {}
    for table, country in ((two, "Norway"), (two, "France"), (two, "Spain"), (one, "All")):
        bought = purchases(customers[:6], country=country)
        some = replace(shelf, stats=table)
        parts[country] = list(item_lists(some, rankers, bought, SETTINGS, wanted=("discover",)))
        known = histories(bought, CUT, 60.0)
        block = shelf_scores(some, known)
        pairs = retrieve(block, SETTINGS.candidates)
        seen = features.pair_features(some, known, block, pairs)
        level = seen[:, FOR_YOU.index(Feature.COUNTRY)]
        same = np.array_equal(level, seen[:, FOR_YOU.index(Feature.SALES_30)])
        assert same == (country in ("Norway", "All"))
    for norway, of_all in zip(parts["Norway"], parts["All"], strict=True):
        assert norway.items.tolist() == of_all.items.tolist()
        assert norway.scores.tolist() == of_all.scores.tolist()
        assert set(norway.reasons.kind) <= {reasons.BECAUSE, reasons.POPULAR}
    kinds = set(np.concatenate([part.reasons.kind for part in parts["France"]]))
    assert reasons.COUNTRY in kinds


def test_a_fixed_blend_puts_liked_new_products_and_usual_own_ones_first(trained):
    customers, shelf, _ = trained
    found = list(item_lists(shelf, BLEND, purchases(customers), SETTINGS))
    for number, items in rows(found, "buy_again").items():
        mine = [line for line in customers[number] if line[1] < CUT and line[0] != RETIRED]
        known = histories(purchases([mine]), CUT, 60.0)
        weight = dict(zip(known.items, known.decayed, strict=True))
        assert {items[0], items[-1]} <= set(weight)
        assert weight[items[0]] >= weight[items[-1]]
    liked = {
        number: [item // 5 == number % 2 for item in items]
        for number, items in rows(found, "discover").items()
    }
    assert all(one == sorted(one, reverse=True) for one in liked.values())
    assert any(len(set(one)) == 2 for one in liked.values())
    for part in found:
        assert ((part.scores > 0) & (part.scores < 1)).all()


def test_excluded_products_are_in_no_list(trained):
    customers, shelf, rankers = trained
    for part in item_lists(shelf.without([0, 7]), rankers, purchases(customers), SETTINGS):
        assert not {0, 7} & set(part.items)


def test_only_the_lists_asked_for_are_made_and_they_are_the_same(trained):
    customers, shelf, rankers = trained
    bought = purchases(customers)
    everything = list(item_lists(shelf, rankers, bought, SETTINGS))
    for name in THREE:
        alone = list(item_lists(shelf, rankers, bought, SETTINGS, wanted=(name,)))
        assert {part.name for part in alone} == {name}
        assert rows(alone, name) == rows(everything, name)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3)),
        max_size=20,
        unique_by=lambda pair: pair[:2],
    ),
    st.integers(0, 5),
)
def test_best_is_the_head_of_a_stable_sort_per_customer(triples, n):
    triples = sorted(triples)
    customers, items, scores = (np.array([t[c] for t in triples], dtype=int) for c in range(3))
    pairs = Candidates(customers, items, np.full(len(triples), -1))
    picked, ranks = best(pairs, scores.astype(float), n)
    expected = []
    for customer in range(4):
        mine = sorted((-t[2], t[1]) for t in triples if t[0] == customer)[:n]
        expected += [(customer, item, place) for place, (_, item) in enumerate(mine, start=1)]
    got = zip(customers[picked], items[picked], ranks, strict=True)
    assert list(got) == expected


def test_no_customers_no_lists_and_nothing_to_learn_a_fixed_blend(trained):
    _, shelf, rankers = trained
    assert list(item_lists(shelf, rankers, purchases([]), SETTINGS)) == []
    assert train([sample(shelf, [])], SETTINGS) is BLEND
    assert train([], SETTINGS) is BLEND
