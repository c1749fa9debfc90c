"""How far the segments can be trusted, on a home that was run: python segment_stability.py HOME.

Customers drawn anew, and ten seeds against the settings' own; who moves if the archetypes did not
pull; plain arrays against Spark ML on every customer at three as-of dates; segment_history against
what those days' own features give with the same model.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from retail_lakehouse import tables as t
from retail_lakehouse.lifecycle import Published
from retail_lakehouse.medallion import gold
from retail_lakehouse.segments import kmeans, pictures, quality
from retail_lakehouse.segments.model import FEATURES, OUTPUTS, SegmentModel
from retail_lakehouse.serving.specs import SEGMENT_MODEL
from retail_lakehouse.settings import SegmentSettings, Settings
from retail_lakehouse.steps.harness.context import Context

SEEDS = range(100, 110)
# Ends of months, of which segment_history tells.
DAYS = (date(2011, 3, 1), date(2011, 8, 1), date(2011, 12, 1))
console = Console()


def stability(context: Context, numbers: Sequence[int]) -> None:
    """Of the model that these customers give, and not of the champion, which may be older."""
    rows = kmeans.training_rows(context.lakehouse.read(t.CUSTOMER_RFM))
    settings = context.settings.segments
    sample = kmeans.sample(rows, 10**6)

    def fitted(changed: SegmentSettings) -> SegmentModel:
        return kmeans.as_arrays(kmeans.fit(rows, changed), sample)

    own = fitted(settings)
    resamples(own, sample, settings)
    segments = named(own, sample)
    seeds(segments, {seed: named(fitted(replace(settings, seed=seed)), sample) for seed in numbers})
    moves(named(fitted(replace(settings, pull=0.0)), sample), segments)


def resamples(model: SegmentModel, sample: np.ndarray, settings: SegmentSettings) -> None:
    grid = Grid("resamples", "mean ARI", "worst ARI", title="Customers drawn anew")
    found = quality.bootstrap_ari(model, sample, settings)
    for count in sorted({SegmentSettings.resamples, len(found)}):
        some = found[:count]
        grid.add_row(f"first {len(some)}", f"{np.mean(some):.3f}", f"{np.min(some):.3f}")
    console.print(grid)


def seeds(own: np.ndarray, others: Mapping[int, np.ndarray]) -> None:
    grid = Grid("seed", "customers with the same segment", title="Other seeds")
    kept = np.ones(len(own), dtype=bool)
    for seed, names in others.items():
        kept &= names == own
        grid.add_row(str(seed), f"{(names == own).mean():.2%}")
    grid.add_row(f"all {len(others)}", f"{kept.mean():.2%}")
    console.print(grid)


def moves(before: np.ndarray, now: np.ndarray) -> None:
    """Customers by the segment they had without pseudo-customers, and the one they have."""
    columns = pictures.in_order(set(now))
    grid = Grid("without pull", *columns, title="Where the archetypes' pull moves customers")
    for name in pictures.in_order(set(before)):
        grid.add_row(name, *(f"{((before == name) & (now == to)).sum():,}" for to in columns))
    console.print(grid)
    console.print(f"{(before == now).mean():.1%} keep their segment")


def named(model: SegmentModel, values: np.ndarray) -> np.ndarray:
    names: np.ndarray = np.array(model.names)[model.distances(values).argmin(axis=1)]
    return names


def agreement(context: Context, days: Sequence[date]) -> None:
    sales = context.lakehouse.read(t.SALES)
    model = Published.champion(context.tracking, SEGMENT_MODEL).model
    history = context.lakehouse.read(t.SEGMENT_HISTORY)
    grid = Grid(
        "as of", "customers", "clusters: arrays = Spark ML", "functions = arrays", "history = run",
        title="Plain arrays, Spark ML, and segment_history",
    )  # fmt: skip
    for day in days:
        rfm = gold.customer_rfm(gold.standing_sales(sales, day), day)
        rows = kmeans.training_rows(rfm)
        fitted = kmeans.fit(rows, context.settings.segments)
        arrays = kmeans.as_arrays(fitted, kmeans.sample(rows, 10_000))
        spark_ml = fitted.pipeline.transform(rows).select("customer_id", *FEATURES, "cluster")
        customers = spark_ml.toPandas()
        by_arrays = arrays.predict(customers)
        functions = kmeans.assign(rows, arrays).toPandas().set_index("customer_id")
        functions = functions.loc[customers["customer_id"], list(OUTPUTS)].reset_index(drop=True)
        then = kmeans.assign(rfm, model).select("customer_id", "segment", *FEATURES)
        of_history = history.where(f"month_end = DATE'{day}'").select(*then.columns)
        differ = then.exceptAll(of_history).count() + of_history.exceptAll(then).count()
        grid.add_row(
            str(day),
            f"{len(customers):,}",
            f"{(by_arrays['cluster'] == customers['cluster']).mean():.2%}",
            f"{(functions['segment'] == by_arrays['segment']).mean():.2%}",
            "the same rows" if differ == 0 else f"{differ} rows differ",
        )
    console.print(grid)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--days", type=date.fromisoformat, nargs="+", default=DAYS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--starts", type=int, default=SegmentSettings.starts)
    parser.add_argument("--resamples", type=int, default=50)
    options = parser.parse_args(argv)
    segments = SegmentSettings(starts=options.starts, resamples=options.resamples)
    context = Context(Settings(home=options.home, segments=segments))
    agreement(context, options.days)
    stability(context, options.seeds)


if __name__ == "__main__":
    main()
