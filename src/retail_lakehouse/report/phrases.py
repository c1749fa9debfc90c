"""Numbers, days and changes in words."""

import math
from datetime import date
from decimal import Decimal

Number = int | float | Decimal
# What stands where there is no value.
NONE = "\N{EN DASH}"


def count(number: Number) -> str:
    """Without places behind the point.

    >>> count(1067371)
    '1,067,371'
    """
    return f"{number:,.0f}"


def counted(number: int, thing: str) -> str:
    """So many of them.

    >>> counted(1, "customer"), counted(2, "customer")
    ('1 customer', '2 customers')
    """
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def money(amount: Number, currency: str) -> str:
    """An amount in its currency, small ones to the hundredth.

    >>> money(Decimal("1429.6"), "GBP"), money(3.456, "EUR")
    ('1,430 GBP', '3.46 EUR')
    """
    return f"{amount:,.0f} {currency}" if abs(float(amount)) >= 100 else f"{amount:,.2f} {currency}"


def percent(share: float, digits: int = 0) -> str:
    """A share, as people say it.

    >>> percent(0.644), percent(0.0021, 1)
    ('64 %', '0.2 %')
    """
    return f"{share * 100:.{digits}f} %"


def change(now: Number, before: Number | None, then: str) -> str:
    """How much a figure has changed since then.

    >>> change(112, 100, "Oct 2011"), change(90, 100, "Oct 2011")
    ('▲ 12.0 % on Oct 2011', '▼ 10.0 % on Oct 2011')
    >>> change(1, None, "Oct 2011"), change(1, 0, "May 2010"), change(2, 2, "May 2010")
    ('Oct 2011 not known', 'none in May 2010', 'as in May 2010')
    """
    if before is None:
        return f"{then} not known"
    if not before:
        return f"none in {then}"
    if now == before:
        return f"as in {then}"
    grown = float(now) / float(before) - 1
    return f"{'▲' if grown > 0 else '▼'} {abs(grown) * 100:,.1f} % on {then}"


def month(start: date) -> str:
    """The month that begins on the day.

    >>> month(date(2011, 11, 1))
    'November 2011'
    """
    return f"{start:%B %Y}"


def day(one: date) -> str:
    """A day in full.

    >>> day(date(2011, 12, 9))
    '9 December 2011'
    """
    return f"{one.day} {one:%B %Y}"


def days(number: Number) -> str:
    """So many days.

    >>> days(1), days(411.0)
    ('1 day', '411 days')
    """
    return counted(round(number), "day")


def listed(names: tuple[str, ...]) -> str:
    """Names in one sentence.

    >>> listed(("a",)), listed(("a", "b", "c"))
    ('a', 'a, b and c')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def metric(value: float | None) -> str:
    """A metric to three places.

    >>> metric(0.3706), metric(None) == NONE
    ('0.371', True)
    """
    return NONE if value is None or math.isnan(value) else f"{value:.3f}"
