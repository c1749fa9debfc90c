"""What cleaning would make of single lines: an estimate for people, without Spark.

Copies of lines, and reversals, need all lines and are left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.notation.date_patterns import FIRST_YEAR
from retail_lakehouse.shops.notation.number_forms import BLANKS, SHORTENED
from retail_lakehouse.shops.notation.single_values import parse_date, parse_number, parse_quantity

SALE, RETURN = "sale", "return"
_EXAMPLES = 3


@dataclass
class Outcome:
    """Lines of one outcome, and some of the values that decided it."""

    lines: int = 0
    examples: list[str] = field(default_factory=list)


def outcomes(
    lines: Iterable[Mapping[str, Any]], shop: ShopDescription, today: date | None = None
) -> dict[str, Outcome]:
    """Outcomes of lines by their name, those of most lines first."""
    found: dict[str, Outcome] = {}
    for line in lines:
        name, value = outcome(line, shop, today or date.today())
        one = found.setdefault(name, Outcome())
        one.lines += 1
        if len(one.examples) < _EXAMPLES and value not in one.examples:
            one.examples.append(value)
    return dict(sorted(found.items(), key=lambda item: -item[1].lines))


def outcome(line: Mapping[str, Any], shop: ShopDescription, today: date) -> tuple[str, str]:
    """What becomes of a line, and the value that decides it."""
    text = {name: _clean(line.get(name)) for name in (*vars(shop.columns), "amount")}
    invoice, stock = text["invoice"], text["stock_code"].upper()
    worth_name = "price" if shop.columns.price else "amount"
    quantity = parse_quantity(text["quantity"], shop.format)
    form = shop.format
    moment = parse_date(text["invoice_date"], form.dates, shop.timezone, form.decimal)
    worth = parse_number(text[worth_name], shop.format, shop.currency)
    rules = shop.lines
    for name, code in (("invoice", invoice), ("stock_code", stock)):
        if not code or re.match(SHORTENED, code):
            return f"unreadable_{name}", code
    if quantity is None:
        return "unreadable_quantity", text["quantity"]
    if moment is None:
        return "unreadable_invoice_date", text["invoice_date"]
    if worth is None:
        return f"unreadable_{worth_name}", text[worth_name]
    if re.match(SHORTENED, text["customer_id"]):
        return "unreadable_customer_id", text["customer_id"]
    if moment.year < FIRST_YEAR or moment.date() > today:
        return "implausible_date", text["invoice_date"]
    if rules.adjustment_prefix and invoice.startswith(rules.adjustment_prefix):
        return "adjustment", invoice
    services = [code.upper() for code in rules.service_codes]
    if stock in services or not re.match(f"(?:{rules.product_code})", stock):
        return "non_product", stock
    if _is_cancellation(invoice, quantity < 0, line, shop) and quantity != 0:
        return RETURN, invoice
    if quantity <= 0:
        return "non_positive_quantity", text["quantity"]
    return ("non_positive_price", text[worth_name]) if worth <= 0 else (SALE, invoice)


def _clean(value: Any) -> str:
    text = (value or "").strip(BLANKS)
    return "" if text in ("NaN", "nan") else text


def _is_cancellation(
    invoice: str, negative: bool, line: Mapping[str, Any], shop: ShopDescription
) -> bool:
    signs = shop.lines.cancellation
    if signs.invoice_prefix and invoice.startswith(signs.invoice_prefix):
        return True
    if signs.column:
        said = dict(line.get("other_columns") or ()).get(signs.column) or ""
        if said.strip().lower() in [word.strip().lower() for word in signs.values]:
            return True
    return signs.negative_quantity and negative
