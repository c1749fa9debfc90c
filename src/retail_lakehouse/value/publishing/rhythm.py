"""Why a customer's numbers are what they are, for a person to read."""

from collections.abc import Iterator

import numpy as np

# Times longer than these days are told in weeks, or in months.
_WEEKS, _MONTHS = 21, 120
# A gap of so many times the usual one is worth a word.
_LATE = 1.5
_BIG, _SMALL = 1.5, 0.67


def span(days: float) -> str:
    """A time in words.

    >>> span(1), span(13), span(42), span(200)
    ('1 day', '13 days', '6 weeks', '7 months')
    """
    if days <= _WEEKS:
        return _counted(days, "day")
    return _counted(days / 7, "week") if days <= _MONTHS else _counted(days / 30.4, "month")


def _counted(number: float, unit: str) -> str:
    whole = max(1, round(number))
    return f"{whole} {unit}" + ("" if whole == 1 else "s")


def phrase(orders: int, days: int, gap: float, since: float) -> str:
    """Rhythm and silence of one customer.

    orders: invoices on so many ``days``. gap: usual days between days with an order, NaN if there
    is only one. since: days since the last order.

    >>> phrase(9, 9, 42.0, 77.0)
    'usually every 6 weeks, now 11 weeks'
    >>> phrase(9, 9, 42.0, 20.0)
    'usually every 6 weeks, last 20 days ago'
    >>> phrase(1, 1, float('nan'), 250.0), phrase(2, 1, float('nan'), 3.0)
    ('bought once, 8 months ago', 'bought on one day, 3 days ago')
    """
    if days < 2 or np.isnan(gap):
        return f"bought {'once' if orders == 1 else 'on one day'}, {span(since)} ago"
    usual = f"usually every {span(gap)}" if round(gap) > 1 else "usually every day"
    return f"{usual}, now {span(since)}" if since > gap else f"{usual}, last {span(since)} ago"


def reasons(
    orders: np.ndarray,
    days: np.ndarray,
    gap: np.ndarray,
    since: np.ndarray,
    last: np.ndarray,
    mean: np.ndarray,
    season: np.ndarray,
) -> list[str]:
    """One line per customer: rhythm and silence, and what else speaks for or against a return.

    last, mean: value of the last order and of a mean one. season: whether the customer ordered in
    the coming quarter a year ago.
    """
    return [
        "; ".join([phrase(int(o), int(d), g, s), *_more(d, g, s, value, usual, was)])
        for o, d, g, s, value, usual, was in zip(
            orders, days, gap, since, last, mean, season, strict=True
        )
    ]  # fmt: skip


def _more(
    days: float, gap: float, since: float, last: float, mean: float, season: bool
) -> Iterator[str]:
    if days >= 2 and since > _LATE * gap:
        yield f"{since / gap:.1f} times the usual gap"
    if days >= 2 and mean > 0 and last > _BIG * mean:
        yield "last order larger than usual"
    if days >= 2 and mean > 0 and last < _SMALL * mean:
        yield "last order smaller than usual"
    if season:
        yield "ordered at this time last year"
