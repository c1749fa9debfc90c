"""How customers moved between segments, as a picture."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from retail_lakehouse.segments.history import NOBODY
from retail_lakehouse.segments.pictures import COLOURS, in_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def migration_flow(flows: Mapping[date, Mapping[tuple[str, str], int]]) -> "Figure":
    """The sizes of the segments at every month's end, and who moved where in the last month.

    flows: by month's end, customers by (segment before, segment now).
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    months, sizes_then = sorted(flows), sizes_by_month(flows)
    names = in_order({name for month in sizes_then for name in month})
    left.stackplot(
        months, [[month.get(name, 0) for month in sizes_then] for name in names],
        colors=[COLOURS[name] for name in names], labels=names,
    )  # fmt: skip
    left.set(title="Customers by segment at every month's end", ylabel="customers")
    left.margins(x=0)
    left.tick_params(axis="x", rotation=45)
    handles, labels = left.get_legend_handles_labels()
    left.legend(handles[::-1], labels[::-1], loc="upper left", fontsize=8)
    _draw_flows(right, flows[months[-1]])
    right.set_title(f"Moves in the month that ends on {months[-1]}")
    return figure


def sizes_by_month(
    flows: Mapping[date, Mapping[tuple[str, str], int]],
) -> list[dict[str, int]]:
    """Customers by segment at every month's end, oldest first, from each month's moves."""
    months = []
    for month in sorted(flows):
        now: dict[str, int] = {}
        for (_, segment), customers in flows[month].items():
            if segment != NOBODY:
                now[segment] = now.get(segment, 0) + customers
        months.append(now)
    return months


def _draw_flows(axes: "Axes", flows: Mapping[tuple[str, str], int]) -> None:
    """Ribbons from the segments of the month before to those of the month's end."""
    total = sum(flows.values())
    names = in_order({name for pair in flows for name in pair})
    gap = 0.02 * total
    tops: list[dict[str, float]] = []
    for side in (0, 1):
        height, places = 0.0, {}
        for name in names:
            size = sum(count for pair, count in flows.items() if pair[side] == name)
            if size:
                places[name] = height
                axes.barh(
                    height + size / 2, 0.04, size, left=side - 0.02, color=COLOURS[name], zorder=2
                )
                axes.text(
                    -0.04 if side == 0 else 1.04, height + size / 2, f"{name}\n{size:,}",
                    ha="right" if side == 0 else "left", va="center", fontsize=8.5,
                )  # fmt: skip
                height += size + gap
        tops.append(places)
    x = np.linspace(0.02, 0.98, 60)
    smooth = 3 * x**2 - 2 * x**3
    # Those who stay are pale, so that the moves stand out.
    for before in names:
        for after in names:
            count = flows.get((before, after), 0)
            if count:
                start, end = tops[0][before], tops[1][after]
                lower = start + (end - start) * smooth
                tops[0][before] += count
                tops[1][after] += count
                axes.fill_between(
                    x, lower, lower + count, color=COLOURS[before], linewidth=0,
                    alpha=0.18 if before == after else 0.65,
                )  # fmt: skip
    axes.set(xlim=(-0.45, 1.45))
    axes.invert_yaxis()
    axes.axis("off")
