"""Pictures of a segmentation, drawn once and kept with the model's run in MLflow.

Whoever shows them later, such as a report, takes them from there. Matplotlib's figure objects are
used directly: pyplot keeps global state, and steps run in threads.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.arrays.axes import plain_axes
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.months.history import NOBODY
from retail_lakehouse.segments.naming import ARCHETYPES, EVERYONE
from retail_lakehouse.segments.training import Candidate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colours that stay apart for colour-blind eyes too (Okabe and Ito 2008, then Tol's muted ones).
_PALETTE = (
    "#0072B2", "#009E73", "#56B4E9", "#E69F00", "#999999",
    "#44AA99", "#CC79A7", "#D55E00", "#332288", "#DDCC77",
)  # fmt: skip
COLOURS = {kind.name: colour for kind, colour in zip(ARCHETYPES, _PALETTE, strict=True)}
COLOURS |= {EVERYONE: _PALETTE[0], NOBODY: "#DDDDDD"}
_ORDER = list(COLOURS)
_LABELS = ("Recency (days)", "Frequency (invoices)", "Monetary")
_DOTS = 4000


def in_order(names: Iterable[str]) -> list[str]:
    """Segments as people expect them: Champions first, lost ones last."""
    return sorted(names, key=_ORDER.index)


def of_model(candidate: Candidate) -> dict[str, "Figure"]:
    """The pictures of a trained model, by path among its run's artifacts."""
    labels = candidate.model.distances(candidate.sample).argmin(axis=1)
    return {
        "pictures/segment_map.png": segment_map(candidate.model, candidate.sample, labels),
        "pictures/profile_heatmap.png": profile_heatmap(candidate.model, candidate.sample, labels),
        "pictures/sizes.png": sizes(candidate.model, candidate.sample, labels),
    }


def segment_map(model: SegmentModel, sample: np.ndarray, labels: np.ndarray) -> "Figure":
    """A dot each of 4,000 customers at most: days since the last purchase, money, log axes."""
    figure, axes = plain_axes(8, 5.5)
    few = slice(None, _DOTS)
    for name in in_order(model.names):
        own = sample[few][labels[few] == model.names.index(name)]
        axes.scatter(
            own[:, 0], np.maximum(own[:, 2], 0.01), s=9, alpha=0.5, linewidths=0,
            color=COLOURS[name], label=name,
        )  # fmt: skip
    for name in in_order(model.names):
        own = sample[labels == model.names.index(name)]
        if len(own):
            days, pounds = np.median(own[:, 0]), max(float(np.median(own[:, 2])), 0.01)
            axes.scatter(days, pounds, s=130, color=COLOURS[name], edgecolor="black", zorder=3)
            axes.annotate(
                name, (days, pounds), xytext=(9, 6), textcoords="offset points", weight="bold",
                bbox={"boxstyle": "round", "fc": "white", "ec": "none", "alpha": 0.75}, zorder=4,
            )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="Days since the last purchase", ylabel="Money spent",
        title="Customers by recency and money; rings: medians of the segments",
    )  # fmt: skip
    return figure


def profile_heatmap(model: SegmentModel, sample: np.ndarray, labels: np.ndarray) -> "Figure":
    """Centres in standard deviations from the shop's mean, with each segment's medians."""
    names = in_order(model.names)
    rows = [model.names.index(name) for name in names]
    centres = np.array(model.centres)[rows]
    figure, axes = plain_axes(7, 1.2 + 0.65 * len(names))
    image = axes.imshow(centres, cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
    axes.set_xticks(range(3), _LABELS)
    axes.set_yticks(range(len(names)), names)
    for y, row in enumerate(rows):
        own = sample[labels == row]
        for x in range(3):
            middle = f"\nmedian {np.median(own[:, x]):,.0f}" if len(own) else ""
            dark = abs(centres[y, x]) > 1.2
            axes.text(
                x, y, f"{centres[y, x]:+.1f} sd{middle}", ha="center", va="center", fontsize=8.5,
                color="white" if dark else "black",
            )  # fmt: skip
    axes.grid(visible=False)
    axes.set_title("What sets the segments apart (centre, standard deviations from the mean)")
    figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def sizes(model: SegmentModel, sample: np.ndarray, labels: np.ndarray) -> "Figure":
    """Share of customers and share of revenue of each segment, side by side."""
    names = in_order(model.names)
    own = [labels == model.names.index(name) for name in names]
    customers = np.array([100 * mask.mean() for mask in own])
    total = max(float(sample[:, 2].sum()), 1e-9)
    revenue = np.array([100 * sample[mask, 2].sum() / total for mask in own])
    figure, axes = plain_axes(8, 1.4 + 0.7 * len(names))
    places = np.arange(len(names))
    for offset, values, alpha, what in (
        (-0.2, customers, 0.45, "of customers"),
        (0.2, revenue, 1.0, "of revenue"),
    ):
        bars = axes.barh(
            places + offset, values, 0.38, color=[COLOURS[n] for n in names], alpha=alpha
        )
        axes.bar_label(bars, [f" {v:.1f} % {what}" for v in values], fontsize=8.5)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set(
        xlim=(0, max(float(customers.max()), float(revenue.max())) * 1.3), xlabel="%",
        title="Pale: share of customers. Full: share of revenue.",
    )  # fmt: skip
    return figure


def sweep_curves(candidates: Sequence[Candidate], chosen: int) -> "Figure":
    """Inertia, silhouettes, smallest segment and bootstrap ARI over k; dotted: the k chosen."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    found = [candidate.quality for candidate in candidates]
    k = [one.segments for one in found]
    limits = candidates[0].settings
    panels = figure.subplots(2, 2).flat
    plots: tuple[tuple[str, dict[str, list[float | None]], float | None], ...] = (
        ("Inertia (lower is tighter)", {"": [one.inertia for one in found]}, None),
        (
            "Silhouette (higher is better apart)",
            {
                "squared Euclidean": [one.silhouette_squared_euclidean for one in found],
                "Euclidean": [one.silhouette_euclidean for one in found],
            },
            None,
        ),
        (
            "Smallest segment, % of customers",
            {"": [100 * one.smallest_share for one in found]},
            100 * limits.min_share,
        ),
        (
            "Bootstrap ARI (1: the same groups again)",
            {
                "mean": [one.bootstrap_ari_mean for one in found],
                "worst": [one.bootstrap_ari_min for one in found],
            },
            limits.min_bootstrap_ari,
        ),
    )
    for axes, (title, lines, gate) in zip(panels, plots, strict=True):
        for colour, (label, values) in zip(_PALETTE, lines.items(), strict=False):
            axes.plot(k, values, marker="o", color=colour, label=label)
        if gate is not None:
            axes.axhline(gate, color="#D55E00", linestyle="--", linewidth=1, label="gate")
        axes.axvline(chosen, color="#999999", linestyle=":", linewidth=1)
        axes.set(title=title, xlabel="k", xticks=k)
        axes.grid(alpha=0.3)
        if any(lines) or gate is not None:
            axes.legend(fontsize=8)
    return figure
