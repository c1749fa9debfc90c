"""Judge the recommender over the past, and choose its settings there."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.arrays.days import date_of, day_number
from retail_lakehouse.assets import RECOMMENDER
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.lifecycle import fingerprint
from retail_lakehouse.machine.watch import Done
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.evaluation.holdout import Holdout, left_out, ndcg
from retail_lakehouse.recommend.evaluation.metrics import K, Scores
from retail_lakehouse.recommend.evaluation.tuning import SearchSpace, resumed
from retail_lakehouse.recommend.evaluation.validate import lists_of
from retail_lakehouse.recommend.inference.batch import recommendations
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.steps.recommend import bought_before, keep_quality, windows_of
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import ALL, NEW
from retail_lakehouse.tracking import Sweep

# Lists of a backtest come from models that were never registered.
_UNREGISTERED = 0


def _past(io: StepIO, as_of: date, count: int) -> tuple[Windows, list[int]]:
    """The shop by windows, and the starts of the last ``count`` of them, at least one."""
    windows = windows_of(io.settings.recommend, *bought_before(io, as_of))
    starts = windows.starts(day_number(as_of), count)
    if not starts:
        raise SettingsError(
            f"There is no window of {windows.settings.windows.days} days before {as_of} with "
            "history before it: give a later --as-of."
        )
    return windows, starts


def backtest(io: StepIO, count: int) -> StepResult:
    """Publish and judge lists at the start of each of the last ``count`` windows before as_of.

    Each window's lists are written to gold.recommendation_backtest as they would have been
    published that day, read back, and judged beside the baselines, in gold.backtest_quality. Only
    a backtest writes these two tables, so it may run beside the daily job.
    """
    as_of = io.as_of()
    windows, starts = _past(io, as_of, count)

    def runs() -> Iterator[tuple[str, dict[str, Any], dict[str, float]]]:
        for number, start in enumerate(starts):
            io.watch(Done("lists", number, len(starts), "windows"))
            judged = Holdout.of(windows.data, start, windows.settings)
            scores = _window(io, windows, judged)
            keep_quality(io, t.BACKTEST_QUALITY, scores, judged)
            day = date_of(start)
            metrics = ndcg(scores) | {"cold_share": judged.cold}
            yield f"window from {day}", {c.WINDOW_START: day}, metrics

    sweep = Sweep(
        name=f"{RECOMMENDER.name} backtest as of {as_of}",
        description=f"Lists and baselines on {len(starts)} windows of "
        f"{windows.settings.windows.days} days, a run each below this one. All metrics: "
        "gold.backtest_quality.",
        tags=io.tags(),
        steps=runs(),
    )
    io.log_sweep(RECOMMENDER, sweep)
    judged = io.read(t.RECOMMENDATION_BACKTEST)
    note = said_of_windows([windows.data.products.before(start) for start in starts])
    return StepResult(windows.bought.count(), judged.count(), note)


def said_of_windows(products: Sequence[int]) -> str:
    """How many windows there were, and in how many baselines were left out.

    products: of each window, the latest first.
    """
    too_large = [said for said in map(left_out, products) if said]
    words = f"; in {len(too_large)} of them {too_large[0]}" if too_large else ""
    return f"{len(products)} windows{words}"


def _window(io: StepIO, windows: Windows, judged: Holdout) -> dict[tuple[str, str], Scores]:
    rows = _published(io, windows, judged, date_of(judged.start))
    lists = judged.published(rows.toPandas(), K)
    others = {
        **judged.trivial(K),
        **dict(judged.trained(K)),
        **dict(judged.neighbours(K)),
        "als": judged.by_als(windows.catalogue(judged.start), K),
        "als_defaults": _als_at_defaults(windows, judged),
    }
    return judged.promised(lists) | judged.compared(others)


def _published(io: StepIO, windows: Windows, judged: Holdout, day: date) -> DataFrame:
    """The judged customers' lists, read back from the table they were published to."""
    table = t.RECOMMENDATION_BACKTEST
    model = windows.recommender(judged.start, windows.settings.windows.training)
    seen = loader.numbered(io.read(t.PURCHASES), windows.data.products, day)
    io.replace_where(table, recommendations(seen, model, _UNREGISTERED, day), F.col(c.AS_OF) == day)
    ids = io.local([(str(one),) for one in judged.customers], "customer_id STRING")
    published = io.read(table).where(F.col(c.AS_OF) == day)
    # At most as many customers as are sampled.
    return published.join(F.broadcast(ids), on=c.CUSTOMER_ID, how="left_semi")


def _als_at_defaults(windows: Windows, judged: Holdout) -> dict[str, Any]:
    """Spark's defaults on raw quantities, as ALS is often used."""
    rows = als.quantities(windows.bought, judged.start)
    model = als.fit(rows, als.DEFAULTS, windows.settings.seed, windows.numbering)
    customers = judged.customers.tolist()
    users, items = als.user_matrix(model, customers), als.item_matrix(model, len(judged.stats))
    return judged.by_scores(lambda batch: users[batch] @ items.T, K)


def tune(io: StepIO, trials: int, count: int) -> StepResult:
    """Choose ALS's settings by Bayesian search on the last ``count`` windows before as_of.

    Give an as_of well before the windows that are to be judged: what was chosen on a window
    flatters itself there. Trials are runs in MLflow, which is also where a search that was
    stopped goes on from.
    """
    import optuna

    as_of = io.as_of()
    windows, starts = _past(io, as_of, count)
    space = SearchSpace.around(windows.settings)
    fixed = {
        name: v for name, v in windows.settings.parameters().items() if name not in space.names
    }
    study_id = fingerprint(windows.bought, {**fixed, "windows": count}, as_of)
    done = io.steps_of(RECOMMENDER, study_id)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = resumed(space, done, windows.settings)

    def runs() -> Iterator[tuple[str, dict[str, Any], dict[str, float]]]:
        for number in range(len(done), trials):
            io.watch(Done("search", number - len(done), trials - len(done), "trials"))
            asked = study.ask(space.distributions)
            settings = windows.settings.changed(**asked.params)
            metrics = _trial(windows.with_settings(settings), starts)
            study.tell(asked, metrics["objective"])
            yield f"trial {number + 1}", asked.params, metrics

    sweep = Sweep(
        name=f"{RECOMMENDER.name} search as of {as_of}",
        description=f"Settings of ALS on {count} windows before {as_of}; objective: mean "
        f"NDCG@{K} of discover on new and of for_you on all products, a run each below this one.",
        tags=io.tags(),
        steps=runs(),
        study=study_id,
    )
    io.log_sweep(RECOMMENDER, sweep)
    best = study.best_trial
    chosen = ", ".join(f"{name} {value}" for name, value in sorted(best.params.items()))
    return StepResult(windows.bought.count(), 0, f"best of {len(study.trials)}: {chosen}")


def _trial(windows: Windows, starts: list[int]) -> dict[str, float]:
    by_window: dict[str, list[float]] = {}
    for start in starts:
        judged = Holdout.of(windows.data, start, windows.settings)
        lists = lists_of(windows.recommender(start, windows.settings.windows.training), judged)
        alone = {"als": judged.by_als(windows.catalogue(start), K)}
        for name, value in ndcg(judged.promised(lists) | judged.compared(alone)).items():
            by_window.setdefault(name, []).append(value)
    means = {name: sum(values) / len(values) for name, values in by_window.items()}
    ours = (means[f"ndcg_at_{K}.discover.{NEW}"], means[f"ndcg_at_{K}.for_you.{ALL}"])
    return means | {"objective": sum(ours) / len(ours)}
