"""What is published of each customer: forecasts as rows, in money and whole days."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.tables import CUSTOMER_VALUE, MONEY
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.value import (
    ORDERS_12_MONTHS,
    ORDERS_90_DAYS,
    SPEND_12_MONTHS,
    SPEND_90_DAYS,
)
from retail_lakehouse.value.forecast import MONTH, QUARTER, YEAR, Forecast, days_to_order
from retail_lakehouse.value.judging.naive import calendar
from retail_lakehouse.value.model import SPEND, ValueModel
from retail_lakehouse.value.past.customer_past import History, history
from retail_lakehouse.value.past.orders import Orders, Sales
from retail_lakehouse.value.publishing.rhythm import reasons

# Risk that a customer does not order within a year, from which on it is so called.
LOW, MEDIUM, HIGH = "low", "medium", "high"
_MEDIUM_FROM, _HIGH_FROM = 1 / 3, 2 / 3
# Columns of amounts by days ahead.
_ORDERS = {QUARTER: ORDERS_90_DAYS, YEAR: ORDERS_12_MONTHS}
_SPEND = {QUARTER: SPEND_90_DAYS, YEAR: SPEND_12_MONTHS}
_DECIMALS = 4
_WEEK = 7
# Days with an order from which on their gaps are a rhythm.
_RHYTHM_FROM = 3
MONEY_NAMES = {column.name for column in CUSTOMER_VALUE.columns if column.type == MONEY}


def percentile_ends(model: ValueModel, sales: Sales, cut: int) -> np.ndarray:
    """Where percentiles of the expected spend of a year end, 1 to 99, among these customers."""
    known = history(sales.before(cut), model.clock, cut)
    expected = model.amounts(known)[SPEND, YEAR]
    ends: np.ndarray = np.quantile(expected, np.linspace(0.01, 0.99, 99), method="lower")
    return ends


def rows_of(model: ValueModel, sales: Sales, cut: int, ends: np.ndarray) -> pd.DataFrame:
    """``columns_of`` as rows, in money's exact decimals."""
    columns = columns_of(model, sales, cut, ends)
    return pd.DataFrame(
        {name: _money(found) if name in MONEY_NAMES else found for name, found in columns.items()}
    )


def columns_of(
    model: ValueModel, sales: Sales, cut: int, ends: np.ndarray
) -> dict[str, np.ndarray | list[Any]]:
    """Columns of gold.customer_value, but for the model's version and the day; money as floats.

    model: with its clock at ``cut``. sales: of any customers; who has no order that stands is left
    out. ends: see ``percentile_ends``.
    """
    orders = sales.before(cut)
    known = history(orders, model.clock, cut)
    # Rhythm is told in days of the calendar.
    plain = history(orders, calendar(min(sales.first_day, cut - 1), cut), cut)
    forecast = model.predict(known)
    chance, expected = forecast.chances[QUARTER], forecast.orders[QUARTER].mean
    ahead = days_to_order(chance, expected)
    return {
        c.CUSTOMER_ID: sales.ids[known.rows],
        **_so_far(plain),
        **_ahead(forecast, plain),
        c.PERCENTILE: np.searchsorted(ends, forecast.spend[YEAR].mean).astype(np.int32),
        **_churn(forecast.chances[YEAR]),
        c.NEXT_ORDER_ON: _dates(cut, ahead),
        c.DUE_THIS_WEEK: _due(plain, ahead),
        c.REASON: _reasons(plain, orders, cut),
        c.MODEL: [model.kind] * len(ahead),
    }


def _so_far(plain: History) -> dict[str, Any]:
    return {
        c.ORDERS: plain.orders.astype(np.int64),
        c.SPEND: plain.spend,
        c.AVERAGE_BASKET: plain.spend / plain.orders,
        c.DAYS_BETWEEN_ORDERS: pd.array(
            [None if np.isnan(gap) else round(gap) for gap in plain.gap], dtype="Int32"
        ),
        c.DAYS_SINCE_ORDER: plain.last.astype(np.int32),
    }


def _ahead(forecast: Forecast, plain: History) -> dict[str, Any]:
    found: dict[str, Any] = {
        c.PROBABILITY_30_DAYS: forecast.chances[MONTH],
        c.PROBABILITY_90_DAYS: forecast.chances[QUARTER],
    }
    for days in (QUARTER, YEAR):
        orders, spend = forecast.orders[days], forecast.spend[days]
        for names, amount in ((_ORDERS[days], orders), (_SPEND[days], spend)):
            found |= {names.mean: amount.mean, names.low: amount.low, names.high: amount.high}
    # The sum of what is shown.
    shown = (np.round(money, _DECIMALS) for money in (plain.spend, forecast.spend[YEAR].mean))
    found[c.TOTAL_VALUE] = sum(shown)
    return found


def _churn(returns: np.ndarray) -> dict[str, Any]:
    risk = 1.0 - returns
    band = np.select([risk < _MEDIUM_FROM, risk < _HIGH_FROM], [LOW, MEDIUM], HIGH)
    return {c.CHURN_RISK: risk, c.CHURN_BAND: band}


def _dates(cut: int, days: np.ndarray) -> list[date]:
    """The day on which so many days from the cut have begun; the first one is the cut itself."""
    today = date_of(cut)
    return [today + timedelta(days=int(ahead) - 1) for ahead in days]


def _due(plain: History, ahead: np.ndarray) -> np.ndarray:
    """Whether the next order is expected within a week, or the usual gap ends in it."""
    left = np.round(plain.gap) - plain.last
    rhythm = (plain.days >= _RHYTHM_FROM) & (left >= 0) & (left < _WEEK)
    return np.asarray(rhythm | (ahead <= _WEEK))


def _reasons(plain: History, orders: Orders, cut: int) -> list[str]:
    last_year = (orders.days >= cut - YEAR) & (orders.days < cut - YEAR + QUARTER)
    return reasons(
        plain.orders, plain.days, plain.gap, plain.last, plain.features["last_value"],
        plain.features[c.VALUE], orders.total(last_year * 1.0)[plain.rows] > 0,
    )  # fmt: skip


def _money(values: np.ndarray | list[Any]) -> list[Decimal]:
    """Exact decimals of four places."""
    return [Decimal(f"{value:.{_DECIMALS}f}") for value in values]
