"""Buy till you die and Gamma-Gamma, against published estimates and values made by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retail_lakehouse.value.fitting import lifetime, spend
from retail_lakehouse.value.fitting.lifetime import Lifetime
from retail_lakehouse.value.fitting.spend import Spend

CDNOW = Path(__file__).parents[3] / "shared" / "data" / "cdnow_sample.csv"
needs_cdnow = pytest.mark.skipif(not CDNOW.exists(), reason="the public tenth of CDNOW is not here")


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """2,357 customers, summed up as in the papers of Fader and Hardie, in weeks and USD."""
    return pd.read_csv(CDNOW)


def repeats(rows: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(rows[name].to_numpy(float) for name in ("x", "t_x", "T"))


@needs_cdnow
def test_bg_nbd_has_the_published_estimates_on_cdnow(cdnow):
    """Fader, Hardie and Lee 2005, table 2."""
    found = lifetime.fit(*repeats(cdnow), likelihood=lifetime.bg_log_likelihood)
    assert round(found.r, 3) == 0.243
    assert round(found.alpha, 3) == pytest.approx(4.414, abs=0.0015)
    assert round(found.a, 3) == 0.793
    assert round(found.b, 3) == 2.426
    total = lifetime.total_log_likelihood(found, *repeats(cdnow), lifetime.bg_log_likelihood)
    assert round(total, 1) == -9582.4


@needs_cdnow
def test_gamma_gamma_has_the_published_estimates_on_cdnow(cdnow):
    """Fader and Hardie 2013: 6.25, 3.74, 15.44; the file's means are rounded to cents."""
    bought = cdnow[cdnow["x"] > 0]
    orders, mean = bought["x"].to_numpy(float), bought["zbar"].to_numpy(float)
    found = spend.fit(orders, mean)
    assert round(found.p, 2) == 6.25
    assert round(found.q, 2) == 3.74
    assert found.gamma == pytest.approx(15.44, abs=0.01)
    published = spend.log_likelihood(np.array([6.25, 3.74, 15.44]), orders, mean).sum()
    best = spend.log_likelihood(np.array([found.p, found.q, found.gamma]), orders, mean).sum()
    assert 0 <= best - published < 0.002


@needs_cdnow
def test_the_modified_model_lets_who_bought_once_leave(cdnow):
    found = lifetime.fit(*repeats(cdnow))
    alive = found.alive(*repeats(cdnow))
    assert alive[cdnow["x"] == 0].max() < 0.5
    ordinary = lifetime.fit(*repeats(cdnow), likelihood=lifetime.bg_log_likelihood)
    assert lifetime.total_log_likelihood(found, *repeats(cdnow)) > (
        lifetime.total_log_likelihood(ordinary, *repeats(cdnow), lifetime.bg_log_likelihood)
    )


def one(value: float) -> np.ndarray:
    return np.array([value])


def test_likelihoods_of_one_customer_by_hand():
    parameters = np.array([1.0, 10.0, 1.0, 2.0])
    # Stayed, 2/3, and was silent, 10/20; or left at once, 1/3.
    once = lifetime.log_likelihood(parameters, one(0), one(0), one(10))
    assert np.exp(once) == pytest.approx(2 / 3)
    # Nobody leaves before the second order: silent, 10/20.
    ordinary = lifetime.bg_log_likelihood(parameters, one(0), one(0), one(10))
    assert np.exp(ordinary) == pytest.approx(1 / 2)
    # An order at 10 of 20, of the rate's mixture r alpha^r / (alpha + t)^(r + 1): staying twice,
    # B(1, 4) / B(1, 2) = 1/2, then leaving after it, B(2, 3) / B(1, 2) = 1/6.
    twice = lifetime.log_likelihood(parameters, one(1), one(10), one(20))
    assert np.exp(twice) == pytest.approx(1 / 2 * 10 / 30**2 + 1 / 6 * 10 / 20**2)


def test_chances_by_hand():
    shop = Lifetime(1.0, 10.0, 1.0, 2.0)
    assert shop.alive(one(0), one(0), one(10)) == pytest.approx(1 / 2)
    # Half are customers still; of these, half order within as long again.
    assert shop.chance(one(0), one(0), one(10), 20.0) == pytest.approx(1 / 2 * (1 - 20 / 40))


def test_expected_orders_are_those_of_simulated_customers():
    shop = Lifetime(0.8, 12.0, 0.7, 2.5)
    random = np.random.default_rng(1)
    n, ahead = 100_000, 60.0
    rate, leaves = random.gamma(shop.r, 1 / shop.alpha, n), random.beta(shop.a, shop.b, n)
    time, orders = np.zeros(n), np.zeros(n)
    here = random.random(n) >= leaves
    while here.any():
        time[here] += random.exponential(1 / np.maximum(rate[here], 1e-12))
        here &= time < ahead
        orders += here
        here &= random.random(n) >= leaves
    assert shop.expected(one(0), one(0), one(0), ahead)[0] == pytest.approx(orders.mean(), rel=0.02)
    assert shop.chance(one(0), one(0), one(0), ahead)[0] == pytest.approx(
        (orders > 0).mean(), rel=0.02
    )


@pytest.mark.parametrize("a", [1.0, 1.0 + 1e-9, 0.02, 7.0])
def test_expected_orders_are_finite_for_every_customer(a):
    shop = Lifetime(0.5, 30.0, a, 2.0)
    x, t = np.array([0.0, 1.0, 400.0]), np.array([1.0, 700.0, 700.0])
    expected = shop.expected(x, np.minimum(t, 690.0), t, 365.0)
    assert np.isfinite(expected).all()
    assert (expected >= shop.chance(x, np.minimum(t, 690.0), t, 365.0) - 1e-12).all()


def test_fit_finds_the_parameters_of_simulated_customers():
    shop, random, n = Lifetime(0.9, 20.0, 0.8, 3.0), np.random.default_rng(3), 4_000
    rate, leaves = random.gamma(shop.r, 1 / shop.alpha, n), random.beta(shop.a, shop.b, n)
    t = random.uniform(100, 300, n)
    x, t_x, here, time = np.zeros(n), np.zeros(n), random.random(n) >= leaves, np.zeros(n)
    while here.any():
        time[here] += random.exponential(1 / np.maximum(rate[here], 1e-12))
        here &= time < t
        x, t_x = x + here, np.where(here, time, t_x)
        here &= random.random(n) >= leaves
    found = lifetime.fit(x, t_x, t)
    assert found.r / found.alpha == pytest.approx(shop.r / shop.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(shop.a / (shop.a + shop.b), rel=0.15)


def test_nobody_repeats_is_a_small_chance_for_all_and_no_error():
    t = np.linspace(1.0, 300.0, 40)
    found = lifetime.fit(np.zeros(40), np.zeros(40), t, prior=0.05)
    chances = found.chance(np.zeros(40), np.zeros(40), t, 90.0)
    assert np.isfinite(chances).all()
    assert chances.max() < 0.1


def test_a_mean_of_few_orders_is_drawn_to_the_shops():
    shop = Spend(2.0, 3.0, 10.0)
    # 2 (10 + 1 x 40) / (2 x 1 + 3 - 1), and with ten orders 2 (10 + 10 x 40) / (20 + 2).
    few, many = shop.expected(np.array([1.0, 10.0]), np.array([40.0, 40.0]))
    assert (few, many) == (pytest.approx(25.0), pytest.approx(820 / 22))


def test_orders_for_nothing_teach_no_values():
    paid = spend.fit(np.ones(30), np.linspace(10.0, 30.0, 30), prior=0.05)
    some = spend.fit(np.ones(40), np.r_[np.zeros(10), np.linspace(10.0, 30.0, 30)], prior=0.05)
    assert some == paid
    free = spend.fit(np.ones(5), np.zeros(5), prior=0.05)
    assert 0 <= free.expected(np.ones(1), np.zeros(1))[0] < 0.001


def test_equal_orders_of_all_customers_have_a_finite_mean():
    found = spend.fit(np.ones(30), np.full(30, 20.0), prior=0.05)
    assert found.expected(np.ones(1), np.array([20.0]))[0] == pytest.approx(20.0, rel=0.2)
