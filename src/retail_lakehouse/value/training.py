"""Fit both kinds of models as of a day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from retail_lakehouse.arrays.threads import one_thread
from retail_lakehouse.errors import EmptyShopError
from retail_lakehouse.value.fitting import boosted, calibration, curve, intervals
from retail_lakehouse.value.fitting.boosted import AMOUNT, CHANCE, Boosted, Examples
from retail_lakehouse.value.fitting.curve import Curves
from retail_lakehouse.value.fitting.intervals import Spread
from retail_lakehouse.value.forecast import MONTH, QUARTER, YEAR
from retail_lakehouse.value.model import (
    AMOUNTS,
    AS_EXPECTED,
    CURVE,
    KINDS,
    ORDERS,
    SPEND,
    TREES,
    ValueModel,
    Yearly,
)
from retail_lakehouse.value.past import clock
from retail_lakehouse.value.past.clock import Clock
from retail_lakehouse.value.past.customer_past import History, history
from retail_lakehouse.value.past.learning_windows import Window, training_windows
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value_settings import ValueSettings


def shop_clock(daily: Daily, cut: int, settings: ValueSettings, unit: float | None = None) -> Clock:
    """The shop's clock as of ``cut``; EmptyShopError where nothing was ordered before it."""
    counts = daily.before(cut) if len(daily.days) and daily.first_day < cut else np.empty(0)
    if not counts.any():
        raise EmptyShopError(
            "No identified customer has an order that stands on this day, so there is nothing to "
            "learn from."
        )
    return clock.clock(daily.first_day, counts, settings.season_days, unit)


def train(
    sales: Sales,
    daily: Daily,
    cut: int,
    settings: ValueSettings,
    kinds: Sequence[str] = KINDS,
) -> dict[str, ValueModel]:
    """A model of each kind, of what was known before ``cut``; TREES only where there is a past.

    sales: of customers to learn from. daily: of all customers.
    """
    # Trees this small wait for each other's threads longer than they learn.
    with one_thread():
        return _train(sales, daily, cut, settings, kinds)


def _train(
    sales: Sales, daily: Daily, cut: int, settings: ValueSettings, kinds: Sequence[str]
) -> dict[str, ValueModel]:
    time = shop_clock(daily, cut, settings)
    curves = curve.fit(history(sales.before(cut), time, cut), settings)
    windows = {
        days: list(training_windows(sales, time, days, settings)) for days in (MONTH, QUARTER)
    }
    model = _curve_model(time, curves, windows, settings)
    years = list(training_windows(sales, time, YEAR, settings))
    found = {CURVE: _with_misses(model, windows[QUARTER], years)}
    if TREES in kinds and _can_learn(windows):
        grown = replace(model, trees=_trees(time, curves, windows, settings))
        found[TREES] = _with_misses(grown, windows[QUARTER], years)
    return {kind: found[kind] for kind in kinds if kind in found}


def _curve_model(
    time: Clock, curves: Curves, windows: Mapping[int, list[Window]], settings: ValueSettings
) -> ValueModel:
    """Buy-till-you-die with its chances calibrated and its amounts at the level of the windows."""
    calibrated = {}
    for days, past in windows.items():
        ahead = time.ahead(days)
        chances = [curves.chance(window.history, ahead) for window in past]
        happened = [window.orders > 0 for window in past]
        calibrated[days] = (
            calibration.fit(np.concatenate(happened), np.concatenate(chances))
            if past
            else calibration.as_is(1)
        )
    past, ahead = windows[QUARTER], time.ahead(QUARTER)
    levels = {
        ORDERS: _level(past, curves.orders, ahead, lambda window: window.orders),
        SPEND: _level(past, curves.money, ahead, lambda window: window.spend),
    }
    spread = intervals.fit(np.empty(0), np.empty(0))
    return ValueModel(
        time, curves, calibrated, levels, {}, dict.fromkeys(AMOUNTS, spread), AS_EXPECTED, settings
    )


def _level(
    past: Sequence[Window],
    expected: Callable[[History, float], np.ndarray],
    ahead: float,
    came: Callable[[Window], np.ndarray],
) -> float:
    """What came over what was expected in past windows; 1 without one."""
    total = sum(float(expected(window.history, ahead).sum()) for window in past)
    return _ratio(sum(float(came(window).sum()) for window in past), total)


def _can_learn(windows: Mapping[int, list[Window]]) -> bool:
    paid = any(window.spend.any() for window in windows[QUARTER])
    return paid and all(
        past and boosted.can_learn([np.concatenate([window.orders for window in past])])
        for past in windows.values()
    )


def _trees(
    time: Clock, curves: Curves, windows: Mapping[int, list[Window]], settings: ValueSettings
) -> dict[str, Boosted]:
    found = {}
    for days, past in windows.items():
        ahead = time.ahead(days)
        examples = _examples(
            past, curves, ahead, CHANCE, curves.chance, lambda window: window.orders
        )
        found[f"chance_{days}"] = boosted.fit_chance(examples, settings)
    past, ahead = windows[QUARTER], time.ahead(QUARTER)

    def spend_base(known: History, ahead: float) -> np.ndarray:
        return boosted.spend_base(known, curves.money(known, ahead))

    for name, of, came in (
        (ORDERS, curves.orders, lambda window: window.orders),
        (SPEND, spend_base, lambda window: window.spend),
    ):
        examples = _examples(past, curves, ahead, AMOUNT, of, came)
        found[name] = boosted.fit_amount(examples, settings)
    return found


def _examples(
    past: Sequence[Window],
    curves: Curves,
    ahead: float,
    names: Sequence[str],
    expected: Callable[[History, float], np.ndarray],
    came: Callable[[Window], np.ndarray],
) -> Examples:
    """The customers of all windows, one after the other."""
    return Examples(
        np.concatenate([boosted.features(w.history, curves, ahead, names) for w in past]),
        np.concatenate([expected(window.history, ahead) for window in past]),
        np.concatenate([came(window) for window in past]),
        np.concatenate([window.history.rows for window in past]),
    )


def _with_misses(
    model: ValueModel, quarters: Sequence[Window], years: Sequence[Window]
) -> ValueModel:
    """The model with what it missed in the past: a year's level, and intervals.

    Where the shop has no year with a history before it, a year's intervals are a quarter's.
    """
    if years:
        model = replace(model, year=_yearly(model, years))
    if not quarters:
        return model
    short = _spreads(model, QUARTER, quarters)
    long = _spreads(model, YEAR, years) if years else short
    found = ((QUARTER, short), (YEAR, long))
    return replace(
        model,
        spreads={f"{name}_{days}": of[name] for days, of in found for name in (ORDERS, SPEND)},
    )


def _yearly(model: ValueModel, years: Sequence[Window]) -> Yearly:
    forecasts = [model.predict(window.history) for window in years]
    came = {ORDERS: [w.orders.sum() for w in years], SPEND: [w.spend.sum() for w in years]}
    said = {
        ORDERS: [forecast.orders[YEAR].mean.sum() for forecast in forecasts],
        SPEND: [forecast.spend[YEAR].mean.sum() for forecast in forecasts],
    }
    return Yearly(
        calibration.fit(
            np.concatenate([window.orders > 0 for window in years]),
            np.concatenate([forecast.chances[YEAR] for forecast in forecasts]),
        ),
        {name: _ratio(sum(came[name]), sum(said[name])) for name in (ORDERS, SPEND)},
    )


def _spreads(model: ValueModel, days: int, past: Sequence[Window]) -> dict[str, Spread]:
    """Intervals from what the model missed in past windows of so many days."""
    forecasts = [model.predict(window.history) for window in past]
    return {
        name: intervals.fit(
            np.concatenate([getattr(forecast, name)[days].mean for forecast in forecasts]),
            np.concatenate([getattr(window, name) for window in past]),
        )
        for name in (ORDERS, SPEND)
    }


def _ratio(came: float, expected: float) -> float:
    """1 where nothing was expected."""
    return float(came / expected) if expected > 0 else 1.0
