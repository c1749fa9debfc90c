"""Steps that train the model of customer value, judge it, and publish what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from retail_lakehouse import tables as t
from retail_lakehouse.arrays.days import date_of, day_number
from retail_lakehouse.assets import VALUE
from retail_lakehouse.lifecycle import Attempt, Candidate, fingerprint
from retail_lakehouse.machine.watch import Done
from retail_lakehouse.policies.cadence import Drift
from retail_lakehouse.serving.specs import VALUE_MODEL
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking import Stage, Sweep
from retail_lakehouse.value import card, pictures
from retail_lakehouse.value.forecast import MONTH, QUARTER
from retail_lakehouse.value.judging.judged import Judged, judge, starts
from retail_lakehouse.value.judging.quality import quality_rows
from retail_lakehouse.value.judging.trial import metrics_of, trial
from retail_lakehouse.value.model import CURVE, ValueModel
from retail_lakehouse.value.past.orders import Daily, Sales
from retail_lakehouse.value.publishing import orders_loader as loader
from retail_lakehouse.value.publishing.published import percentile_ends
from retail_lakehouse.value.training import shop_clock, train
from retail_lakehouse.value_settings import ValueSettings

_TRAINED_ON = {
    c.CUSTOMER_ID: VALUE_MODEL.inputs[c.CUSTOMER_ID],
    c.INVOICE: "string",
    c.INVOICE_DATE: "datetime",
    c.AMOUNT: "double",
}


def bought_before(io: StepIO, as_of: date) -> DataFrame:
    """Orders of identified customers; EmptyShopError where nobody has one that stands."""
    io.read_customers(t.CUSTOMER_RFM)
    return loader.orders(io.read(t.SALES), as_of)


def learnt_from(bought: DataFrame, settings: ValueSettings) -> tuple[Sales, Daily]:
    """What training sees of the shop, on the driver."""
    return loader.sampled(bought, settings.sample_customers, settings.seed), loader.daily(bought)


def train_value(io: StepIO) -> StepResult:
    """Both kinds of models, judged; the better one is champion if it passes the gates."""
    as_of, settings = io.as_of(), io.settings.value
    known = io.read_customers(t.CUSTOMER_RFM)

    def drift(champion: ValueModel) -> Drift | None:
        return Drift("new customers", loader.new_share(known, champion.cut))

    life, reason = io.training(VALUE_MODEL, t.SALES, asdict(settings), drift)
    if life is None:
        return StepResult(0, 0, reason)
    bought, customers = bought_before(io, as_of), io.count(t.CUSTOMER_RFM)

    def fit(champion: ValueModel | None, stage: Stage) -> Candidate[ValueModel]:
        with stage("load"):
            sales, daily = learnt_from(bought, settings)
        return _candidate(io, sales, daily, champion, stage)

    attempt = Attempt(
        lambda: fingerprint(bought, asdict(settings), as_of),
        label=f"{customers:,} customers",
        fit=fit,
    )
    source = io.trained_on(t.SALES, customers, _TRAINED_ON)
    return StepResult(customers, 0, life.train(source, [attempt]))


def _candidate(
    io: StepIO, sales: Sales, daily: Daily, champion: ValueModel | None, stage: Stage
) -> Candidate[ValueModel]:
    cut, settings = day_number(io.as_of()), io.settings.value
    unit = io.description().unit_of_money
    with stage("judge"):
        judged = trial(sales, daily, cut, settings, champion)
    with stage("fit"):
        models = train(sales, daily, cut, settings, (CURVE, judged.kind))
    model = models.get(judged.kind, models[CURVE])
    keep_quality(io, t.VALUE_QUALITY, judged.windows)
    return Candidate(
        model=model,
        parameters={**asdict(settings), "kind": judged.kind},
        metrics=judged.metrics(),
        failures=judged.failures,
        card=lambda origin: card.model_card(
            model, judged, origin.source, origin.as_of, origin.source_kind, unit
        ),
        figures=pictures.of_trial(model, judged),
    )


def keep_quality(io: StepIO, table: Table, windows: Sequence[Judged]) -> None:
    """Add windows' metrics to those of earlier ones, in place of older judgements."""
    rows = [row for window in windows for row in quality_rows(window)]
    if rows:
        io.merge(table, io.frame(table, rows))


def publish_value(io: StepIO) -> StepResult:
    """What the champion expects of every customer, in the shop's time as of now."""
    as_of, champion = io.as_of(), io.champion(VALUE_MODEL)
    bought, settings = bought_before(io, as_of), champion.model.settings
    cut = day_number(as_of)
    sales, daily = learnt_from(bought, settings)
    model = champion.model.at(shop_clock(daily, cut, settings, champion.model.clock.unit))
    ends = percentile_ends(model, sales, cut)
    rows = loader.customer_value(bought, model, ends, champion.version.version, as_of)
    io.replace(t.CUSTOMER_VALUE, rows)
    return io.counted(
        (t.CUSTOMER_RFM,), (t.CUSTOMER_VALUE,), f"model {champion.version.version}, {model.kind}"
    )


def backtest(io: StepIO, count: int) -> None:
    """Judge both kinds and the baselines on ``count`` windows of 90 days, a month apart.

    Nothing is judged where the shop is too young for a window with history before it.
    """
    as_of, settings = io.as_of(), io.settings.value
    sales, daily = learnt_from(bought_before(io, as_of), settings)
    found = starts(daily, day_number(as_of), count, settings, apart=MONTH)

    def runs() -> Iterator[tuple[str, dict[str, Any], dict[str, float]]]:
        for number, start in enumerate(found):
            io.watch(Done("forecasts", number, len(found), "windows"))
            judged = judge(sales, daily, start, settings)
            keep_quality(io, t.VALUE_BACKTEST, [judged])
            day = date_of(start)
            yield f"window from {day}", {c.WINDOW_START: day}, metrics_of([judged])

    sweep = Sweep(
        name=f"{VALUE.name} backtest as of {as_of}",
        description=f"Forecasts and baselines on {len(found)} windows of {QUARTER} days, a run "
        "each below this one. All metrics: gold.value_backtest.",
        tags=io.tags(),
        steps=runs(),
    )
    io.log_sweep(VALUE, sweep)
