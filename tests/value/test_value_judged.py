"""Metrics against scikit-learn and by hand; windows, baselines and gates."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.value.judging import forecast_metrics as metrics
from retail_lakehouse.value.judging import value_gates as gates
from retail_lakehouse.value.judging.judged import Judged, judge, starts
from retail_lakehouse.value.judging.naive import (
    LAST_QUARTER,
    OWN_RATE,
    RECENCY,
    Prediction,
    predictions,
)
from retail_lakehouse.value.judging.quality import quality_rows
from retail_lakehouse.value.model import CURVE, TREES
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.training import train
from retail_lakehouse.value_settings import ValueSettings
from value_shop import frame_of, sales_of, shop

SETTINGS = ValueSettings()


@pytest.fixture(scope="module")
def sales() -> Sales:
    return shop(customers=500, days=540)


@pytest.fixture(scope="module")
def judged(sales) -> Judged:
    return judge(sales, Daily.of(sales), 440, SETTINGS)


@pytest.mark.parametrize("seed", range(3))
def test_auc_and_brier_are_scikit_learns_ties_and_weights_and_all(seed):
    random = np.random.default_rng(seed)
    chance = random.integers(0, 6, 200) / 6
    happened, weights = random.random(200) < chance, metrics.resamples(200, 4)
    auc, brier = (
        metrics.auc(chance, happened, weights),
        metrics.brier(chance, happened, weights),
    )
    for draw, weight in enumerate(weights):
        assert auc[draw] == pytest.approx(roc_auc_score(happened, chance, sample_weight=weight))
        assert brier[draw] == pytest.approx(
            brier_score_loss(happened, chance, sample_weight=weight)
        )


def test_a_weight_of_two_is_the_customer_twice():
    came, score = np.array([0.0, 4.0, 1.0]), np.array([1.0, 3.0, 2.0])
    twice = np.array([[1.0, 1.0, 2.0]])
    copied = np.array([0, 1, 2, 2])
    for metric in (
        metrics.gini,
        metrics.bias,
        metrics.mae,
        metrics.top_tenth,
    ):
        expected = metric(score[copied], came[copied], metrics.once(4))
        assert metric(score, came, twice) == pytest.approx(expected), metric


def test_gini_by_hand():
    # By forecast 2, 0, 8: cumulated, to each customer's middle, 1, 2, 6 of 10, whose mean is .3.
    # By what came 8, 2, 0: 4, 9, 10, mean 23 / 30.
    came, score = np.array([0.0, 8.0, 2.0]), np.array([2.0, 1.0, 3.0])
    assert metrics.gini(score, came, metrics.once(3)) == pytest.approx(
        (0.3 - 0.5) / (23 / 30 - 0.5)
    )


def test_metrics_of_nothing_are_not_defined():
    nothing, weights = np.zeros(3), metrics.once(3)
    assert np.isnan(metrics.auc(np.ones(3), nothing > 0, weights)).all()
    assert np.isnan(metrics.gini(np.ones(3), nothing, weights)).all()
    assert np.isnan(metrics.bias(np.ones(3), nothing, weights)).all()


def test_an_interval_holds_the_value_and_narrows_with_customers():
    widths = []
    for n in (50, 5_000):
        happened = np.arange(n) % 3 == 0
        chance = np.where(happened, 0.6, 0.3)
        draws = metrics.brier(chance, happened, metrics.resamples(n))
        found = metrics.interval(draws, metrics.brier(chance, happened, metrics.once(n)))
        assert found.low <= found.value <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 5


def test_windows_follow_each_other_back_from_the_cut(sales):
    daily = Daily.of(sales)
    assert starts(daily, 540, 3, SETTINGS) == [450, 360, 270]
    assert starts(daily, 200, 3, SETTINGS) == [110]
    assert starts(daily, 100, 3, SETTINGS) == []


def test_twins_see_nothing_of_the_window(sales, judged):
    past = Sales.of(frame_of(sales).query("day < 440"))
    twins = train(past, Daily.of(past), 440, SETTINGS)
    blind = judge(past, Daily.of(past), 440, SETTINGS)
    assert set(judged.predictions) == {*twins, RECENCY, OWN_RATE, LAST_QUARTER}
    for name, said in judged.predictions.items():
        assert np.array_equal(said.chances[90], blind.predictions[name].chances[90]), name
    assert not blind.bought[90].any() and judged.bought[90].any()


def test_baselines_of_one_customer_by_hand():
    sales = sales_of([(1, 0, 10.0), (1, 70, 20.0), (1, 90, 60.0), (2, 0, 5.0)])
    said = predictions(sales, 100, SETTINGS)
    rate = 3 / 100
    assert said[OWN_RATE].orders[0] == pytest.approx(rate * 90)
    assert said[OWN_RATE].spend[0] == pytest.approx(rate * 90 * 30)
    assert said[OWN_RATE].chances[30][0] == pytest.approx(1 - np.exp(-rate * 30))
    assert said[LAST_QUARTER].orders.tolist() == [2.0, 0.0]
    assert said[LAST_QUARTER].spend.tolist() == [80.0, 0.0]
    # The shop is too young to calibrate: 90 / (90 + days since the last order).
    assert said[RECENCY].chances[90] == pytest.approx([90 / 100, 90 / 190])
    assert said[RECENCY].orders is None


def test_models_beat_what_a_shop_can_say_without_them(judged):
    brier = {name: judged.scores(name)["brier_90"].value for name in judged.predictions}
    assert max(brier[CURVE], brier[TREES]) < min(brier[RECENCY], brier[LAST_QUARTER])


def test_rows_of_quality_are_unique_and_say_what_was_judged(judged):
    rows = quality_rows(judged)
    assert len({row[:4] for row in rows}) == len(rows)
    assert {row[0] for row in rows} == {date_of(440)}
    assert date_of(440) == date(1971, 3, 17)
    tenths = [row for row in rows if row[1] == TREES and row[2] == "chance_90"]
    assert [row[3] for row in tenths] == list(range(1, 11))
    assert sum(row[7] for row in tenths) == len(judged)
    assert not [row for row in rows if np.isnan(row[4])]
    assert "within_spend" not in {row[2] for row in rows if row[1] == OWN_RATE}


def told(chance: np.ndarray, bought: np.ndarray, name: str = CURVE) -> Judged:
    """A window in which a model and own rate said these chances."""
    nothing = np.zeros(len(chance))
    return Judged(
        100,
        {
            name: Prediction({30: chance, 90: chance}),
            OWN_RATE: Prediction({30: nothing + 0.5, 90: nothing + 0.5}),
        },
        {30: bought, 90: bought},
        nothing,
        nothing,
    )


@pytest.fixture(scope="module")
def true_chances() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(11)
    chance = random.uniform(0.0, 1.0, 2_000)
    return chance, random.random(2_000) < chance


def test_a_good_model_passes(true_chances):
    assert [g.passed for g in gates.gates([told(*true_chances)], CURVE, SETTINGS)] == [
        True,
        True,
    ]


def test_a_model_that_does_not_beat_own_rate_fails_and_says_by_how_much(true_chances):
    chance, bought = true_chances
    worse = told(1.0 - chance, bought)
    better, calibrated = gates.gates([worse], CURVE, SETTINGS)
    assert not better.passed and not calibrated.passed
    less = gates.gain([worse], CURVE, OWN_RATE)
    assert str(better) == (
        f"Brier score higher than that of own rate by {-less.value:.4f} "
        f"(95 % {-less.high:.4f} to {-less.low:.4f})"
    )
    assert 0 < -less.high < -less.value < -less.low


def test_a_better_model_says_by_how_much(true_chances):
    better, _ = gates.gates([told(*true_chances)], CURVE, SETTINGS)
    less = gates.gain([told(*true_chances)], CURVE, OWN_RATE)
    assert str(better) == (
        f"Brier score lower than that of own rate by {less.value:.4f} "
        f"(95 % {less.low:.4f} to {less.high:.4f})"
    )


def test_a_badly_calibrated_model_fails(true_chances):
    chance, bought = true_chances
    sure = told(chance**4, bought)
    _, calibrated = gates.gates([sure], CURVE, SETTINGS)
    assert not calibrated.passed
    assert "0.10 is allowed" in str(calibrated)


def test_few_customers_are_off_by_luck():
    bought = np.array([True, False] * 6)
    few = told(np.full(12, 0.5), bought)
    assert max(gates.decile_errors([few], CURVE)) == 0.0


def test_a_champion_that_is_clearly_better_stays(true_chances):
    chance, bought = true_chances
    window = told(np.clip(chance + 0.09, 0, 1), bought)
    champion = replace(
        window,
        predictions={
            **window.predictions,
            gates.CHAMPION: Prediction({30: chance, 90: chance}),
        },
    )
    *_, compared = gates.gates([champion], CURVE, SETTINGS)
    assert not compared.passed and "champion" in str(compared)


def test_the_better_kind_is_that_of_the_lower_brier_score(true_chances):
    chance, bought = true_chances
    window = told(chance, bought)
    for other, better in ((chance**3, CURVE), (bought * 0.9 + 0.05, TREES)):
        both = {**window.predictions, TREES: Prediction({30: other, 90: other})}
        assert gates.better_kind([replace(window, predictions=both)]) == better
    assert gates.better_kind([window]) == CURVE
    assert gates.better_kind([]) == CURVE
