"""What a shop can say without a model, to be beaten."""

from dataclasses import dataclass

import numpy as np

from retail_lakehouse.value.fitting import calibration
from retail_lakehouse.value.forecast import MONTH, QUARTER
from retail_lakehouse.value.model import ORDERS, SPEND, ValueModel
from retail_lakehouse.value.past.clock import Clock
from retail_lakehouse.value.past.customer_past import History, history
from retail_lakehouse.value.past.learning_windows import training_windows
from retail_lakehouse.value.past.orders import Sales
from retail_lakehouse.value_settings import ValueSettings


@dataclass(frozen=True)
class Prediction:
    """What somebody says of customers for the coming quarter. chances: by days ahead. orders,
    spend: None where it says nothing of them. ends: intervals of ORDERS and SPEND, if there are.
    """

    chances: dict[int, np.ndarray]
    orders: np.ndarray | None = None
    spend: np.ndarray | None = None
    ends: dict[str, tuple[np.ndarray, np.ndarray]] | None = None


RECENCY, OWN_RATE, LAST_QUARTER = "recency", "own_rate", "last_90_days"


def calendar(first: int, cut: int) -> Clock:
    """A clock on which every day is as long as any other.

    >>> calendar(3, 5).ticks
    array([0., 1., 2.])
    """
    return Clock(first, np.arange(cut - first + 1.0), 1.0)


def of_model(model: ValueModel, known: History) -> Prediction:
    """The model's own."""
    forecast = model.predict(known)
    orders, spend = forecast.orders[QUARTER], forecast.spend[QUARTER]
    ends = {ORDERS: (orders.low, orders.high), SPEND: (spend.low, spend.high)}
    return Prediction(forecast.chances, orders.mean, spend.mean, ends)


def predictions(sales: Sales, cut: int, settings: ValueSettings) -> dict[str, Prediction]:
    """By name, of the customers known at ``cut``."""
    time = calendar(sales.first_day, cut)
    known = history(sales.before(cut), time, cut)
    return {
        RECENCY: _by_recency(sales, time, known, settings),
        OWN_RATE: _own_rate(known),
        LAST_QUARTER: _as_last_quarter(known),
    }


def _by_recency(sales: Sales, time: Clock, known: History, settings: ValueSettings) -> Prediction:
    """Chances by the time since the last order alone, calibrated on past windows."""
    chances = {}
    for days in (MONTH, QUARTER):
        past = list(training_windows(sales, time, days, settings))
        curve = calibration.as_is(1)
        if past:
            curve = calibration.fit(
                np.concatenate([window.orders > 0 for window in past]),
                np.concatenate([_recent(window.history, days) for window in past]),
            )
        chances[days] = curve.chance(_recent(known, days))
    return Prediction(chances)


def _recent(known: History, days: int) -> np.ndarray:
    """Falls with the days since the last order, from 1 to 0."""
    return days / (days + known.last)


def _own_rate(known: History) -> Prediction:
    """As many orders a day as since the first one, for ever."""
    rate = known.orders / np.maximum(known.first, 1.0)
    chances = {days: 1.0 - np.exp(-rate * days) for days in (MONTH, QUARTER)}
    return Prediction(chances, rate * QUARTER, rate * QUARTER * known.spend / known.orders)


def _as_last_quarter(known: History) -> Prediction:
    """As much as in the last 90 days."""
    orders = known.features["orders_90"]
    chances = {days: 1.0 - np.exp(-orders * days / QUARTER) for days in (MONTH, QUARTER)}
    return Prediction(chances, orders, known.features["spend_90"])
