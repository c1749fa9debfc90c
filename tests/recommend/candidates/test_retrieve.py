import numpy as np
import pytest

from retail_lakehouse.recommend.candidates.retrieve import retrieve, shelf_scores
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.settings import CandidateSettings
from toy_shop import (
    CUT,
    LIVE,
    RETIRED,
    purchases,
)


def test_als_scores_are_standardised_by_their_own_moments(trained):
    customers, shelf, _ = trained
    block = shelf_scores(shelf, histories(purchases(customers), CUT, 60.0))
    whole = block.als @ np.linalg.pinv(block.shelf.factors.T) @ shelf.factors.factors.T
    z = (whole - whole.mean(axis=1)[:, None]) / whole.std(axis=1)[:, None]
    assert block.shelf.items.tolist() == list(LIVE)
    assert block.als_z == pytest.approx(z[:, block.shelf.items])


def test_candidates_are_the_best_new_ones_and_all_live_own_ones(trained):
    customers, shelf, _ = trained
    block = shelf_scores(shelf, histories(purchases(customers), CUT, 60.0))
    few = CandidateSettings(by_als=1, by_other_signs=0)
    pairs = retrieve(block, few)
    for number in range(len(customers)):
        own = {line[0] for line in customers[number] if line[1] < CUT} - {RETIRED}
        got = set(pairs.items[pairs.rows == number])
        new = [i for i in LIVE if block.own[number, i] < 0]
        assert got == own | {max(new, key=lambda i, row=number: block.als_z[row, i])}


def test_candidates_by_what_sells_are_the_first_new_ones_of_each_customer(trained):
    customers, shelf, _ = trained
    block = shelf_scores(shelf, histories(purchases(customers), CUT, 60.0))
    pairs = retrieve(block, CandidateSettings(by_als=0, by_other_signs=2))
    table = shelf.stats
    for number in range(len(customers)):
        new = [i for i in LIVE if block.own[number, i] < 0]
        newest = sorted(new, key=lambda i: (-table.newcomers[i], i))[:4]
        selling = sorted(new, key=lambda i: (-table.sales_7[i], i))[:2]
        assert {*newest, *selling} <= set(pairs.items[pairs.rows == number])
