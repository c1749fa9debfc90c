from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.recommend.candidates import affinity
from retail_lakehouse.recommend.candidates.catalogue import Catalogue, aligned
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.candidates.retrieve import Pairs, add_best, candidates, score_block
from retail_lakehouse.recommend.data.customer_history import NEVER, histories
from retail_lakehouse.recommend.data.item_stats import ItemSales, item_table
from retail_lakehouse.recommend.data.ragged_rows import Ragged
from retail_lakehouse.recommend.evaluation import baselines
from retail_lakehouse.recommend.evaluation.metrics import NOTHING
from retail_lakehouse.recommend.ranking import features, reasons
from retail_lakehouse.recommend.ranking.item_lists import LISTS, best, rank
from retail_lakehouse.recommend.ranking.ranker import BLEND, Thinned, train, window_sample
from retail_lakehouse.settings import RecommendSettings
from support import purchases_of

SETTINGS = RecommendSettings(
    candidates=6,
    extra_candidates=2,
    leaf_pairs=5,
    discover_trees=5,
    discover_rate=0.1,
    discover_negatives=1.0,
    for_you_trees=5,
    for_you_rate=0.1,
    for_you_negatives=1.0,
    window_days=30,
)
CUT = 1000
ITEMS = 12
RETIRED = 11
# Product 10 is never sold. The first ones are live, so their columns are their numbers.
LIVE = range(10)
CODES = tuple(str(20000 + 7 * i) for i in range(ITEMS))
NAMES = tuple(f"RED CUP {'LARGE' if i % 2 else 'SMALL'}" for i in range(ITEMS))


def buy(item, day, invoice, price=2.0, reversed_day=NEVER):
    return (item, day, invoice, price, reversed_day)


def purchases(customers, country="France"):
    columns = [[[line[c] for line in customer] for customer in customers] for c in range(5)]
    return purchases_of([country] * len(customers), columns)


def shop(n=40, until=CUT + 30):
    """Even customers buy products 0 to 4, odd ones 5 to 9, one more of them every 20 days; two of
    them bought product 11 long ago, which is no longer sold.
    """
    random = np.random.default_rng(5)
    customers = []
    for number in range(n):
        liked = np.arange(5) + 5 * (number % 2)
        bought = [buy(RETIRED, 700, 0)] if number < 2 else []
        for visit, day in enumerate(range(880 + number % 7, until, 20), start=1):
            bought += [buy(item, day, visit) for item in random.choice(liked, 2, replace=False)]
        customers.append(bought)
    return customers


def catalogue(customers, cut=CUT):
    bought = purchases(customers)
    lines = [line for customer in customers for line in customer]
    columns = [np.array([line[c] for line in lines], dtype=float) for c in range(5)]
    ones, zeros = np.ones(len(lines)), np.zeros(len(lines), dtype=int)
    items, days, back = (columns[c].astype(int) for c in (0, 1, 4))
    sales = ItemSales(("France",), items, days, back, zeros, ones, ones, columns[3])
    random = np.random.default_rng(1)
    # Two tastes, with noise that tells products apart.
    kind = np.repeat(np.eye(2), 5, axis=0)
    factors = np.vstack([kind, np.zeros((2, 2))]) + random.normal(0, 0.05, (ITEMS, 2))
    known = histories(bought, cut, 60.0)
    return Catalogue(
        ItemFactors(CODES, factors, alpha=1.0, regularization=0.1),
        item_table(sales, ITEMS, cut),
        affinity.affinity(known, CODES, NAMES),
        half_life=60.0,
        sold_within=120,
    )


def sample(shelf, customers, settings=SETTINGS):
    ids = np.arange(100, 100 + len(customers))
    return window_sample(shelf, ids, purchases(customers), settings)


def trained_on(customers, starts=(CUT - 30, CUT - 60)):
    samples = [sample(catalogue(customers, start), customers) for start in starts]
    rankers = train(samples, SETTINGS)
    assert rankers.fitted
    return rankers


@pytest.fixture(scope="module")
def trained():
    customers = shop()
    return customers, catalogue(customers), trained_on(customers)


def rows(found, name):
    """Items of one list by customer, in the order of the ranks, which run 1 to n."""
    lists: dict[int, list[int]] = {}
    for part in found:
        if part.name == name:
            for customer, place, item in zip(part.customers, part.ranks, part.items, strict=True):
                lists.setdefault(int(customer), []).append(int(item))
                assert place == len(lists[int(customer)])
    return lists


def test_lists_hold_live_products_once_and_new_ones_only_where_promised(trained):
    customers, shelf, rankers = trained
    found = list(rank(shelf, rankers, purchases(customers), SETTINGS))
    assert {part.name for part in found} == set(LISTS)
    for name in LISTS:
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
    found = rank(shelf, rankers, purchases(customers), SETTINGS)
    for number, items in rows(found, "for_you").items():
        assert {item // 5 for item in items[:3]} == {number % 2}


def test_nothing_planted_after_the_cut_changes_a_list(trained):
    customers, _, rankers = trained
    planted = [[*one, *(buy(10, CUT + d, 900 + d) for d in range(20))] for one in customers]
    past = [[line for line in one if line[1] < CUT] for one in customers]
    for name in LISTS:
        with_future, without = (
            rows(rank(catalogue(some), rankers, purchases(some), SETTINGS), name)
            for some in (planted, past)
        )
        assert with_future == without != {}


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


@pytest.mark.parametrize("n", [0, 1, 7, 10_000])
def test_any_length_of_list(trained, n):
    customers, shelf, rankers = trained
    found = rows(rank(shelf, rankers, purchases(customers[:3]), SETTINGS, n), "for_you")
    # At most own, and all other live ones: product 10 was never sold, 11 is retired.
    expected = dict.fromkeys(range(3), min(n, len(LIVE))) if n else {}
    assert {number: len(set(items)) for number, items in found.items()} == expected
    assert all(len(items) == len(set(items)) for items in found.values())


def test_a_customer_without_history_gets_new_products_and_no_own_ones(trained):
    _, shelf, rankers = trained
    found = list(rank(shelf, rankers, purchases([[]]), SETTINGS))
    assert len(rows(found, "discover")[0]) > 0
    assert rows(found, "buy_again") == {}
    for part in found:
        assert set(part.reasons.kind) <= {reasons.COUNTRY, reasons.POPULAR, reasons.NEW}


def test_a_customer_with_everything_has_nothing_to_discover(trained):
    _, shelf, rankers = trained
    everything = [buy(item, 950, 1) for item in range(ITEMS)]
    found = list(rank(shelf, rankers, purchases([everything]), SETTINGS))
    assert rows(found, "discover") == {}
    assert len(rows(found, "buy_again")[0]) == 10


def test_a_country_nobody_bought_from_is_served_as_all_are(trained):
    customers, shelf, rankers = trained
    everywhere = shelf.table.sales_30
    # What sells in France does not sell in Spain.
    by_country = np.stack(
        [everywhere * (np.arange(ITEMS) < 5), everywhere * (np.arange(ITEMS) > 4)]
    )
    two = replace(shelf.table, country_names=("France", "Spain"), by_country=by_country)
    one = replace(shelf.table, country_names=("All",), by_country=everywhere[None])
    parts = {}
    for table, country in ((two, "Norway"), (two, "France"), (two, "Spain"), (one, "All")):
        bought = purchases(customers[:6], country=country)
        some = replace(shelf, table=table)
        parts[country] = list(rank(some, rankers, bought, SETTINGS, wanted=("discover",)))
        known = histories(bought, CUT, 60.0)
        block = score_block(some, known)
        pairs = candidates(block, SETTINGS)
        seen = features.pair_features(some, known, block, pairs)
        level = seen[:, features.FOR_YOU.index("country")]
        same = np.array_equal(level, seen[:, features.FOR_YOU.index("sales_30")])
        assert same == (country in ("Norway", "All"))
    for norway, of_all in zip(parts["Norway"], parts["All"], strict=True):
        assert norway.items.tolist() == of_all.items.tolist()
        assert norway.scores.tolist() == of_all.scores.tolist()
        assert set(norway.reasons.kind) <= {reasons.BECAUSE, reasons.POPULAR}
    kinds = set(np.concatenate([part.reasons.kind for part in parts["France"]]))
    assert reasons.COUNTRY in kinds


def test_no_customers_no_lists_and_nothing_to_learn_a_fixed_blend(trained):
    _, shelf, rankers = trained
    assert list(rank(shelf, rankers, purchases([]), SETTINGS)) == []
    assert train([sample(shelf, [])], SETTINGS) is BLEND
    assert train([], SETTINGS) is BLEND


def test_a_fixed_blend_puts_liked_new_products_and_usual_own_ones_first(trained):
    customers, shelf, _ = trained
    found = list(rank(shelf, BLEND, purchases(customers), SETTINGS))
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
    for part in rank(shelf.without([0, 7]), rankers, purchases(customers), SETTINGS):
        assert not {0, 7} & set(part.items)


def test_only_the_lists_asked_for_are_made_and_they_are_the_same(trained):
    customers, shelf, rankers = trained
    bought = purchases(customers)
    everything = list(rank(shelf, rankers, bought, SETTINGS))
    for name in LISTS:
        alone = list(rank(shelf, rankers, bought, SETTINGS, wanted=(name,)))
        assert {part.name for part in alone} == {name}
        assert rows(alone, name) == rows(everything, name)


def test_reasons_tell_the_rhythm_of_own_products(trained):
    customers, shelf, rankers = trained
    told = 0
    for part in rank(shelf, rankers, purchases(customers[:4]), SETTINGS):
        why = part.reasons
        for i, item in enumerate(part.items):
            mine = [b for b in customers[part.customers[i]] if b[0] == item and b[1] < CUT]
            if mine:
                gap = (max(b[1] for b in mine) - min(b[1] for b in mine)) / max(len(mine) - 1, 1)
                rhythm = gap >= reasons.RHYTHM_DAYS
                assert why.kind[i] == (reasons.RHYTHM if rhythm else reasons.OWN)
                assert why.number[i] == pytest.approx(gap if rhythm else len(mine))
                assert why.item[i] == item
                told += 1
            else:
                assert why.kind[i] not in (reasons.RHYTHM, reasons.OWN)
    assert told > 0


def strongest(shelf, customer, item):
    """The product of the customer's history that adds most to the item's ALS score, if any does.

    Hu, Koren, Volinsky 2008, section 5: y_i' A^-1 (1 + c_j) y_j is what product j adds.
    """
    y, decayed = shelf.factors.factors, {}
    for bought, day, *_ in customer:
        if day < CUT:
            decayed[bought] = decayed.get(bought, 0.0) + 0.5 ** ((CUT - day) / 60.0)
    a = y.T @ y + shelf.factors.regularization * len(decayed) * np.eye(y.shape[1])
    for bought, rating in decayed.items():
        a += shelf.factors.alpha * rating * np.outer(y[bought], y[bought])
    adds = {
        bought: (1 + shelf.factors.alpha * rating) * (y[item] @ np.linalg.inv(a) @ y[bought])
        for bought, rating in decayed.items()
    }
    best = max(adds, key=adds.__getitem__)
    return best if adds[best] > 0 else None


def test_taste_is_told_by_the_own_product_that_adds_most_to_the_score(trained):
    customers, shelf, rankers = trained
    for part in rank(shelf, rankers, purchases(customers), SETTINGS):
        because = np.flatnonzero(part.reasons.kind == reasons.BECAUSE)
        assert (len(because) > 0) == (part.name != "buy_again")
        for i in because:
            expected = strongest(shelf, customers[part.customers[i]], part.items[i])
            assert part.reasons.item[i] == expected
        others = np.isin(part.reasons.kind, (reasons.COUNTRY, reasons.POPULAR, reasons.NEW))
        assert (part.reasons.item[others] == -1).all()


def test_invoices_nearer_than_a_week_are_no_rhythm(trained):
    _, shelf, rankers = trained
    lines = [
        [buy(0, CUT - 50, 1)],
        [buy(1, CUT - 50, 1), buy(1, CUT - 50, 2)],
        [buy(2, CUT - 50, 1), buy(2, CUT - 44, 2), buy(2, CUT - 38, 3)],
        [buy(3, CUT - 50, 1), buy(3, CUT - 43, 2)],
    ]
    customer = sorted((line for one in lines for line in one), key=lambda line: line[1:3])
    (part,) = rank(shelf, rankers, purchases([customer]), SETTINGS, wanted=("buy_again",))
    why = part.reasons
    found = zip(part.items, why.kind, why.number, strict=True)
    assert {int(item): (kind, number) for item, kind, number in found} == {
        0: (reasons.OWN, 1),
        1: (reasons.OWN, 2),
        2: (reasons.OWN, 3),
        3: (reasons.RHYTHM, 7),
    }


def test_reasons_in_words():
    assert reasons.phrase(reasons.RHYTHM, "CUP", 42.0, None) == "you buy this about every 6 weeks"
    assert reasons.phrase(reasons.OWN, "CUP", 1, None) == "you bought this once"
    assert reasons.phrase(reasons.OWN, "CUP", 3, None) == "you bought this 3 times"
    assert reasons.phrase(reasons.BECAUSE, "CUP", 0, None) == "because you bought CUP"
    assert reasons.phrase(reasons.COUNTRY, "", 0, "France") == "popular in France this month"
    assert reasons.phrase(reasons.POPULAR, "", 0, "France") == "popular now"
    assert [reasons.every(days) for days in (1, 7, 14, 90, 100)] == [
        "every day",
        "every 7 days",
        "every 2 weeks",
        "every 13 weeks",
        "every 3 months",
    ]


def test_als_scores_are_standardised_by_their_own_moments(trained):
    customers, shelf, _ = trained
    block = score_block(shelf, histories(purchases(customers), CUT, 60.0))
    whole = block.als @ np.linalg.pinv(block.shelf.factors.T) @ shelf.factors.factors.T
    z = (whole - whole.mean(axis=1)[:, None]) / whole.std(axis=1)[:, None]
    assert block.shelf.items.tolist() == list(LIVE)
    assert block.als_z == pytest.approx(z[:, block.shelf.items])


def test_candidates_are_the_best_new_ones_and_all_live_own_ones(trained):
    customers, shelf, _ = trained
    block = score_block(shelf, histories(purchases(customers), CUT, 60.0))
    few = RecommendSettings(candidates=1, extra_candidates=0)
    pairs = candidates(block, few)
    for number in range(len(customers)):
        own = {line[0] for line in customers[number] if line[1] < CUT} - {RETIRED}
        got = set(pairs.items[pairs.rows == number])
        new = [i for i in LIVE if block.own[number, i] < 0]
        assert got == own | {max(new, key=lambda i, row=number: block.als_z[row, i])}


def test_candidates_by_what_sells_are_the_first_new_ones_of_each_customer(trained):
    customers, shelf, _ = trained
    block = score_block(shelf, histories(purchases(customers), CUT, 60.0))
    pairs = candidates(block, RecommendSettings(candidates=0, extra_candidates=2))
    table = shelf.table
    for number in range(len(customers)):
        new = [i for i in LIVE if block.own[number, i] < 0]
        newest = sorted(new, key=lambda i: (-table.newcomers[i], i))[:4]
        selling = sorted(new, key=lambda i: (-table.sales_7[i], i))[:2]
        assert {*newest, *selling} <= set(pairs.items[pairs.rows == number])


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


def test_factors_of_many_are_those_of_each_alone(trained):
    customers, shelf, _ = trained
    known = histories(purchases([*customers[:3], [], *customers[3:6]]), CUT, 60.0)
    found = shelf.customer_factors(known)
    for row in range(len(known)):
        own = slice(known.indptr[row], known.indptr[row + 1])
        alone = np.zeros(2)
        if own.stop > own.start:
            folded = shelf.fold_in.solve(known.items[own], known.decayed[own])
            alone = np.linalg.solve(folded.a, folded.weight @ folded.own)
        assert found[row] == pytest.approx(alone)


def test_features_are_those_that_are_named(trained):
    customers, shelf, _ = trained
    known = histories(purchases(customers[:1]), CUT, 60.0)
    block = score_block(shelf, known)
    pairs = Pairs(np.array([0, 0]), np.array([0, 7]), block.own[0, [0, 7]])
    seen = features.pair_features(shelf, known, block, pairs)
    column = {name: seen[:, i] for i, name in enumerate(features.FOR_YOU)}
    bought = [line for line in customers[0] if line[0] == 0 and line[1] < CUT]
    assert column["own_invoices"].tolist() == [len(bought), 0]
    assert column["own_last"][0] == CUT - max(line[1] for line in bought)
    assert np.isnan(column["own_last"][1])
    assert column["relative_price"] == pytest.approx([0, 0], abs=1e-6)
    assert column["age"][1] == shelf.table.age[7]
    assert features.FOR_YOU[: len(features.DISCOVER)] == features.DISCOVER


def test_neighbouring_codes_and_common_words_bring_products_together():
    codes = affinity.codes(["20000", "20004A", "20013", "20016"]).toarray()
    assert codes[0] == pytest.approx([0, np.exp(-1), 0, 0])
    assert codes[1] == pytest.approx([np.exp(-1), 0, np.exp(-9 / 4), np.exp(-3)])
    words = affinity.words(["RED BAG", "RED BAG", None, "BLUE BAG", "BLUE TIN"]).toarray()
    assert (words @ words.T).diagonal() == pytest.approx([1, 1, 0, 1, 1])
    assert (words @ words.T)[0, 1] == pytest.approx(1)
    assert 0 < (words @ words.T)[0, 3] < 1


def test_cosine_of_buyers_is_shrunk():
    known = histories(purchases([[buy(0, 1, 1), buy(1, 1, 1)], [buy(0, 1, 1)]]), CUT, 60.0)
    close, both = affinity.together(known, 3)
    found = close.toarray()
    assert found[0, 1] == found[1, 0] == pytest.approx(1 / np.sqrt(12 * 11))
    assert found.trace() == 0
    assert both.toarray()[0].tolist() == [0, 1, 0]


def test_what_buyers_of_a_product_bought_of_late():
    customers = [
        [buy(0, CUT - 90, 1), buy(1, CUT - 30, 2)],
        [buy(0, CUT - 90, 1), buy(1, CUT - 31, 2)],
        [buy(2, CUT - 1, 1)],
    ]
    found = affinity.lately(histories(purchases(customers), CUT, 60.0), 3).toarray()
    # Of the two who bought 0 one did so with 1 in the last 30 days; each of them has two products.
    by_customer = 1 / np.sqrt(2 + 5)
    expected = np.zeros((3, 3))
    expected[0, 1] = by_customer / np.sqrt((2 * by_customer + 3) * (1 + 10))
    assert found == pytest.approx(expected)


def test_ease_and_item_knn_worked_out_by_hand():
    # X = [[1, 1], [1, 0]]: X'X + I = [[3, 1], [1, 2]], inverse [[2, -1], [-1, 3]] / 5.
    known = histories(purchases([[buy(0, 1, 1), buy(1, 1, 1)], [buy(0, 1, 1)]]), CUT, 60.0)
    weights = baselines.ease_weights(known, 2, regularization=1.0)
    assert weights == pytest.approx(np.array([[0, 1 / 3], [1 / 2, 0]]))
    assert baselines.by_weights(known, weights) == pytest.approx(
        np.array([[1 / 2, 1 / 3], [0, 1 / 3]])
    )
    # Lengths 2 and 1, mean 1.5; only customer 0 has both products, each once; k1 1.2, b 0.75.
    tf = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    idf = np.log(2) - np.log([3, 2])
    assert baselines.bm25_weights(known, 2)[0, 1] == pytest.approx(tf * tf * idf[0] * idf[1])


def test_trivial_lists(trained):
    customers, shelf, _ = trained
    known = histories(purchases(customers), CUT, 60.0)
    own = Ragged(known.indptr, known.items)
    popular = baselines.lists(baselines.popularity(shelf.table, 1), 3)
    assert popular[0].tolist() == sorted(range(ITEMS), key=lambda i: (-shelf.table.total[i], i))[:3]
    recent = baselines.lists(baselines.recent_popularity(shelf.table, len(known)), ITEMS, own)
    for row, without in zip(recent, own, strict=True):
        assert not set(row[row != NOTHING]) & set(without)
        assert len(set(row[row != NOTHING])) == ITEMS - len(without)
    first = baselines.lists(baselines.own_then_recent(known, shelf.table), 1)
    for number, row in enumerate(first):
        mine = known.invoices[known.rows == number]
        assert known.invoices[(known.rows == number) & (known.items == row[0])] == mine.max()


def test_factors_follow_the_catalogue_and_unknown_products_have_none():
    factors = ItemFactors(("b", "a"), np.array([[2.0], [1.0]]), 1.0, 0.1)
    found = aligned(factors, ["a", "new", "b"])
    assert found.stock_codes == ("a", "new", "b")
    assert found.factors.tolist() == [[1.0], [0.0], [2.0]]
    assert aligned(factors, ["b"]).factors.tolist() == [[2.0]]


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
    pairs = Pairs(customers, items, np.full(len(triples), -1))
    picked, ranks = best(pairs, np.arange(len(triples)), scores.astype(float), n)
    expected = []
    for customer in range(4):
        mine = sorted((-t[2], t[1]) for t in triples if t[0] == customer)[:n]
        expected += [(customer, item, place) for place, (_, item) in enumerate(mine, start=1)]
    got = zip(customers[picked], items[picked], ranks, strict=True)
    assert list(got) == expected


class Even:
    """A classifier that thinks every pair as likely as not."""

    def __init__(self, width):
        self.n_features_in_ = width

    def predict_proba(self, seen):
        return np.full((len(seen), 2), 0.5)


def test_chances_of_new_products_are_those_among_all_and_own_ones_stay():
    seen = np.zeros((2, len(features.FOR_YOU)), dtype=np.float32)
    seen[1, features.FOR_YOU.index("own_invoices")] = 3
    # One bought for one kept, of ten that were not bought: 1 in 11.
    thinned = Thinned(Even(len(features.FOR_YOU)), kept=0.1)
    np.testing.assert_allclose(thinned.predict_proba(seen), [[10 / 11, 1 / 11], [0.5, 0.5]])
    # discover's classifier sees no own purchases: all it is asked about is new.
    narrow = Thinned(Even(len(features.DISCOVER)), kept=0.1)
    np.testing.assert_allclose(
        narrow.predict_proba(seen[:, : len(features.DISCOVER)])[:, 1], [1 / 11, 1 / 11]
    )


def test_all_own_products_and_a_share_of_the_new_ones_not_bought_are_learnt_from():
    customers = shop()
    shelf = catalogue(customers, CUT)
    whole = sample(shelf, customers)
    thin = sample(
        shelf, customers, replace(SETTINGS, discover_negatives=0.25, for_you_negatives=0.1)
    )
    assert thin.own.sum() == whole.own.sum() > 0
    assert (thin.bought & ~thin.own).sum() == (whole.bought & ~whole.own).sum()
    missed, kept = (~whole.bought & ~whole.own).sum(), (~thin.bought & ~thin.own).sum()
    assert 0 < kept < missed / 2
    few = thin.take(thin.thinned(0.1))
    assert few.own.sum() == whole.own.sum()
    assert few.bought.sum() == whole.bought.sum()
    assert 0 < (~few.bought & ~few.own).sum() < kept
