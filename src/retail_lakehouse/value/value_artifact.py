"""The model's artifact: its arrays, and a page of JSON that says what they are.

What is read may be damaged, of another version, or made to do harm: it is held against all that
forecasts rely on before anything is computed with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from importlib import metadata
from typing import Any

import numpy as np

from retail_lakehouse import __version__
from retail_lakehouse.arrays import trees
from retail_lakehouse.arrays.checked import finite, number, whole
from retail_lakehouse.arrays.npz import Archive, pack
from retail_lakehouse.value.fitting.boosted import AMOUNT, CHANCE, Boosted
from retail_lakehouse.value.fitting.calibration import Curve
from retail_lakehouse.value.fitting.curve import Curves
from retail_lakehouse.value.fitting.intervals import Spread
from retail_lakehouse.value.fitting.lifetime import Lifetime
from retail_lakehouse.value.fitting.spend import Spend
from retail_lakehouse.value.forecast import MONTH, QUARTER
from retail_lakehouse.value.model import AMOUNTS, ORDERS, PARTS, SPEND, ValueModel, Yearly
from retail_lakehouse.value.past.clock import Clock
from retail_lakehouse.value_settings import ValueSettings

# To be raised with every change to what is kept.
FORMAT = 1
_LIBRARIES = ("numpy", "scikit-learn", "scipy")
_TINY = float(np.finfo(float).tiny)
# Later than any date has a number.
_NO_DAY = 3_000_000
_ENDS = ("knots", "low", "high")


def dump(model: ValueModel) -> bytes:
    """The artifact's content."""
    arrays = {"ticks": model.clock.ticks.astype("<f8")}
    for name, spread in model.spreads.items():
        arrays |= {f"{name}.{end}": getattr(spread, end).astype("<f8") for end in _ENDS}
    for name, part in model.trees.items():
        arrays |= trees.to_arrays(f"trees.{name}", part.trees)
    page = {
        "format": FORMAT,
        "program": __version__,
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "features": {"chance": CHANCE, "amount": AMOUNT},
        "settings": asdict(model.settings),
        "clock": {name: getattr(model.clock, name) for name in ("first", "unit", "growth")},
        "lifetime": asdict(model.curves.lifetime),
        "spend": asdict(model.curves.spend),
        "calibrated": {str(days): asdict(curve) for days, curve in model.calibrated.items()},
        "levels": dict(model.levels),
        "year": asdict(model.year),
        "trees": {
            name: {
                "baseline": part.trees.baseline,
                "calibrated": asdict(part.calibrated) if part.calibrated else None,
            }
            for name, part in model.trees.items()
        },
    }
    return pack(page, arrays)


def load(content: bytes) -> ValueModel:
    """What ``dump`` was given; whatever Python finds wrong is raised for any other content."""
    archive = Archive(content)
    page = archive.page()
    if page["format"] != FORMAT:
        raise ValueError(f"its format is {str(page['format'])[:20]}, and not {FORMAT}")
    if page["features"] != {"chance": list(CHANCE), "amount": list(AMOUNT)}:
        raise ValueError("it learnt from other features")
    grown = page["trees"]
    if not isinstance(grown, dict) or set(grown) not in (set(), set(PARTS)):
        raise ValueError("it has other trees than a model has")
    return ValueModel(
        _clock(archive, page["clock"]),
        Curves(
            Lifetime(**_positive(page["lifetime"], Lifetime)),
            Spend(**_positive(page["spend"], Spend)),
        ),
        {days: _curve(page["calibrated"][str(days)], 1) for days in (MONTH, QUARTER)},
        _levels(page["levels"]),
        {name: _boosted(archive, name, part) for name, part in grown.items()},
        {name: _spread(archive, name) for name in AMOUNTS},
        _yearly(page["year"]),
        _settings(page["settings"]),
    )


def _clock(archive: Archive, page: Mapping[str, Any]) -> Clock:
    ticks = finite(archive.array("ticks", "<f8", None))
    if len(ticks) < 2 or ticks[0] != 0 or (np.diff(ticks) < 0).any():
        raise ValueError("its clock does not go forward")
    return Clock(
        whole(page["first"], 0, _NO_DAY),
        ticks,
        number(page["unit"], _TINY),
        number(page["growth"], _TINY),
    )


def _positive(page: Mapping[str, Any], kind: type[Lifetime | Spend]) -> dict[str, float]:
    return {field.name: number(page[field.name], _TINY) for field in fields(kind)}


def _curve(page: Mapping[str, Any], sources: int) -> Curve:
    weights = page["weights"]
    if not isinstance(weights, list) or len(weights) != sources:
        raise ValueError(f"its chances are not calibrated by {sources} weights")
    return Curve(
        number(page["intercept"], -np.inf), tuple(number(weight, -np.inf) for weight in weights)
    )


def _yearly(page: Mapping[str, Any]) -> Yearly:
    return Yearly(_curve(page["calibrated"], 1), _levels(page["levels"]))


def _levels(page: Mapping[str, Any]) -> dict[str, float]:
    return {name: number(page[name]) for name in (ORDERS, SPEND)}


def _boosted(archive: Archive, name: str, page: Mapping[str, Any]) -> Boosted:
    columns = PARTS[name]
    found = trees.from_archive(
        archive, f"trees.{name}", len(columns), number(page["baseline"], -np.inf)
    )
    if columns == AMOUNT:
        return Boosted(found)
    return Boosted(found, _curve(page["calibrated"], 2))


def _spread(archive: Archive, name: str) -> Spread:
    knots = finite(archive.array(f"{name}.knots", "<f8", None))
    low, high = (finite(archive.array(f"{name}.{end}", "<f8", len(knots))) for end in _ENDS[1:])
    if len(knots) == 0 or (np.diff(knots) <= 0).any() or (low < 0).any() or (high < low).any():
        raise ValueError("its intervals end before they begin")
    return Spread(knots, low, high)


def _settings(page: Any) -> ValueSettings:
    """A setting that this version of the program no longer has is left out."""
    if not isinstance(page, dict):
        raise TypeError("its settings have no names")
    kinds: dict[object, Callable[[Any], float]] = {int: whole, float: number}
    known = {
        field.name: kinds[field.type](page[field.name])
        for field in fields(ValueSettings)
        if field.name in page
    }
    settings = ValueSettings(**known)  # type: ignore[arg-type]
    if settings.season_days < 1:
        raise ValueError("it averages orders over no days")
    return settings
