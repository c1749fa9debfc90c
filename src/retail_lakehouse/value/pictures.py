"""Pictures of how forecasts did, kept with the model's run in MLflow."""

from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.arrays.axes import plain_axes
from retail_lakehouse.tables.value import MODEL_TITLES
from retail_lakehouse.value.forecast import QUARTER
from retail_lakehouse.value.judging.trial import Trial, means
from retail_lakehouse.value.model import CURVE, TREES, ValueModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {TREES: "#0072B2", CURVE: "#009E73"}
_OTHER = "#999999"
_SURVIVAL_DAYS = 365


def of_trial(model: ValueModel, trial: Trial) -> "dict[str, Figure]":
    """The pictures of a trained model, by path among its run's artifacts."""
    found = {"pictures/survival.png": survival(model)}
    if trial.windows:
        found["pictures/calibration.png"] = calibration(trial)
        found["pictures/brier.png"] = brier(trial)
    return found


def calibration(trial: Trial) -> "Figure":
    """Chance of an order within 90 days against the share who ordered, tenths of customers."""
    figure, axes = plain_axes(6, 5.2)
    axes.plot([0, 1], [0, 1], color=_OTHER, linewidth=1, linestyle="--")
    for kind in (CURVE, TREES):
        windows = [window for window in trial.windows if kind in window.predictions]
        if windows:
            tenths = np.array([window.tenths(kind, QUARTER) for window in windows])
            chance, share = tenths[:, :, 0].mean(axis=0), tenths[:, :, 1].mean(axis=0)
            axes.plot(chance, share, marker="o", color=_COLOURS[kind], label=MODEL_TITLES[kind])
    axes.legend()
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="chance, mean of the tenth", ylabel="share who ordered",
        title="Orders within 90 days: said and come",
    )  # fmt: skip
    return figure


def brier(trial: Trial) -> "Figure":
    """Brier score of models and baselines, mean of the windows; lower is better."""
    names = list(trial.windows[0].predictions)
    scores = {name: means(trial.windows, name)[f"brier_{QUARTER}"] for name in names}
    names.sort(key=lambda name: -scores[name])
    figure, axes = plain_axes(7, 3.2)
    places = np.arange(len(names))
    values = [scores[name] for name in names]
    axes.barh(places, values, color=[_COLOURS.get(name, _OTHER) for name in names])
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:.3f}", va="center", fontsize=9)
    axes.set_yticks(places, [MODEL_TITLES[name] for name in names])
    axes.set(xlabel="Brier score of an order within 90 days (0: certain and right)")
    axes.margins(x=0.12)
    return figure


def survival(model: ValueModel) -> "Figure":
    """Chance that a customer still is one, while nothing is heard, by orders so far."""
    figure, axes = plain_axes(7, 4.2)
    silent = np.arange(0.0, _SURVIVAL_DAYS)
    for orders, colour in ((1, "#E69F00"), (3, "#56B4E9"), (10, "#0072B2")):
        # Ordered every 30 days, and then no more.
        since = 30.0 * (orders - 1)
        alive = model.curves.lifetime.alive(
            np.full(len(silent), orders - 1.0), np.full(len(silent), since), since + silent
        )
        label = "1 order" if orders == 1 else f"{orders} orders, one in 30 days"
        axes.plot(silent, alive, color=colour, label=label)
    axes.legend()
    axes.set(
        ylim=(0, 1), xlabel="shop days since the last order", ylabel="chance of being a customer",
        title="Who orders often is missed soon",
    )  # fmt: skip
    return figure
