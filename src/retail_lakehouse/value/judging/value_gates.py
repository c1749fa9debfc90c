"""What a model must show on past windows before it publishes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.value.forecast import QUARTER
from retail_lakehouse.value.judging import forecast_metrics
from retail_lakehouse.value.judging.forecast_metrics import Interval
from retail_lakehouse.value.judging.judged import Judged
from retail_lakehouse.value.judging.naive import OWN_RATE
from retail_lakehouse.value.model import CURVE, TREES
from retail_lakehouse.value_settings import ValueSettings

CHAMPION = "champion"


@dataclass(frozen=True)
class Gate:
    """passed, and in words what was asked and found."""

    passed: bool
    words: str

    def __str__(self) -> str:
        return self.words


def better_kind(windows: Sequence[Judged]) -> str:
    """The kind with the lower Brier score over the windows; CURVE where trees cannot learn yet."""
    both = [w for w in windows if TREES in w.predictions]
    if not both:
        return CURVE
    gain = np.concatenate([w.squared_errors(CURVE) - w.squared_errors(TREES) for w in both])
    return TREES if gain.mean() >= 0 else CURVE


def gates(windows: Sequence[Judged], kind: str, settings: ValueSettings) -> tuple[Gate, ...]:
    """Better than own rate, and not by chance; calibrated; not clearly worse than the champion."""
    judged = [w for w in windows if kind in w.predictions]
    found = [_better(judged, kind), _calibrated(judged, kind, settings.max_decile_error)]
    compared = [w for w in judged if CHAMPION in w.predictions]
    if compared:
        found.append(_no_worse(compared, kind))
    return tuple(found)


def gain(windows: Sequence[Judged], kind: str, rival: str) -> Interval:
    """By how much the Brier score is lower than the rival's, paired by customer."""
    less = np.concatenate([w.squared_errors(rival) - w.squared_errors(kind) for w in windows])
    weights = forecast_metrics.resamples(len(less))
    return forecast_metrics.interval(weights @ less / len(less), np.array([less.mean()]))


def _better(windows: Sequence[Judged], kind: str) -> Gate:
    found = gain(windows, kind, OWN_RATE)
    return Gate(found.low > 0, _words(found, "own rate"))


def _no_worse(windows: Sequence[Judged], kind: str) -> Gate:
    found = gain(windows, kind, CHAMPION)
    return Gate(found.high >= 0, _words(found, "the champion"))


def _words(found: Interval, rival: str) -> str:
    """found: by how much lower."""
    lower = found.value >= 0
    low, high = (found.low, found.high) if lower else (-found.high, -found.low)
    return (
        f"Brier score {'lower' if lower else 'higher'} than that of {rival} by "
        f"{abs(found.value):.4f} (95 % {low:.4f} to {high:.4f})"
    )


def _calibrated(windows: Sequence[Judged], kind: str, most: float) -> Gate:
    """Each tenth's mean chance near the share who ordered, beyond what chance explains."""
    errors = decile_errors(windows, kind)
    worst = max(errors, default=0.0)
    return Gate(
        worst <= most,
        f"a tenth of the customers is off by {worst:.3f} beyond chance, and {most:.2f} is allowed",
    )


def decile_errors(windows: Sequence[Judged], kind: str) -> list[float]:
    """Of each tenth: how far mean chance and share who ordered are apart, mean of the windows,
    less two standard errors of the share, as few customers are off by luck.
    """
    by_window = [window.tenths(kind, QUARTER) for window in windows]
    found = []
    for tenth in zip(*by_window, strict=False):
        chance, share, customers = np.array(tenth).T
        spread = np.sqrt((chance * (1.0 - chance)).mean() / customers.sum())
        found.append(max(0.0, abs(float((chance - share).mean())) - 2.0 * float(spread)))
    return found
