"""A shop's description as the text of ``shop.toml``."""

import json
from collections.abc import Mapping
from typing import Any

from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, ShopDescription

_TITLE = (
    "# How this shop writes its invoices. Change what is wrong; what is not said is as usual.\n"
)


def to_toml(shop: ShopDescription) -> str:
    """The text, which reads back as the same description."""
    lines = vars(shop.lines).copy()
    cancellation = vars(lines.pop("cancellation"))
    top: dict[str, Any] = {
        "name": shop.name,
        "currency": shop.currency,
        "timezone": shop.timezone,
        "proposed": shop.proposed,
    }
    parts = [
        _TITLE + _pairs(top),
        "[columns]\n" + _pairs(vars(shop.columns)),
        "[format]\n" + _pairs(vars(shop.format)),
        "[lines]\n" + _pairs(lines),
        "[lines.cancellation]\n" + _pairs(cancellation),
    ]
    return "\n".join(part for part in parts if "\n" in part.rstrip("\n")).replace(
        f'currency = "{UNKNOWN_CURRENCY}"',
        f'currency = "{UNKNOWN_CURRENCY}"  # not said: write its three capitals of ISO 4217',
    )


def _pairs(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items() if _said(value))


def _said(value: Any) -> bool:
    return value not in (None, "", (), 0)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # JSON's texts are TOML's but for one control character, which JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()
