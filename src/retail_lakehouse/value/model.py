"""The model as a product: all it needs to say what customers will do, without Spark."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.value.fitting import boosted
from retail_lakehouse.value.fitting.boosted import AMOUNT, CHANCE, Boosted
from retail_lakehouse.value.fitting.calibration import Curve, as_is, log_odds, logistic
from retail_lakehouse.value.fitting.curve import Curves
from retail_lakehouse.value.fitting.intervals import Spread
from retail_lakehouse.value.forecast import MONTH, QUARTER, YEAR, Expected, Forecast, in_order
from retail_lakehouse.value.past.clock import Clock
from retail_lakehouse.value.past.customer_past import History
from retail_lakehouse.value_settings import ValueSettings

# The two kinds: buy-till-you-die alone, and trees that correct it.
CURVE, TREES = "curve", "trees"
KINDS = (CURVE, TREES)
# Chances and amounts that trees are kept by.
ORDERS, SPEND = "orders", "spend"
PARTS = {f"chance_{MONTH}": CHANCE, f"chance_{QUARTER}": CHANCE, ORDERS: AMOUNT, SPEND: AMOUNT}
# Days ahead of amounts, and names of both.
AHEAD = (QUARTER, YEAR)
AMOUNTS = tuple(f"{name}_{days}" for name in (ORDERS, SPEND) for days in AHEAD)
_LEAST = 1e-3


@dataclass(frozen=True)
class Yearly:
    """calibrated: chances of an order within a year. levels: what came in a year over what was
    expected, of ORDERS and SPEND.
    """

    calibrated: Curve
    levels: Mapping[str, float]


AS_EXPECTED = Yearly(as_is(1), {ORDERS: 1.0, SPEND: 1.0})


@dataclass(frozen=True)
class ValueModel:
    """calibrated: the curve's chances, by days ahead. levels: what came in past windows over what
    the curve expected, of ORDERS and SPEND. trees: by PARTS; none: the kind is CURVE. spreads: by
    AMOUNTS. year: how chances and amounts of a year did in years past.
    """

    clock: Clock
    curves: Curves
    calibrated: Mapping[int, Curve]
    levels: Mapping[str, float]
    trees: Mapping[str, Boosted]
    spreads: Mapping[str, Spread]
    year: Yearly
    settings: ValueSettings

    @property
    def kind(self) -> str:
        """Which of the two it is."""
        return TREES if self.trees else CURVE

    @property
    def cut(self) -> int:
        """The model saw only days before this one."""
        return self.clock.cut

    def at(self, clock: Clock) -> "ValueModel":
        """What it learnt, on another day of the shop; the clock's unit must be its own."""
        return replace(self, clock=clock)

    def to_bytes(self) -> bytes:
        """Arrays and JSON: see ``value_artifact``."""
        from retail_lakehouse.value import value_artifact

        return value_artifact.dump(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> "ValueModel":
        """What ``to_bytes`` wrote; content from anywhere may be given.

        OtherVersionError where another version of this program wrote it, or of scikit-learn, or
        where it is damaged.
        """
        from retail_lakehouse.value import value_artifact

        try:
            return value_artifact.load(content)
        # What a file that somebody else wrote can make Python raise is no list that is known.
        except Exception as error:
            raise OtherVersionError.of("This value model", error, "train-value") from error

    def predict(self, known: History) -> Forecast:
        """What customers known at the clock's cut will do; each is looked at by itself."""
        chances = self._chances(known)
        means = self.amounts(known)
        return Forecast(
            chances,
            {days: self._expected(ORDERS, days, means, chances[days]) for days in AHEAD},
            {days: self._expected(SPEND, days, means) for days in AHEAD},
        )

    def _chances(self, known: History) -> dict[int, np.ndarray]:
        curve = {d: self.curves.chance(known, self.clock.ahead(d)) for d in (MONTH, QUARTER, YEAR)}
        found = {days: self._chance(known, days, curve[days]) for days in (MONTH, QUARTER)}
        # What the quarter's chance tells beyond the curve holds for the year as well.
        odds = log_odds(curve[YEAR]) + log_odds(found[QUARTER]) - log_odds(curve[QUARTER])
        year = self.year.calibrated.chance(logistic(odds))
        return in_order({**found, YEAR: year})

    def _chance(self, known: History, days: int, curve: np.ndarray) -> np.ndarray:
        if not self.trees:
            return self.calibrated[days].chance(curve)
        matrix = boosted.features(known, self.curves, self.clock.ahead(days), CHANCE)
        return boosted.chance(self.trees[f"chance_{days}"], matrix, curve)

    def amounts(self, known: History) -> dict[tuple[str, int], np.ndarray]:
        """Expected orders and spend by days ahead."""
        quarter, year = self.clock.ahead(QUARTER), self.clock.ahead(YEAR)
        matrix = boosted.features(known, self.curves, quarter, AMOUNT) if self.trees else None
        found = {}
        for name, of in ((ORDERS, self.curves.orders), (SPEND, self.curves.money)):
            base = of(known, quarter)
            if matrix is None:
                mean = base * self.levels[name]
            else:
                start = boosted.spend_base(known, base) if name == SPEND else base
                mean = boosted.amount(self.trees[name], matrix, start)
            found[name, QUARTER] = mean
            more = of(known, year) * self.year.levels[name] / np.maximum(base, _LEAST)
            found[name, YEAR] = mean * np.maximum(more, 1.0)
        return found

    def _expected(
        self,
        name: str,
        days: int,
        means: Mapping[tuple[str, int], np.ndarray],
        least: float | np.ndarray = 0.0,
    ) -> Expected:
        # Who orders at all orders once at least.
        mean = np.maximum(means[name, days], least)
        return Expected(mean, *self.spreads[f"{name}_{days}"].interval(mean))
