"""Pictures of how lists did on a window, kept with the model's run in MLflow."""

from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.recommend.evaluation.holdout import ALL, NEW, K
from retail_lakehouse.recommend.evaluation.metrics import bootstrap
from retail_lakehouse.recommend.evaluation.validate import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OURS, _OTHERS = "#0072B2", "#999999"
# What people read for what the tables call them.
LABELS = {
    "for_you": "for_you",
    "discover": "discover",
    "buy_again": "buy_again",
    "als": "ALS alone",
    "als_defaults": "ALS, Spark's defaults",
    "popularity": "popularity",
    "recent_popularity": "popularity, last 30 days",
    "first_time_buyers": "first-time buyers, 30 days",
    "own_then_recent": "own, then recent",
    "item_knn": "item-kNN (BM25)",
    "ease": "EASE",
}


def of_trial(trial: Trial) -> "dict[str, Figure]":
    """The pictures of a judged model, by path among its run's artifacts."""
    return {} if trial.judged is None else {"pictures/ndcg.png": ndcg(trial)}


def ndcg(trial: Trial) -> "Figure":
    """NDCG@10 with 95 % intervals: our lists beside the baselines, for both promises."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axes, scope, title in zip(
        figure.subplots(1, 2),
        (NEW, ALL),
        ("discover: products never bought before", "for_you: all products"),
        strict=True,
    ):
        intervals = {
            name: bootstrap(scores.per_user["ndcg"])
            for (name, of), scores in trial.scores.items()
            if of == scope and scores.users
        }
        names = sorted(intervals, key=lambda name: intervals[name].mean)
        means = np.array([intervals[name].mean for name in names])
        ends = np.array([[intervals[n].low, intervals[n].high] for n in names]).reshape(-1, 2)
        colours = [_OURS if name in ("discover", "for_you") else _OTHERS for name in names]
        places = np.arange(len(names))
        errors = np.abs(ends.T - means)
        axes.barh(places, means, color=colours, xerr=errors, error_kw={"ecolor": "#444444"})
        for place, mean, high in zip(places, means, ends[:, 1], strict=True):
            axes.text(high, place, f" {mean:.3f}", va="center", fontsize=9)
        axes.set_yticks(places, [LABELS[name] for name in names])
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlabel(f"NDCG@{K} (95 % interval)")
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
