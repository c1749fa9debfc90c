"""What the values of a shop's description must be; a ValueError ends the sentence "… is …"."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from retail_lakehouse.shops.description import ADDS, REPLACES
from retail_lakehouse.shops.notation import currencies, date_patterns

ENCODINGS = ("", "utf-8", "utf-16", "cp1252")
DELIMITERS = ("", ",", ";", "\t", "|")
THOUSANDS = ("", ",", ".", " ", "'")
LONGEST_TEXT = 200
_MOST_VALUES = 100
_MOST_HEADER_ROWS = 1_000

Check = Callable[[Any], Any]
# Of each key: what checks its value, and whether it must be there.
Checks = Mapping[str, tuple[Check, bool]]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text: write one in quotation marks")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"longer than {LONGEST_TEXT} characters: shorten it")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError('no list: write ["…", "…"]')
    if len(value) > _MOST_VALUES:
        raise ValueError(f"longer than {_MOST_VALUES} values: shorten it")
    return tuple(_text(one) for one in value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false: write one of them")
    return value


def _one_of(*values: str) -> Check:
    def check(value: Any) -> str:
        if value not in values or not isinstance(value, str):
            raise ValueError("none of " + ", ".join(map(repr, values)) + ": write one of them")
        return value

    return check


def _currency(value: Any) -> str:
    if not isinstance(value, str) or value not in currencies.CODES:
        raise ValueError("no currency of ISO 4217: write its three capitals, such as EUR")
    return value


def _timezone(value: Any) -> str:
    if value == "":
        return ""
    name = _text(value)
    try:
        ZoneInfo(name)
    # A folder of zones, a path, or a name that none has.
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("no time zone: write a name such as Europe/London") from error
    return name


def _dates(value: Any) -> tuple[str, ...]:
    patterns = _texts(value)
    if not patterns:
        raise ValueError('empty: write patterns such as ["M/d/yyyy H:mm"], or ["iso"]')
    for pattern in patterns:
        try:
            date_patterns.check(pattern)
        except ValueError as error:
            raise ValueError(
                f"wrong in {pattern!r}, which {error}: write it as d/M/yyyy H:mm, or iso"
            ) from error
    return patterns


def _header_row(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_HEADER_ROWS:
        raise ValueError(f"no row from 1 to {_MOST_HEADER_ROWS:,}, nor 0 for the one that is found")
    return value


def _expression(value: Any) -> str:
    if value == "":
        return ""
    text = _text(value)
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(
            f"no regular expression ({error}): write one such as ^[0-9]{{5}}"
        ) from error
    return text


TOP: Checks = {
    "name": (_text, True),
    "currency": (_currency, False),
    "timezone": (_timezone, False),
    "proposed": (_flag, False),
}
COLUMNS: Checks = {
    "invoice": (_text, True),
    "stock_code": (_text, True),
    "quantity": (_text, True),
    "invoice_date": (_text, True),
    "customer_id": (_text, True),
    "price": (_text, False),
    "amount": (_text, False),
    "invoice_time": (_text, False),
    "description": (_text, False),
    "country": (_text, False),
}
FORMAT: Checks = {
    "dates": (_dates, False),
    "decimal": (_one_of(".", ","), False),
    "thousands": (_one_of(*THOUSANDS), False),
    "encoding": (_one_of(*ENCODINGS), False),
    "delimiter": (_one_of(*DELIMITERS), False),
    "header_row": (_header_row, False),
    "sheets": (_texts, False),
}
LINES: Checks = {
    "adjustment_prefix": (_text, False),
    "product_code": (_expression, False),
    "service_codes": (_texts, False),
    "anonymous": (_texts, False),
    "resent": (_one_of(ADDS, REPLACES), False),
}
CANCELLATION: Checks = {
    "invoice_prefix": (_text, False),
    "negative_quantity": (_flag, False),
    "column": (_text, False),
    "values": (_texts, False),
}
