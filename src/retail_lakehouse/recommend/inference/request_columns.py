"""Columns of a request, which may hold anything, as the types that lists are made from.

A column may be left out, and a value may be missing. RequestError, which names column, row and
value, for one of another type.
"""

import math
import numbers
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.request_error import RequestError

Value = TypeVar("Value")

_EPOCH = date(1970, 1, 1).toordinal()
# Of a value that is quoted.
_SHOWN = 40


def shown(value: object) -> str:
    """A value of a request, short and printable."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def number(rows: pd.DataFrame, name: str) -> np.ndarray:
    """Finite numbers, NaN where there is none.

    >>> number(pd.DataFrame({"unit_price": [2.5, None]}), "unit_price")
    array([2.5, nan])
    """

    def read(value: object) -> float:
        as_float = _float(value)
        if math.isfinite(as_float):
            return as_float
        raise ValueError("give a finite number, or leave it out")

    return np.array(_each(rows, name, math.nan, read), dtype=np.float64)


def text(rows: pd.DataFrame, name: str) -> list[str]:
    """Texts, empty where there is none; a whole number is a text of digits.

    >>> text(pd.DataFrame({"stock_code": [22423, "85123A", None]}, dtype=object), "stock_code")
    ['22423', '85123A', '']
    """

    def read(value: object) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, numbers.Integral) and not isinstance(value, bool):
            return str(int(value))
        raise ValueError("give a text, or leave it out")

    return _each(rows, name, "", read)


def identity(rows: pd.DataFrame, name: str, default: str) -> list[str]:
    """Texts; a whole number is a text of digits, also where pandas made it a float.

    >>> identity(pd.DataFrame({"customer_id": [7.0, None]}), "customer_id", default="0")
    ['7', '0']
    """

    def read(value: object) -> str:
        if isinstance(value, str):
            return value
        number = _float(value)
        if math.isfinite(number) and number == int(number):
            return str(value if isinstance(value, numbers.Integral) else int(number))
        raise ValueError("give a text or a whole number, or leave it out")

    return _each(rows, name, default, read)


def days(rows: pd.DataFrame, name: str, default: int) -> np.ndarray:
    """Days since 1970-01-01 of moments, given as such or as ISO 8601.

    >>> days(pd.DataFrame({"invoice_date": ["1970-01-03 12:50:00", None]}), "invoice_date", 9)
    array([2, 9])
    """

    def read(value: object) -> int:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            moment = None
        if isinstance(moment, np.datetime64):
            moment = pd.Timestamp(moment)
        if isinstance(moment, date) and getattr(moment, "tzinfo", None) is None:
            return moment.toordinal() - _EPOCH
        raise ValueError("give local time as in 2011-12-09 12:50:00, or leave it out")

    return np.array(_each(rows, name, default, read), dtype=np.int64)


def _each(
    rows: pd.DataFrame, name: str, default: Value, read: Callable[[object], Value]
) -> list[Value]:
    if name not in rows:
        return [default] * len(rows)
    values = rows[name].tolist()
    read_values = []
    for row, value in enumerate(values):
        try:
            read_values.append(default if _missing(value) else read(value))
        except ValueError as error:
            raise RequestError(f"{name} is {shown(value)} in row {row}: {error}.") from error
    return read_values


def _missing(value: object) -> bool:
    is_nan = isinstance(value, float | Decimal) and value != value
    return value is None or value is pd.NA or value is pd.NaT or is_nan


def _float(value: object) -> float:
    """NaN for what is no number, infinity for one too large."""
    if not isinstance(value, numbers.Real | Decimal) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
