"""How far long work is, how fast it goes and when it will be done, in a few words."""

from collections.abc import Callable
from time import perf_counter

from retail_lakehouse.machine.watch import BYTES, Done
from retail_lakehouse.plain_text import plain

_MB = 2**20
# Before so many seconds, a rate says more of how work begins than of how it goes on.
_SOON = 1.0


class Pace:
    """Of what a step said last. clock: gives seconds."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._first = self._last = Done("")
        self._began = self._at = clock()

    def told(self, done: Done) -> None:
        """Note how far work is; other work begins anew."""
        now = self._clock()
        if (done.work, done.unit) != (self._last.work, self._last.unit):
            self._first, self._began = done, now
        self._last, self._at = done, now

    def words(self) -> str:
        """Such as "reading a.csv, 340,000 lines, 45,000 lines/s"; empty: nothing was said."""
        parts = plain(self._last.work), self._amount(), self._rate(), self._left()
        return ", ".join(filter(None, parts))

    def _amount(self) -> str:
        done = self._last
        if not done.unit or not (done.count or done.total):
            return ""
        unit, size = ("MB", _MB) if done.unit == BYTES else (done.unit, 1)
        of = f" of {done.total / size:,.0f}" if done.total else ""
        return f"{done.count / size:,.0f}{of} {unit}"

    def _per_second(self) -> float:
        seconds = self._at - self._began
        return (self._last.count - self._first.count) / seconds if seconds >= _SOON else 0.0

    def _rate(self) -> str:
        rate = self._per_second()
        if self._last.unit == BYTES:
            return f"{rate / _MB:,.1f} MB/s" if rate else ""
        return f"{rate:,.0f} {self._last.unit}/s" if rate >= 1 else ""

    def _left(self) -> str:
        rate, total = self._per_second(), self._last.total
        if not rate or total is None:
            return ""
        since = self._clock() - self._at
        seconds = max((total - self._last.count) / rate - since, 0.0)
        return f"{seconds / 60:,.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"
