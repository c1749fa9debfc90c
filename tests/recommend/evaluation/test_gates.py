import numpy as np

from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation.gates import compare_all, failures
from retail_lakehouse.recommend.evaluation.metrics import score
from retail_lakehouse.recommend.evaluation.quality_rows import quality_rows
from toy_scores import USERS, scores


def judged(discover, for_you, recent=10, own=20):
    return {
        ("discover", "new"): scores(discover),
        ("for_you", "all"): scores(for_you),
        ("recent_popularity", "new"): scores(recent, last=True),
        ("own_then_recent", "all"): scores(own, last=True),
    }


def test_better_lists_pass():
    assert failures(compare_all(judged(30, 40), {})) == ""


def test_what_is_no_better_than_chance_does_not():
    found = compare_all(judged(11, 40), {})
    assert [gate.passed for gate in found] == [False, True]
    # 11 of 60 against 10 others of them.
    assert failures(found).startswith(
        "discover NDCG@10 0.1833 against 0.1667 of recent_popularity (+0.0167, 95 % -0."
    )


def test_worse_than_the_champion_fails_and_much_the_same_passes():
    found = judged(30, 40)
    champion = {"discover": scores(45), "for_you": scores(40)}
    gates = compare_all(found, champion)
    assert [gate.passed for gate in gates] == [True, True, False, True]
    assert "0.7500 of champion" in failures(gates)


def test_nobody_to_judge_by_is_no_pass():
    nobody = score(
        np.zeros((0, 1), dtype=int), RaggedRows.of([]), buyers=np.ones(2), customers=USERS
    )
    found = dict.fromkeys(judged(1, 1), nobody)
    assert [gate.passed for gate in compare_all(found, {})] == [False, False]
    assert failures(compare_all(found, {})) == (
        "discover: no customer of the last window could be judged on it; "
        "for_you: no customer of the last window could be judged on it"
    )
    assert quality_rows(found, None, 30, 0.0) == []
