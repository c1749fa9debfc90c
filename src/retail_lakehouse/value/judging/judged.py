"""Models and baselines judged on a window that none of them has seen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from retail_lakehouse.value.forecast import MONTH, QUARTER
from retail_lakehouse.value.judging import forecast_metrics
from retail_lakehouse.value.judging.forecast_metrics import Interval
from retail_lakehouse.value.judging.naive import Prediction, of_model, predictions
from retail_lakehouse.value.model import ORDERS, SPEND, ValueModel
from retail_lakehouse.value.past.customer_past import history
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.training import train
from retail_lakehouse.value_settings import ValueSettings

# What is shown of whom: metric names of chances have the days behind them.
AUC, BRIER = "auc", "brier"
# From weights of customers to the metric, a value per draw.
Score = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Judged:
    """A window from the day ``start``. predictions: by name of model or baseline, of the customers
    known then. bought: by days, whether a customer ordered within them. orders, spend: of the
    quarter.
    """

    start: int
    predictions: Mapping[str, Prediction]
    bought: Mapping[int, np.ndarray]
    orders: np.ndarray
    spend: np.ndarray

    def __len__(self) -> int:
        return len(self.orders)

    def scores(self, name: str) -> dict[str, Interval]:
        """Metrics of one model or baseline, with 95 % intervals; what it says nothing of is not
        there.
        """
        plain, draws = forecast_metrics.once(len(self)), forecast_metrics.resamples(len(self))
        return {
            metric: forecast_metrics.interval(score(draws), score(plain))
            for metric, score in self._scores(self.predictions[name])
        }

    def values(self, name: str) -> dict[str, float]:
        """``scores`` without intervals."""
        plain = forecast_metrics.once(len(self))
        return {
            metric: float(score(plain)[0]) for metric, score in self._scores(self.predictions[name])
        }

    def _scores(self, said: Prediction) -> Iterator[tuple[str, Score]]:
        for days, bought in self.bought.items():
            chance = said.chances[days]
            yield f"{AUC}_{days}", partial(forecast_metrics.auc, chance, bought)
            yield f"{BRIER}_{days}", partial(forecast_metrics.brier, chance, bought)
        if said.orders is not None and said.spend is not None:
            yield "bias_orders", partial(forecast_metrics.bias, said.orders, self.orders)
            yield "bias_spend", partial(forecast_metrics.bias, said.spend, self.spend)
            yield "gini_spend", partial(forecast_metrics.gini, said.spend, self.spend)
            yield "top_tenth_spend", partial(forecast_metrics.top_tenth, said.spend, self.spend)
            yield "mae_orders", partial(forecast_metrics.mae, said.orders, self.orders)
            yield "mae_spend", partial(forecast_metrics.mae, said.spend, self.spend)
        for what, ends in (said.ends or {}).items():
            came = {ORDERS: self.orders, SPEND: self.spend}[what]
            yield f"within_{what}", partial(forecast_metrics.within, came, *ends)

    def tenths(self, name: str, days: int) -> list[tuple[float, float, int]]:
        """Calibration of chances of an order within ``days``: see ``forecast_metrics.tenths``."""
        return forecast_metrics.tenths(self.predictions[name].chances[days], self.bought[days])

    def squared_errors(self, name: str) -> np.ndarray:
        """Of each customer's chance of an order within a quarter: their mean is the Brier score."""
        errors: np.ndarray = (self.predictions[name].chances[QUARTER] - self.bought[QUARTER]) ** 2
        return errors


def starts(
    daily: Daily, cut: int, count: int, settings: ValueSettings, apart: int = QUARTER
) -> list[int]:
    """Starts of ``count`` windows of a quarter that end at ``cut`` or before, the latest first.

    Fewer where the shop is younger: before a window, the shop must have been seen for a while.
    apart: days between starts.
    """
    if len(daily.days) == 0:
        return []
    found = [cut - QUARTER - apart * step for step in range(count)]
    return [s for s in found if s >= daily.first_day + settings.least_history_days]


def judge(
    sales: Sales,
    daily: Daily,
    start: int,
    settings: ValueSettings,
    others: Mapping[str, ValueModel] | None = None,
) -> Judged:
    """Twins of both kinds trained at ``start``, ``others`` as they are, and the baselines."""
    models = {**train(sales, daily, start, settings), **(others or {})}
    orders = sales.before(start)
    said: dict[str, Prediction] = {
        name: of_model(model, history(orders, model.clock, start)) for name, model in models.items()
    }
    known = np.flatnonzero(orders.total() > 0)
    within = {days: sales.standing(start, start + days) for days in (MONTH, QUARTER)}
    return Judged(
        start,
        {**said, **predictions(sales, start, settings)},
        {days: bought.total()[known] > 0 for days, bought in within.items()},
        within[QUARTER].total()[known],
        within[QUARTER].total(within[QUARTER].amounts)[known],
    )
