"""Values out of an artifact, held against what they must be: ValueError or TypeError if not."""

import math
from typing import Any

import numpy as np


def whole(value: Any, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number from ``low`` to ``high``."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"it has {str(value)[:20]} for a whole number from {low} to {high}")
    return value


def number(value: Any, low: float = 0.0, high: float = np.inf) -> float:
    """A finite number from ``low`` to ``high``, as a float."""
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"it has {str(value)[:20]} for a number from {low} to {high}")
    return float(value)


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(f"it has {str(value)[:20]} for a text")
    return value


def texts(values: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(values, list):
        raise TypeError("it has no list where there must be one")
    return tuple(map(text, values))


def finite(values: np.ndarray) -> np.ndarray:
    """An array without NaN and infinity."""
    if not np.isfinite(values).all():
        raise ValueError("it has values that are no numbers")
    return values


def counts(values: np.ndarray) -> np.ndarray:
    """An array of numbers, none below 0."""
    if not (finite(values) >= 0).all():
        raise ValueError("it has counts below 0")
    return values
