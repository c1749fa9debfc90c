"""Windows of the past: what customers did after a day, beside what was known of them on it.

A window is as long, in the shop's time, as the days ahead are expected to be: before Christmas
models learn from longer windows, after it from shorter ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.value.past.clock import Clock
from retail_lakehouse.value.past.customer_past import History, history
from retail_lakehouse.value.past.orders import Sales
from retail_lakehouse.value_settings import ValueSettings


@dataclass(frozen=True)
class Window:
    """Customers as of its start; orders and spend: of each within it."""

    history: History
    orders: np.ndarray
    spend: np.ndarray


def window(sales: Sales, clock: Clock, start: int, end: int) -> Window:
    """What customers known at ``start`` did until ``end``."""
    known = history(sales.before(start), clock, start)
    bought = sales.standing(start, end)
    return Window(known, bought.total()[known.rows], bought.total(bought.amounts)[known.rows])


def training_windows(
    sales: Sales, clock: Clock, days: int, settings: ValueSettings
) -> Iterator[Window]:
    """Windows before the cut, as long as the coming ``days``; the latest first.

    None starts before the shop has been seen for ``least_history_days``.
    """
    for step in range(settings.training_windows):
        end = clock.cut - step * settings.window_step_days
        start = clock.start_of(end, clock.ahead(days))
        if start < clock.first + settings.least_history_days:
            return
        yield window(sales, clock, start, end)
