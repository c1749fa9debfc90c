"""How well past days foretell what came, on a home that was run: python value_cuts.py HOME.

Both kinds of models are trained at each cut and see nothing later; the champion of the home answers
for one customer at a time.
"""

import argparse
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table as Grid

from retail_lakehouse import tables as t
from retail_lakehouse.arrays.days import date_of, day_number
from retail_lakehouse.assets import VALUE
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.value.forecast import MONTH, QUARTER
from retail_lakehouse.value.judging.judged import Judged, judge
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.publishing import orders_loader as loader
from retail_lakehouse.value_settings import ValueSettings

CUTS = tuple(date(2011, month, 1) for month in (1, 3, 5, 7, 9))
METRICS = (
    *("auc_90", "brier_90", "auc_30", "brier_30", "gini_spend", "top_tenth_spend", "mae_spend"),
    *("within_orders", "within_spend"),
)
console = Console()


def learnt(context: Context, as_of: date, settings: ValueSettings) -> tuple[Sales, Daily]:
    bought = loader.orders(context.lakehouse.read(t.SALES), as_of)
    return loader.sampled(bought, settings.sample_customers, settings.seed), loader.daily(bought)


def judgements(
    sales: Sales, daily: Daily, cuts: Sequence[date], settings: ValueSettings
) -> list[Judged]:
    windows = []
    for cut in cuts:
        begun = time.perf_counter()
        windows.append(judge(sales, daily, day_number(cut), settings))
        seconds = time.perf_counter() - begun
        console.print(f"{cut}: {len(windows[-1]):,} customers, judged in {seconds:.1f} s")
    return windows


def show(windows: Sequence[Judged]) -> None:
    """Means over the windows; of biases the mean size, as one above and one below are two."""
    columns = (*METRICS, "bias of orders", "of spend", "worst tenth 90", "30")
    grid = Grid("model", *columns, title=f"Mean of {len(windows)} cuts")
    for name in windows[0].predictions:
        values = [window.values(name) for window in windows if name in window.predictions]
        cells = [_mean([of.get(metric, np.nan) for of in values]) for metric in METRICS]
        for metric in ("bias_orders", "bias_spend"):
            cells.append(_mean([abs(of.get(metric, np.nan)) for of in values]))
        cells += [f"{worst_tenth(windows, name, days):.3f}" for days in (QUARTER, MONTH)]
        grid.add_row(name, *cells)
    console.print(grid)


def by_cut(windows: Sequence[Judged]) -> None:
    shown = ("auc_90", "brier_90", "auc_30", "brier_30", "gini_spend", "bias_orders", "bias_spend")
    grid = Grid("cut", "model", *shown)
    for window in windows:
        for name in ("trees", "curve"):
            if name in window.predictions:
                values = window.values(name)
                cells = (f"{values[metric]:.3f}" for metric in shown)
                grid.add_row(str(date_of(window.start)), name, *cells)
    console.print(grid)


def worst_tenth(windows: Sequence[Judged], name: str, days: int) -> float:
    """How far mean chance and share who ordered are apart, mean of the windows."""
    tenths = [window.tenths(name, days) for window in windows if name in window.predictions]
    chance, share = np.array(tenths)[:, :, :2].mean(axis=0).T
    return float(np.abs(chance - share).max())


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f}"


def answers(context: Context, sales: Sales, requests: int) -> None:
    """Time of one customer's answer by the registered model, as a server calls it."""
    model = mlflow.pyfunc.load_model(context.tracking.champion(VALUE).uri)
    seconds = []
    for row in np.random.default_rng(42).integers(0, len(sales), requests):
        of_one = np.flatnonzero(sales.rows == row)
        rows = pd.DataFrame(
            {
                "invoice_date": pd.to_datetime(sales.days[of_one], unit="D"),
                "amount": np.maximum(sales.amounts[of_one], 0.01),
            }
        )
        begun = time.perf_counter()
        model.predict(rows)
        seconds.append(time.perf_counter() - begun)
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1000
    console.print(f"one customer: p50 {p50:.1f} ms, p99 {p99:.1f} ms ({requests} requests)")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--cuts", type=date.fromisoformat, nargs="+", default=CUTS)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args(argv)
    context, settings = Context(Settings(home=options.home)), ValueSettings()
    end = max(options.cuts) + timedelta(days=QUARTER)
    sales, daily = learnt(context, end, settings)
    windows = judgements(sales, daily, options.cuts, settings)
    by_cut(windows)
    show(windows)
    answers(context, sales, options.requests)


if __name__ == "__main__":
    main()
