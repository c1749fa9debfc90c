"""Forecasts of both kinds of models: what must hold of every customer, and of odd ones."""

from dataclasses import replace

import numpy as np
import pytest

from retail_lakehouse.arrays.npz import Archive, pack
from retail_lakehouse.errors import EmptyShopError, OtherVersionError
from retail_lakehouse.value import value_artifact
from retail_lakehouse.value.fitting import boosted, calibration, intervals
from retail_lakehouse.value.forecast import Forecast, days_to_order
from retail_lakehouse.value.model import AS_EXPECTED, CURVE, TREES, ValueModel
from retail_lakehouse.value.past.customer_past import history
from retail_lakehouse.value.past.learning_windows import window
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.training import train
from retail_lakehouse.value_settings import ValueSettings
from value_shop import frame_of, sales_of, shop

SETTINGS = ValueSettings()


def trained(sales: Sales, cut: int, settings: ValueSettings = SETTINGS) -> dict[str, ValueModel]:
    return train(sales, Daily.of(sales), cut, settings)


def forecast(model: ValueModel, sales: Sales) -> Forecast:
    return model.predict(history(sales.before(model.cut), model.clock, model.cut))


@pytest.fixture(scope="module")
def busy() -> Sales:
    return shop(customers=500, days=540, busy=True)


@pytest.fixture(scope="module")
def models(busy) -> dict[str, ValueModel]:
    return trained(busy, 500)


@pytest.fixture(params=[CURVE, TREES])
def model(models, request) -> ValueModel:
    return models[request.param]


def all_numbers(found: Forecast) -> np.ndarray:
    amounts = [*found.orders.values(), *found.spend.values()]
    ends = [end for amount in amounts for end in (amount.mean, amount.low, amount.high)]
    return np.concatenate([*found.chances.values(), *ends])


def check_order(found: Forecast) -> None:
    """What must hold among the numbers of every customer."""
    assert np.isfinite(all_numbers(found)).all()
    assert (all_numbers(found) >= 0).all()
    chances = found.chances
    assert (chances[30] <= chances[90]).all() and (chances[90] <= chances[365]).all()
    assert (chances[365] <= 1).all()
    for days in (90, 365):
        assert (found.orders[days].mean >= chances[days]).all()
    for amounts in (found.orders, found.spend):
        assert (amounts[90].mean <= amounts[365].mean * (1 + 1e-9)).all()
        for amount in amounts.values():
            assert (amount.low <= amount.mean).all() and (amount.mean <= amount.high).all()


def test_what_must_hold_among_the_numbers_of_a_customer(model, busy):
    check_order(forecast(model, busy))


def test_each_customer_is_looked_at_by_itself(model, busy):
    everyone = forecast(model, busy)
    known = history(busy.before(model.cut), model.clock, model.cut)
    last = Sales.of(frame_of(busy).query(f"customer_id == {busy.ids[known.rows[-1]]}"))
    alone = forecast(model, last)
    assert alone.chances[90] == pytest.approx(everyone.chances[90][-1:])
    assert alone.spend[365].mean == pytest.approx(everyone.spend[365].mean[-1:])


def test_the_same_shop_gives_the_same_model(busy, models):
    again = trained(busy, 500)
    for kind, model in models.items():
        assert model.to_bytes() == again[kind].to_bytes()


def test_an_artifact_holds_no_customer(busy, models):
    """What the guide of ``forget`` says of it: not who they are, and no row for each of them."""
    model = models[TREES]
    others = replace(busy, ids=np.array([f"CUST-{number:05}" for number in busy.ids]))
    assert trained(others, 500)[TREES].to_bytes() == model.to_bytes()
    archive = Archive(model.to_bytes())
    names = [name for name in archive._zip.namelist() if name.endswith(".npy")]
    arrays = {name: np.load(archive._zip.open(name)) for name in names}
    assert {array.dtype.kind for array in arrays.values()} <= {"f", "u", "i"}
    # One entry a day of the shop; all others are as many as settings say.
    assert len(arrays.pop("ticks.npy")) == model.cut - model.clock.first + 1
    nodes = 2 * SETTINGS.leaves - 1
    most = max(SETTINGS.chance_trees, SETTINGS.amount_trees) * nodes
    assert max(map(len, arrays.values())) <= most


def test_nothing_after_the_cut_is_seen(busy, models):
    before = Sales.of(frame_of(busy).query("day < 500"))
    assert trained(before, 500)[TREES].to_bytes() == models[TREES].to_bytes()


def test_the_season_ahead_is_that_of_a_year_ago():
    """Before the busy quarter the models expect more than they have seen of late."""
    sales = shop(500, 700, busy=True)
    quiet, late = (trained(sales, cut)[CURVE] for cut in (430, 625))
    assert late.clock.ahead(90) > 1.5 * quiet.clock.ahead(90)


def test_a_year_is_held_against_years_past():
    sales = shop(500, 700)
    young, old = (trained(sales, cut)[CURVE] for cut in (400, 600))
    assert young.year == AS_EXPECTED and old.year != AS_EXPECTED
    # Without a year past, its intervals are a quarter's.
    assert young.spreads["spend_365"] is young.spreads["spend_90"]
    assert old.spreads["spend_365"] is not old.spreads["spend_90"]
    past = window(sales, old.clock, old.clock.start_of(600, old.clock.ahead(365)), 600)
    said, came = old.predict(past.history).spend[365], past.spend
    assert said.mean.sum() == pytest.approx(came.sum(), rel=0.2)
    assert intervals.coverage(said.low, said.high, came) == pytest.approx(0.8, abs=0.06)


def test_an_artifact_travels_and_says_the_same(model, busy):
    other = ValueModel.from_bytes(model.to_bytes())
    assert other.kind == model.kind
    assert np.array_equal(all_numbers(forecast(other, busy)), all_numbers(forecast(model, busy)))
    assert other.settings == model.settings


def with_page(model: ValueModel, **changes: object) -> bytes:
    archive = Archive(model.to_bytes())
    names = [name[:-4] for name in archive._zip.namelist() if name.endswith(".npy")]
    kinds = {name: np.load(archive._zip.open(f"{name}.npy")) for name in names}
    return pack({**archive.page(), **changes}, kinds)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 99},
        {"features": {"chance": [], "amount": []}},
        {"lifetime": {"r": -1.0, "alpha": 1.0, "a": 1.0, "b": 1.0}},
        {"levels": {"orders": None, "spend": 1.0}},
        {"trees": {"chance_30": {}}},
        {"calibrated": {"30": {"intercept": 0.0, "weights": []}}},
        {"clock": {"first": 0, "unit": 0.0, "growth": 1.0}},
        {"settings": []},
        {"year": {"calibrated": {"intercept": 0.0, "weights": [1.0, 1.0]}, "levels": {}}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_artifact_that_is_not_one_is_refused_in_one_sentence(models, changes):
    with pytest.raises(OtherVersionError, match="value model"):
        ValueModel.from_bytes(with_page(models[TREES], **changes))


def test_any_bytes_are_refused(models):
    content = models[TREES].to_bytes()
    for wrong in (b"", b"not a zip", content[:-40]):
        with pytest.raises(OtherVersionError):
            ValueModel.from_bytes(wrong)


def test_a_setting_of_another_version_is_left_out(models):
    page = {**vars(SETTINGS), "of_another_version": 3}
    assert ValueModel.from_bytes(with_page(models[CURVE], settings=page)).settings == SETTINGS


def test_only_a_chance_may_be_calibrated(models):
    amounts = models[TREES].trees["orders"]
    with pytest.raises(ValueError, match="no chance"):
        boosted.chance(amounts, np.zeros((1, len(boosted.AMOUNT))), np.zeros(1))
    assert value_artifact.FORMAT == 1


def test_trees_of_spend_begin_between_the_curve_and_late_spend(models, busy):
    model = models[TREES]
    known = history(busy.before(model.cut), model.clock, model.cut)
    late = known.features["spend_halved_180"]
    some = late > 0.1
    assert boosted.spend_base(known, 4.0 * late)[some] == pytest.approx(2.0 * late[some])
    assert np.isfinite(np.log(boosted.spend_base(known, 0.0 * late))).all()
    curve = model.curves.money(known, model.clock.ahead(90))
    matrix = boosted.features(known, model.curves, model.clock.ahead(90), boosted.AMOUNT)
    multiple = model.trees["spend"].trees.predict_mean(matrix)
    assert model.amounts(known)["spend", 90] == pytest.approx(
        multiple * boosted.spend_base(known, curve)
    )


# Customers that other models leave out, among a shop of ordinary ones.
ODD = {
    "one order": [(9001, 300, 50.0)],
    "two on one day": [(9001, 300, 50.0), (9001, 300, 20.0)],
    "wholesale size": [(9001, day, 90_000.0) for day in range(60, 500, 9)],
    "first order returned": [(9001, 200, 500.0, 210), (9001, 420, 30.0)],
    "ordered on the last day": [(9001, 499, 10.0)],
}


@pytest.mark.parametrize("lines", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", [CURVE, TREES])
def test_odd_customers_get_sensible_numbers(busy, models, kind, lines):
    model, sales = models[kind], sales_of(lines)
    found = forecast(model, sales)
    check_order(found)
    assert len(found.chances[90]) == 1


def test_who_bought_once_long_ago_is_less_likely_to_return_than_a_regular(models):
    for model in models.values():
        lines = [(1, 60, 50.0), *((2, day, 50.0) for day in range(60, 500, 20))]
        found = forecast(model, sales_of(lines))
        once, regular = found.chances[90]
        assert once < 0.3 < 0.6 < regular
        assert found.orders[365].mean[1] > 5 * found.orders[365].mean[0]


def test_a_customer_who_gave_all_back_is_not_one(models):
    sales = sales_of([(1, 100, 50.0, 105), (2, 100, 50.0)])
    known = history(sales.before(500), models[CURVE].clock, 500)
    assert sales.ids[known.rows].tolist() == [2]


def test_a_month_old_shop_has_the_curve_alone():
    lines = [(customer, day, 20.0) for customer in range(20) for day in (customer % 20, 25)]
    found = trained(sales_of(lines), 30)
    assert list(found) == [CURVE]
    check_order(forecast(found[CURVE], sales_of(lines)))


@pytest.mark.parametrize(
    "lines", [[(1, 5, 20.0)], [(1, 5, 20.0), (1, 90, 30.0)], [(1, 499, 5.0)]], ids=str
)
def test_one_customer_is_a_shop(lines):
    found = trained(sales_of(lines), 500)
    for model in found.values():
        check_order(forecast(model, sales_of(lines)))


def test_nobody_repeats():
    lines = [(customer, customer, 20.0 + customer) for customer in range(300)]
    found = trained(sales_of(lines), 320)
    said = forecast(found[CURVE], sales_of(lines))
    check_order(said)
    assert said.chances[90].max() < 0.1
    assert TREES not in found


def test_a_shop_that_gives_all_away_expects_orders_and_no_money():
    lines = [(customer, day, 0.0) for customer in range(90) for day in range(customer, 300, 40)]
    found = trained(sales_of(lines), 300)
    assert list(found) == [CURVE]
    said = forecast(found[CURVE], sales_of(lines))
    check_order(said)
    assert said.chances[90].min() > 0.5
    assert said.spend[365].mean.max() < 0.01


def test_everybody_always_repeats():
    lines = [(customer, day, 20.0) for customer in range(80) for day in range(0, 300, 5)]
    found = trained(sales_of(lines), 300)
    said = forecast(found[CURVE], sales_of(lines))
    check_order(said)
    assert said.chances[90].min() > 0.9


def test_a_shop_without_orders_is_told_in_one_sentence():
    with pytest.raises(EmptyShopError, match="nothing to learn from"):
        trained(sales_of([(1, 50, 5.0)]), 50)
    with pytest.raises(EmptyShopError, match="nothing to learn from"):
        trained(sales_of([(1, 50, 5.0, 60)]), 70)


def test_the_model_of_another_day_says_what_the_shop_is_like_now(busy, models):
    model = models[TREES]
    later = model.at(model.clock.until(530))
    assert later.cut == 530
    check_order(forecast(later, busy))


def test_the_next_order_is_sooner_the_more_orders_a_chance_holds():
    # Half of them are customers still and order 6 times a quarter: every 15 days, half of them
    # within 15 ln 2 = 10.4.
    chance = 0.5 * (1 - np.exp(-6.0))
    often, once, never = days_to_order(np.array([chance, 0.2, 0.0]), np.array([3.0, 0.2, 0.0]))
    assert (often, once, never) == (11, 365, 365)


def test_calibration_draws_chances_to_what_came():
    random = np.random.default_rng(5)
    true = random.uniform(0.05, 0.95, 4_000)
    happened = random.random(4_000) < true
    # Too sure of themselves: log odds twice as large.
    told = 1 / (1 + np.exp(-2 * calibration.log_odds(true)))
    curve = calibration.fit(happened, told)
    assert curve.weights[0] == pytest.approx(0.5, abs=0.05)
    assert np.abs(curve.chance(told) - true).max() < 0.05


def test_calibration_needs_both_outcomes():
    assert calibration.fit(np.ones(9, bool), np.full(9, 0.4)) == calibration.as_is(1)


def test_intervals_hold_what_they_say_on_customers_not_seen():
    random = np.random.default_rng(2)
    mean = random.lognormal(0.0, 1.2, 6_000)
    came = np.where(random.random(6_000) < 0.4, 0.0, mean * random.gamma(2.0, 0.8, 6_000))
    spread = intervals.fit(mean[:3000], came[:3000])
    low, high = spread.interval(mean[3000:])
    assert intervals.coverage(low, high, came[3000:]) == pytest.approx(0.8, abs=0.03)


def test_an_interval_without_a_past_holds_the_forecast():
    low, high = intervals.fit(np.empty(0), np.empty(0)).interval(np.array([0.0, 2.0]))
    assert low.tolist() == [0.0, 0.0]
    assert high.tolist() == [0.0, 6.0]


def test_settings_reach_the_trees(busy):
    small = trained(busy, 500, replace(SETTINGS, chance_trees=5, amount_trees=3))[TREES]
    assert len(small.trees["chance_90"].trees.starts) == 6
    assert len(small.trees["spend"].trees.starts) == 4
