"""Windows of time: the days from a start, all of one length, one after the other before a cut."""


def window_starts(first_day: int, cut: int, days: int, count: int) -> list[int]:
    """Starts of the ``count`` windows of ``days`` that end at ``cut`` or before, the latest first.

    first_day: of the shop's first sale. Fewer where the shop is younger: the earliest window must
    have a day before it.

    >>> window_starts(first_day=0, cut=100, days=30, count=2)
    [70, 40]
    >>> window_starts(first_day=40, cut=100, days=30, count=2)
    [70]
    """
    starts = (cut - number * days for number in range(1, count + 1))
    return [start for start in starts if start > first_day]
