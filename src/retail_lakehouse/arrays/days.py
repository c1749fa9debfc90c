"""Days as whole numbers since 1970-01-01, in the shop's local time.

A cut is the midnight that begins its day: a purchase of day d is before the cut if d < cut.
"""

from datetime import date, timedelta

# The reversal day of a purchase that stands.
NEVER = 2**31 - 1
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> day_number(date(2011, 12, 10))
    15318
    """
    return (day - _EPOCH).days


def date_of(number: int) -> date:
    """The date of a day number; OverflowError after the year 9999.

    >>> date_of(15318)
    datetime.date(2011, 12, 10)
    """
    return _EPOCH + timedelta(days=number)
