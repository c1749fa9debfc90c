import numpy as np
import pytest

from retail_lakehouse.recommend.ranking import reasons
from retail_lakehouse.recommend.ranking.item_lists import item_lists
from toy_shop import (
    CUT,
    SETTINGS,
    buy,
    purchases,
)


def test_reasons_tell_the_rhythm_of_own_products(trained):
    customers, shelf, rankers = trained
    told = 0
    for part in item_lists(shelf, rankers, purchases(customers[:4]), SETTINGS):
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
    wanted = ("for_you", "discover", "buy_again")
    for part in item_lists(shelf, rankers, purchases(customers), SETTINGS, wanted=wanted):
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
    (part,) = item_lists(shelf, rankers, purchases([customer]), SETTINGS, wanted=("buy_again",))
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
