"""What is usual for a shop, from a row a day and a row a reason: plain Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

# Weeks back that the usual is taken from, and the fewest days that make one.
WEEKS, FEWEST = 8, 3
_WEEK = 7


@dataclass(frozen=True)
class Measured:
    """The value of a check, by the name of its expectation. part: what of; ALL: of everything."""

    name: str
    value: float
    part: str = "ALL"


@dataclass(frozen=True)
class Day:
    """What was sold on a day. anonymous: lines without a customer."""

    day: date
    lines: int
    revenue: float
    anonymous: int


@dataclass(frozen=True)
class Rejects:
    """Lines of the newest files and of all others, of one reason; reason "": of all lines."""

    reason: str
    new: int
    usual: int


def of_days(days: Iterable[Day]) -> list[Measured]:
    """The last day against the same weekday of the weeks before, and the last week's customers."""
    by_day = {one.day: one for one in days}
    if not by_day:
        return []
    last = max(by_day)
    same = [one for one in by_day.values() if one.day != last and _is_same(one.day, last)]
    measured = []
    if len(same) >= FEWEST:
        part = last.isoformat()
        lines = median(one.lines for one in same)
        revenue = median(one.revenue for one in same)
        measured.append(Measured("lines_of_day", by_day[last].lines / lines, part))
        if revenue > 0:
            measured.append(Measured("revenue_of_day", by_day[last].revenue / revenue, part))
    week = [one for one in by_day.values() if (last - one.day).days < _WEEK]
    before = [one for one in by_day.values() if (last - one.day).days >= _WEEK]
    if len(before) >= FEWEST:
        more = _anonymous(week) - _anonymous(before)
        measured.append(Measured("anonymous_share", more, f"week to {last.isoformat()}"))
    return measured


def _is_same(day: date, last: date) -> bool:
    days = (last - day).days
    return days % _WEEK == 0 and days <= WEEKS * _WEEK


def _anonymous(days: Sequence[Day]) -> float:
    return sum(one.anonymous for one in days) / sum(one.lines for one in days)


def of_rejects(counted: Iterable[Rejects]) -> list[Measured]:
    """By how much a reason takes a larger share of the newest files than of all others."""
    by_reason = {one.reason: one for one in counted}
    every = by_reason.pop("", Rejects("", 0, 0))
    if not (every.new and every.usual):
        return []
    return [
        Measured("reject_rate", one.new / every.new - one.usual / every.usual, one.reason)
        for one in by_reason.values()
        if one.new
    ]
