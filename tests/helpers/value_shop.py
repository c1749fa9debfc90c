"""Shops of made-up customers, small enough to think through."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.value.past.orders import COLUMNS, Sales

# customer, day, amount, and the day on which it was taken back, if it was.
Line = tuple[int, int, float] | tuple[int, int, float, int]


def sales_of(lines: Sequence[Line]) -> Sales:
    """Each line is an invoice of its own."""
    rows = [
        (line[0], f"{number}", line[1], line[3] if len(line) > 3 else NEVER, line[2], 1)
        for number, line in enumerate(lines)
    ]
    return Sales.of(pd.DataFrame(rows, columns=list(COLUMNS)))


def season(days: np.ndarray) -> np.ndarray:
    """Three times as many orders in the last quarter of each year of 360 days."""
    return np.where(days % 360 >= 270, 3.0, 1.0)


def shop(customers: int = 300, days: int = 540, seed: int = 7, busy: bool = False) -> Sales:
    """Customers who come at rates of their own and may leave after any order.

    busy: with a season.
    """
    random = np.random.default_rng(seed)
    lines: list[Line] = []
    for customer in range(customers):
        rate, leaves = random.gamma(0.8, 1 / 40), random.beta(0.6, 4.0)
        mean = random.gamma(4.0, 60.0)
        day = int(random.integers(0, days * 2 // 3))
        while day < days:
            lines.append((customer, day, round(float(random.gamma(5.0, mean / 5.0)), 2)))
            if random.random() < leaves:
                break
            ahead = np.arange(day + 1, days + 1)
            pace = season(ahead) if busy else np.ones(len(ahead))
            come = np.flatnonzero(random.random(len(ahead)) < np.minimum(rate * pace, 0.9))
            day = int(ahead[come[0]]) if len(come) else days
    return sales_of(lines)


def frame_of(sales: Sales) -> pd.DataFrame:
    """The rows that ``Sales.of`` would make these from."""
    return pd.DataFrame(
        {
            "customer_id": sales.ids[sales.rows],
            "invoice": sales.invoices,
            "day": sales.days,
            "reversed_day": sales.reversed_days,
            "amount": sales.amounts,
            "products": sales.products,
        }
    )
