"""The last windows before as_of: how forecasts made at their starts did, and if that is enough."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retail_lakehouse.value.judging.judged import Judged, judge, starts
from retail_lakehouse.value.judging.value_gates import (
    CHAMPION,
    Gate,
    better_kind,
    decile_errors,
    gates,
)
from retail_lakehouse.value.model import ValueModel
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.training import shop_clock
from retail_lakehouse.value_settings import ValueSettings


@dataclass(frozen=True)
class Trial:
    """windows: judged, the latest first; none where the shop is too young. kind: the better one."""

    windows: tuple[Judged, ...]
    kind: str
    gates: tuple[Gate, ...]

    @property
    def failures(self) -> str:
        """Why the model may not publish, in words; empty if it may."""
        if not self.windows:
            return "no window with history before it to judge by"
        return "; ".join(str(gate) for gate in self.gates if not gate.passed)

    def metrics(self) -> dict[str, float]:
        """For MLflow: of all models and baselines, and of whom."""
        if not self.windows:
            return {}
        worst = max(decile_errors(self.windows, self.kind), default=0.0)
        return metrics_of(self.windows) | {
            "judged_customers": len(self.windows[0]),
            "worst_tenth": worst,
        }


def means(windows: Sequence[Judged], name: str) -> dict[str, float]:
    """Metrics of one model or baseline, as means over the windows that have it."""
    found = [window.values(name) for window in windows if name in window.predictions]
    names = found[0] if found else {}
    return {metric: sum(values[metric] for values in found) / len(found) for metric in names}


def metrics_of(windows: Sequence[Judged]) -> dict[str, float]:
    """Means over windows, by metric and name; what is not defined is left out."""
    return {
        f"{metric}.{name}": value
        for name in windows[0].predictions
        for metric, value in means(windows, name).items()
        if not math.isnan(value)
    }


def trial(
    sales: Sales,
    daily: Daily,
    cut: int,
    settings: ValueSettings,
    champion: ValueModel | None,
) -> Trial:
    """Judge both kinds, trained at the start of each window, beside the champion."""
    windows = tuple(
        judge(sales, daily, start, settings, _rivals(daily, start, settings, champion))
        for start in starts(daily, cut, settings.judged_windows, settings)
    )
    kind = better_kind(windows)
    return Trial(windows, kind, gates(windows, kind, settings) if windows else ())


def _rivals(
    daily: Daily, start: int, settings: ValueSettings, champion: ValueModel | None
) -> Mapping[str, ValueModel]:
    """The champion, if it has not seen the window either."""
    if champion is None or champion.cut > start:
        return {}
    return {CHAMPION: champion.at(shop_clock(daily, start, settings, champion.clock.unit))}
