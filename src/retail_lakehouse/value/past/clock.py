"""The shop's own time: a busy day is long, a quiet one short.

Customers of a shop share its season: before Christmas all of them order more. In the shop's time,
which runs as fast as orders come in, each orders at a steady rate, as models of repeat purchase
want it (a change of time makes a Poisson process of a common, moving rate a steady one: Cox and
Lewis 1966, The Statistical Analysis of Series of Events, p. 29). What the next weeks hold
is read off a year ago: so many shop days went by then.
"""

from dataclasses import dataclass, replace

import numpy as np

YEAR = 365
# Days on both sides of a year whose orders are compared to tell growth from season, at least.
_LEAST_OVERLAP = 90
_GROWTH = (0.5, 2.0)


@dataclass(frozen=True)
class Clock:
    """first: day of the first order. ticks: shop days gone by at the midnight that begins each day
    from ``first`` to the cut. unit: orders of a usual day, which make one shop day. growth: by
    what orders grow in a year, taken out of the ticks.
    """

    first: int
    ticks: np.ndarray
    unit: float
    growth: float = 1.0

    @property
    def cut(self) -> int:
        """Nothing from this day on was seen."""
        return self.first + len(self.ticks) - 1

    @property
    def knows_season(self) -> bool:
        """Whether there was a year ago to read the season off."""
        return self.cut - self.first >= YEAR

    def at(self, days: np.ndarray) -> np.ndarray:
        """Shop days gone by at these days' beginning, none after the cut.

        >>> Clock(10, np.array([0.0, 2.0, 3.0]), 5.0).at(np.array([9, 10, 11, 12, 13]))
        array([0., 0., 2., 3., 3.])
        """
        places = np.clip(np.asarray(days) - self.first, 0, len(self.ticks) - 1)
        gone: np.ndarray = self.ticks[places]
        return gone

    def ahead(self, days: int) -> float:
        """Shop days of the coming ``days``: those of a year ago; as many as days without one.

        What is longer than a year is so many years of the last one.

        >>> year = Clock(0, np.arange(366.0) * 2.0, 5.0)
        >>> year.ahead(30), year.ahead(730), Clock(0, np.arange(9.0) * 2.0, 5.0).ahead(30)
        (60.0, 1460.0, 30.0)
        """
        if not self.knows_season:
            return float(days)
        years, rest = divmod(days, YEAR)
        start = len(self.ticks) - 1 - YEAR
        part = self.ticks[start + rest] - self.ticks[start]
        return float(years * (self.ticks[-1] - self.ticks[start]) + part)

    def until(self, day: int) -> "Clock":
        """The same clock, gone on to a later cut as it went a year ago, or as days go by.

        >>> Clock(0, np.arange(9.0) * 2.0, 5.0).until(10).ticks[-3:]
        array([16., 17., 18.])
        """
        more = range(1, day - self.cut + 1)
        ticks = [self.ticks[-1] + self.ahead(days) for days in more]
        return replace(self, ticks=np.concatenate([self.ticks, ticks]))

    def start_of(self, end: int, length: float) -> int:
        """The day on which a window of ``length`` shop days begins that ends at the day ``end``.

        It may be before the first day, where the shop is too young for such a window.

        >>> Clock(10, np.array([0.0, 2.0, 3.0, 7.0]), 5.0).start_of(13, 5.0)
        11
        """
        reached = float(self.at(np.array([end]))[0]) - length
        if reached < 0:
            return self.first - 1
        return self.first + int(np.searchsorted(self.ticks, reached, side="right")) - 1


def clock(first: int, daily: np.ndarray, width: int, unit: float | None = None) -> Clock:
    """The clock of a shop with so many orders on each day from ``first`` to the cut.

    width: days over which orders are averaged, so that weekends and single days do not count.
    unit: of another clock, to go on with its days; by default a usual day's orders.

    >>> clock(5, np.array([2.0, 4.0, 6.0]), 1).ticks
    array([0. , 0.5, 1.5, 3. ])
    """
    growth = yearly_growth(daily)
    ages = np.arange(len(daily)) - len(daily)
    smooth = _smoothed(daily / growth ** (ages / YEAR), width)
    unit = float(smooth.mean()) if unit is None else unit
    return Clock(first, np.concatenate([[0.0], np.cumsum(smooth / unit)]), unit, growth)


def yearly_growth(daily: np.ndarray) -> float:
    """Orders of up to a year over those of the same days a year before; 1 where few are known.

    >>> yearly_growth(np.repeat([2.0, 3.0], 365)), yearly_growth(np.ones(400))
    (1.5, 1.0)
    """
    overlap = min(len(daily) - YEAR, YEAR)
    if overlap < _LEAST_OVERLAP:
        return 1.0
    before = daily[-overlap - YEAR : -YEAR].sum()
    now = daily[-overlap:].sum()
    return float(np.clip(now / before, *_GROWTH)) if before and now else 1.0


def _smoothed(daily: np.ndarray, width: int) -> np.ndarray:
    """Mean over ``width`` days around each, of those that there are."""
    cumulated = np.concatenate([[0.0], np.cumsum(daily)])
    places = np.arange(len(daily))
    low = np.maximum(places - width // 2, 0)
    high = np.minimum(places - width // 2 + width, len(daily))
    mean: np.ndarray = (cumulated[high] - cumulated[low]) / (high - low)
    return mean
