"""The shop's own time, and windows as long in it."""

import numpy as np
import pytest

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.value.past.clock import Clock, clock, yearly_growth
from retail_lakehouse.value.past.customer_past import history
from retail_lakehouse.value.past.learning_windows import training_windows, window
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.training import shop_clock
from retail_lakehouse.value_settings import ValueSettings
from value_shop import sales_of, season


def test_a_busy_day_is_longer_than_a_quiet_one():
    time = clock(100, np.array([4.0, 4.0, 2.0, 2.0, 0.0]), width=1)
    # 12 orders in 5 days: a usual day has 2.4.
    assert np.diff(time.ticks) * 2.4 == pytest.approx([4, 4, 2, 2, 0])
    assert time.cut == 105
    assert time.at(np.array([102])) - time.at(np.array([100])) == pytest.approx(8 / 2.4)


def test_days_ahead_are_as_long_as_those_of_a_year_ago():
    daily = season(np.arange(600)) * 10
    time = clock(0, daily, width=1)
    # Days 235 to 265 of a year of 365 days are usual ones; then come 90 of three times as many.
    assert time.knows_season
    assert time.ahead(30) == pytest.approx(daily[235:265].sum() / time.unit, rel=1e-9)
    assert time.ahead(90) == pytest.approx(daily[235:325].sum() / time.unit, rel=1e-9)


def test_a_young_shop_knows_no_season():
    time = clock(0, np.array([1.0, 5.0, 9.0] * 30), width=28)
    assert not time.knows_season
    assert time.ahead(90) == 90.0


def test_growth_is_no_season():
    daily = 10.0 * 1.5 ** (np.arange(730) / 365)
    assert yearly_growth(daily) == pytest.approx(1.5)
    time = clock(0, daily, width=1)
    assert np.diff(time.ticks) == pytest.approx(np.ones(730))
    assert time.ahead(90) == pytest.approx(90.0)


def test_a_clock_goes_on_as_it_went_a_year_ago():
    time = clock(0, season(np.arange(600)) * 10, width=1)
    later = time.until(630)
    assert later.cut == 630
    assert later.ticks[-1] - time.ticks[-1] == pytest.approx(time.ahead(30))
    assert time.until(600) is not later and time.until(600).cut == 600


def test_an_unit_of_another_day_is_kept():
    first = clock(0, np.full(100, 4.0), width=1)
    second = clock(0, np.full(120, 8.0), width=1, unit=first.unit)
    assert np.diff(second.ticks) == pytest.approx(np.full(120, 2.0))


def test_a_window_is_as_long_in_the_shops_time_as_the_days_ahead():
    time = Clock(0, np.concatenate([[0.0], np.cumsum(np.repeat([1.0, 3.0], 100))]), 1.0)
    assert time.start_of(200, 90.0) == 170
    assert time.start_of(100, 90.0) == 10
    assert time.start_of(50, 90.0) == -1


def test_nothing_of_a_window_is_in_its_history():
    sales = sales_of([(1, 10, 5.0), (1, 40, 7.0), (2, 50, 9.0), (3, 10, 1.0, 45), (1, 55, 2.0, 58)])
    time = Clock(10, np.arange(61.0), 1.0)
    found = window(sales, time, 40, 60)
    # Customer 2 is not known yet; what 3 bought was taken back within the window.
    assert sales.ids[found.history.rows].tolist() == [1, 3]
    assert found.history.orders.tolist() == [1, 1]
    # The order of day 55 was taken back before the window's end.
    assert found.orders.tolist() == [1, 0]
    assert found.spend.tolist() == [7.0, 0.0]


def test_windows_end_at_the_cut_and_begin_in_a_shop_that_has_been_seen():
    sales = sales_of([(customer, day, 5.0) for customer in range(3) for day in range(0, 300, 7)])
    settings = ValueSettings()
    time = shop_clock(Daily.of(sales), 300, settings)
    windows = list(training_windows(sales, time, 90, settings))
    assert len(windows) == settings.training_windows
    assert max(w.history.cut for w in windows) == time.start_of(300, 90.0)
    young = shop_clock(Daily.of(sales), 120, settings)
    assert list(training_windows(sales, young, 90, settings)) == []


def test_an_invoice_taken_back_in_part_stands():
    sales = sales_of([(1, 10, 5.0, 20), (1, 10, 7.0)])
    same = type(sales)(
        sales.ids, sales.rows, np.zeros(2, int), sales.days, sales.reversed_days,
        sales.amounts, sales.products,
    )  # fmt: skip
    before, after = same.before(15), same.before(30)
    assert (before.total()[0], before.amounts.tolist()) == (1, [12.0])
    assert (after.total()[0], after.amounts.tolist()) == (1, [7.0])
    assert Daily.of(same).before(30).sum() == 1


def test_an_invoice_number_is_a_days_own():
    """Some shops' numbers start again each year, or each morning."""
    lines = [("7", "1", 10), ("7", "1", 11), ("8", "1", 11), ("8", "1", 11)]
    columns = {
        "customer_id": np.array([customer for customer, _, _ in lines]),
        "invoice": np.array([invoice for _, invoice, _ in lines]),
        "day": np.array([day for _, _, day in lines]),
        "reversed_day": np.array([NEVER, NEVER, NEVER, 40]),
        "amount": np.ones(4),
        "products": np.ones(4),
    }
    sales = Sales.of(columns)
    assert sales.before(20).total().tolist() == [2, 1]
    assert Daily.of(sales).before(20).tolist() == [1, 2, *[0] * 8]


def test_two_orders_on_one_day_are_one_visit():
    sales = sales_of([(1, 10, 5.0), (1, 10, 7.0), (1, 30, 6.0)])
    known = history(sales.before(40), Clock(10, np.arange(31.0), 1.0), 40)
    x, t_x, t = known.repeats
    assert (x.item(), t_x.item(), t.item()) == (1, 20, 30)
    assert (known.orders.item(), known.gap.item(), known.mean_value.item()) == (3, 20, 9)


def test_features_of_one_customer_by_hand():
    sales = sales_of([(1, 0, 10.0), (1, 60, 20.0), (1, 90, 60.0)])
    known = history(sales.before(100), Clock(0, np.arange(101.0), 1.0), 100)
    found = {name: values.item() for name, values in known.features.items()}
    assert found["recency"] == 10
    assert (found["spend"], found["value"]) == (90, 30)
    assert found["orders_90"] == 2
    assert (found["spend_90"], found["spend_180"]) == (80, 90)
    assert found["due"] == pytest.approx(10 / 45)
    assert found["orders_halved_30"] == pytest.approx(
        2 ** (-100 / 30) + 2 ** (-40 / 30) + 0.5 ** (1 / 3)
    )
    assert (found["last_value"], found["largest_value"]) == (60, 60)
    assert np.isnan(found["year_ago_30"])


def test_orders_a_year_ago_are_those_of_the_days_to_come():
    days = (4, 5, 34, 35, 94, 95, 360)
    sales = sales_of([(1, day, 10.0) for day in days] + [(2, 200, 5.0)])
    known = history(sales.before(370), Clock(0, np.arange(371.0), 1.0), 370)
    assert known.features["year_ago_30"].tolist() == [2, 0]
    assert known.features["year_ago_90"].tolist() == [4, 0]
    # A shop that was first seen on day 6 does not know the whole of these days.
    young = history(sales.before(370), Clock(6, np.arange(365.0), 1.0), 370)
    assert np.isnan(young.features["year_ago_90"]).all()
