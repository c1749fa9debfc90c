"""Months of the shop: which are whole, and what a month is held against."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from retail_lakehouse.report.facts import Facts, Month

# A shop whose first sale is later in a month than this began within it.
_FIRST_DAYS = 4


def is_whole(month: Month, facts: Facts) -> bool:
    """Whether the shop was open, and seen, from the month's first day to its last."""
    began = facts.shop.first_day
    starts_within = began > month.start + timedelta(days=_FIRST_DAYS - 1)
    return after(month.start) <= facts.shop.as_of and not starts_within


def after(start: date) -> date:
    """The first day of the next month.

    >>> after(date(2011, 12, 1))
    datetime.date(2012, 1, 1)
    """
    return (start + timedelta(days=32)).replace(day=1)


def before(start: date) -> date:
    """The first day of the month before.

    >>> before(date(2012, 1, 1))
    datetime.date(2011, 12, 1)
    """
    return (start - timedelta(days=1)).replace(day=1)


def year_before(start: date) -> date:
    """The same month a year ago."""
    return start.replace(year=start.year - 1)


def every_month(months: Sequence[Month]) -> list[Month]:
    """All months from the first to the last, also those in which nothing was sold."""
    by_start = {month.start: month for month in months}
    found, start = [], min(by_start)
    while start <= max(by_start):
        found.append(by_start.get(start) or Month(start, Decimal(0), 0, 0, 0))
        start = after(start)
    return found


def headline(facts: Facts) -> Month:
    """The last whole month; where there is none yet, the newest one."""
    every = every_month(facts.months)
    return next((month for month in reversed(every) if is_whole(month, facts)), every[-1])
