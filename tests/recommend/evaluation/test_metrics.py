from math import log2

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation import metrics
from retail_lakehouse.recommend.evaluation.metrics import NOTHING, list_matrix, only, score

BUYERS = np.array([8, 4, 2, 1, 0])


def judged(lists, targets, **more):
    return score(np.array(lists), RaggedRows.of(targets), buyers=BUYERS, customers=8, **more)


def test_a_list_worked_out_by_hand():
    # Targets 0, 2, 4; list 1 0 2: hits at ranks 2 and 3.
    found = judged([[1, 0, 2]], [[0, 2, 4]])
    dcg = 1 / log2(3) + 1 / log2(4)
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert found.mean("recall") == pytest.approx(2 / 3)
    assert found.mean("precision") == pytest.approx(2 / 3)
    assert found.mean("ndcg") == pytest.approx(dcg / ideal)
    assert found.mean("map") == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert found.mean("hit_rate") == 1.0
    assert found.coverage == pytest.approx(3 / 5)
    assert found.novelty == pytest.approx((1 + 0 + 2) / 3)


def test_more_targets_than_places_still_reach_one():
    found = judged([[0, 1]], [[0, 1, 2, 3]])
    assert (found.mean("ndcg"), found.mean("map")) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.mean("recall") == pytest.approx(0.5)


def test_means_are_over_customers_not_over_targets():
    found = judged([[0, 1], [2, 3]], [[0], [0, 1, 4]])
    assert found.mean("recall") == pytest.approx((1.0 + 0.0) / 2)


def test_who_bought_nothing_is_not_judged_and_an_empty_list_counts_as_zero():
    found = judged([[0, 1], [0, 1], [NOTHING, NOTHING]], [[0], [], [1]])
    assert found.judged.tolist() == [0, 2]
    assert found.users == 2
    assert found.per_user["ndcg"].tolist() == [1.0, 0.0]
    assert found.novelty == pytest.approx(0.5)


def test_a_short_list_keeps_its_places():
    found = judged([[4, NOTHING, NOTHING]], [[4]])
    assert found.mean("ndcg") == 1.0
    assert found.mean("precision") == pytest.approx(1 / 3)
    # Nobody bought product 4 yet: counted as one customer of eight.
    assert found.novelty == pytest.approx(3.0)


def test_nobody_to_judge():
    found = judged(np.empty((1, 3), dtype=int), [[]])
    assert found.users == 0
    assert np.isnan(found.mean("ndcg"))
    assert np.isnan(found.novelty)


def test_targets_split_into_repeats_and_new():
    targets, known = RaggedRows.of([[0, 3], [1], [2]]), RaggedRows.of([[3, 4], [], [2]])
    repeats, new = (only(targets, known, repeats=which) for which in (True, False))
    assert [row.tolist() for row in repeats] == [[3], [], [2]]
    assert [row.tolist() for row in new] == [[0], [1], []]


def test_rows_of_a_table_become_a_matrix():
    lists = list_matrix(
        np.array([1, 0, 1, 1]), np.array([2, 1, 1, 3]), np.array([7, 5, 6, 8]), n=3, k=2
    )
    assert lists.tolist() == [[5, NOTHING], [6, 7], [NOTHING, NOTHING]]


def test_bootstrap_brackets_the_mean_and_is_repeatable():
    values = np.array([0.0, 1.0] * 200)
    found = metrics.bootstrap(values)
    # Standard error 0.5 / sqrt(400) = 0.025; 1.96 of them on each side.
    assert found.mean == 0.5
    assert found.low == pytest.approx(0.451, abs=0.01)
    assert found.high == pytest.approx(0.549, abs=0.01)
    assert metrics.bootstrap(values) == found
    assert np.isnan(metrics.bootstrap(np.empty(0)).mean)


def test_paired_differences_see_what_means_alone_do_not():
    # Customers differ much more from each other (0 or 1) than the two rankings do (0 or 0.1).
    theirs = np.repeat([0.0, 1.0], 100)
    gain = np.tile([0.0, 0.1], 100)
    ours = theirs + gain
    apart = [metrics.bootstrap(values) for values in (ours, theirs)]
    assert apart[0].low < apart[1].mean < apart[0].mean < apart[1].high
    # Standard error of the mean gain: 0.05 / sqrt(200) = 0.0035; 1.96 of them on each side.
    paired = metrics.bootstrap(ours - theirs)
    assert paired.mean == pytest.approx(0.05)
    assert paired.low == pytest.approx(0.0431, abs=0.0015)
    assert paired.high == pytest.approx(0.0569, abs=0.0015)


@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=9, unique=True),
    st.sets(st.integers(0, 8), min_size=1),
)
def test_metrics_agree_with_their_definitions(ranked, wanted):
    k = len(ranked)
    lists = np.array([ranked])
    found = score(lists, RaggedRows.of([sorted(wanted)]), buyers=np.ones(9), customers=1)
    gains = [item in wanted for item in ranked]
    assert found.mean("recall") == pytest.approx(sum(gains) / len(wanted))
    ideal = sum(1 / log2(r + 2) for r in range(min(k, len(wanted))))
    dcg = sum(gain / log2(r + 2) for r, gain in enumerate(gains))
    assert found.mean("ndcg") == pytest.approx(dcg / ideal)
    precisions = [sum(gains[: r + 1]) / (r + 1) for r, gain in enumerate(gains) if gain]
    assert found.mean("map") == pytest.approx(sum(precisions) / min(k, len(wanted)))
    for metric in metrics.PER_USER:
        assert 0.0 <= found.mean(metric) <= 1.0 + 1e-12


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_metrics_agree_with_trec_eval(seed):
    """All but MAP, which trec_eval divides by all targets, and novelty and coverage."""
    random = np.random.default_rng(seed)
    k, products, customers = 10, 40, 8
    lists = np.stack([random.choice(products, k, replace=False) for _ in range(customers)])
    lists[0, 6:] = NOTHING
    targets = [
        np.sort(random.choice(products, random.integers(1, 20), replace=False))
        for _ in range(customers)
    ]
    found = score(lists, RaggedRows.of(targets), buyers=np.ones(products), customers=customers)
    wanted = {f"c{c}": {f"p{p}": 1 for p in own} for c, own in enumerate(targets)}
    given_lists = {
        f"c{c}": {f"p{p}": float(k - rank) for rank, p in enumerate(own) if p != NOTHING}
        for c, own in enumerate(lists)
    }
    names = {
        "ndcg_cut_10": "ndcg",
        "P_10": "precision",
        "recall_10": "recall",
        "success_10": "hit_rate",
    }
    theirs = pytrec_eval.RelevanceEvaluator(wanted, set(names)).evaluate(given_lists)
    for their_name, our_name in names.items():
        values = [theirs[f"c{c}"][their_name] for c in range(customers)]
        assert found.per_user[our_name] == pytest.approx(values), our_name
