"""Forecasts for customers as they come in a request: from their orders, without Spark."""

from datetime import date

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.days import NEVER, date_of, day_number
from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.tables import CUSTOMER_VALUE, MODEL_ORIGIN
from retail_lakehouse.tables import columns as c
from retail_lakehouse.value.model import ValueModel
from retail_lakehouse.value.past.clock import YEAR
from retail_lakehouse.value.past.orders import Sales
from retail_lakehouse.value.publishing.published import columns_of

# Of gold.customer_value, but for the model's version, the day, and what takes all customers.
COLUMNS = tuple(
    column
    for column in CUSTOMER_VALUE.columns
    if column not in MODEL_ORIGIN and column.name != c.PERCENTILE
)
_NOBODY = np.empty(0)
# Of a value that is quoted.
_SHOWN = 40


def answer(model: ValueModel, rows: pd.DataFrame, as_of: str = "") -> pd.DataFrame:
    """One row with ``COLUMNS`` for each ``customer_id`` of ``rows``, money as floats.

    rows: the whole history, one row per line or invoice: ``invoice_date`` in the shop's local
    time, ``amount`` above 0, and, as far as known, ``customer_id`` (left out: all rows are one
    customer's) and ``invoice`` (left out: what was bought on a day is one). as_of: the day to look
    ahead from; by default the model's own, or the day after the last row. RequestError for what is
    missing, of another type or not above 0, and for a day that the model knows nothing of.
    """
    lines = _lines(rows)
    cut = _cut(model, lines, as_of)
    now = model.at(model.clock.until(cut))
    found = columns_of(now, Sales.of(lines), cut, _NOBODY)
    found[c.NEXT_ORDER_ON] = np.array(found[c.NEXT_ORDER_ON], dtype="datetime64[ns]")
    return pd.DataFrame({column.name: found[column.name] for column in COLUMNS})


def _lines(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    missing = [name for name in (c.INVOICE_DATE, c.AMOUNT) if name not in rows]
    if missing:
        raise RequestError(f"{missing[0]} is missing: give it in every row.")
    if len(rows) == 0:
        raise RequestError("There are no rows: give a customer's orders, one row each.")
    days = _days(rows[c.INVOICE_DATE])
    return {
        c.CUSTOMER_ID: _customers(rows),
        c.INVOICE: _invoices(rows, days),
        "day": days,
        "reversed_day": np.full(len(rows), NEVER),
        c.AMOUNT: _amounts(rows[c.AMOUNT]),
        "products": np.ones(len(rows)),
    }


def _customers(rows: pd.DataFrame) -> np.ndarray:
    """Customers as texts, as in the tables; one without a name where none is given."""
    if c.CUSTOMER_ID not in rows:
        return np.full(len(rows), "")
    given = rows[c.CUSTOMER_ID]
    wrong = np.flatnonzero(given.isna())
    if len(wrong):
        raise _refused(c.CUSTOMER_ID, given, wrong[0], "a customer in every row or in none")
    return given.astype(str).to_numpy()


def _invoices(rows: pd.DataFrame, days: np.ndarray) -> np.ndarray:
    """What tells invoices apart; where it is not known, what was bought on a day is one."""
    if c.INVOICE not in rows:
        return days
    return np.array(
        [
            f"day {day}" if pd.isna(invoice) else f"invoice {invoice}"
            for invoice, day in zip(rows[c.INVOICE], days, strict=True)
        ]
    )


def _days(values: pd.Series) -> np.ndarray:
    moments = pd.to_datetime(values, errors="coerce", format="ISO8601")
    wrong = np.flatnonzero(moments.isna() | (moments.dt.tz is not None))
    if len(wrong):
        raise _refused(c.INVOICE_DATE, values, wrong[0], "local time as in 2011-12-09 12:50:00")
    days: np.ndarray = moments.to_numpy("datetime64[D]").astype(np.int64)
    return days


def _amounts(values: pd.Series) -> np.ndarray:
    amounts = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(amounts) & (amounts > 0)))
    if len(wrong):
        raise _refused(c.AMOUNT, values, wrong[0], "money above 0")
    return amounts


def _refused(name: str, values: pd.Series, row: int, wanted: str) -> RequestError:
    shown = repr(values.tolist()[row])[:_SHOWN]
    return RequestError(f"{name} is {shown} in row {row}: give {wanted}.")


def _cut(model: ValueModel, lines: dict[str, np.ndarray], as_of: str) -> int:
    last = int(lines["day"].max())
    try:
        asked = day_number(date.fromisoformat(as_of)) if as_of else 0
    except ValueError:
        raise RequestError(
            f"as_of is {as_of!r:.40}: write it as YYYY-MM-DD, such as 2011-12-10."
        ) from None
    cut = max(model.cut, last + 1, asked)
    if cut > model.cut + YEAR or (as_of and asked < cut):
        raise RequestError(
            f"as_of is {as_of or date_of(cut)}: the model knows the shop until "
            f"{date_of(model.cut)} and can look ahead from a day after all rows, up to a year "
            "later."
        )
    return cut
