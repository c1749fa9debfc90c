"""Pictures of how lists did on a window, kept with the model's run in MLflow."""

from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.recommend.evaluation.baselines import LABELS
from retail_lakehouse.recommend.evaluation.gates import Validation
from retail_lakehouse.recommend.evaluation.metrics import Interval, K, bootstrap
from retail_lakehouse.tables.lists import ALL, LISTS, NEW, SCOPE_OF, SCOPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS, _OTHERS = "#0072B2", "#999999"


def of_validation(validation: Validation) -> "dict[str, Figure]":
    """The pictures of a judged model, by path among its run's artifacts."""
    return {} if validation.holdout is None else {"pictures/ndcg.png": ndcg(validation)}


def ndcg(validation: Validation) -> "Figure":
    """NDCG@10 with 95 % intervals: our lists beside the baselines, where these are judged."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axes, scope in zip(figure.subplots(1, 2), (NEW, ALL), strict=True):
        _bars(axes, _intervals(validation, scope))
        lists = ", ".join(spec.name for spec in LISTS if spec.scope == scope)
        products = SCOPES[scope] if scope == ALL else f"products {SCOPES[scope]}"
        axes.set_title(f"{lists}: {products}", loc="left", fontsize=11)
    return figure


def _intervals(validation: Validation, scope: str) -> dict[str, Interval]:
    """Of the rankings that somebody was judged by, the worst first."""
    intervals = {
        name: bootstrap(scores.per_user["ndcg"])
        for (name, of), scores in validation.scores.items()
        if of == scope and scores.users
    }
    return dict(sorted(intervals.items(), key=lambda pair: pair[1].mean))


def _bars(axes: "Axes", intervals: dict[str, Interval]) -> None:
    means = np.array([interval.mean for interval in intervals.values()])
    ends = np.array([[i.low, i.high] for i in intervals.values()]).reshape(-1, 2)
    colours = [_OURS if name in SCOPE_OF else _OTHERS for name in intervals]
    heights = np.arange(len(intervals))
    errors = np.abs(ends.T - means)
    axes.barh(heights, means, color=colours, xerr=errors, error_kw={"ecolor": "#444444"})
    for height, mean, high in zip(heights, means, ends[:, 1], strict=True):
        axes.text(high, int(height), f" {mean:.3f}", va="center", fontsize=9)
    axes.set_yticks(heights, [LABELS.get(name, name) for name in intervals])
    axes.set_xlabel(f"NDCG@{K} (95 % interval)")
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
