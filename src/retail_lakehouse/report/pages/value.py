"""Customer value: who is due, who is at risk and worth it, and how true forecasts are."""

from collections import defaultdict
from collections.abc import Sequence
from math import isnan
from statistics import mean

from retail_lakehouse.report import palette, phrases
from retail_lakehouse.report.blocks import (
    Block,
    Chart,
    Figure,
    Figures,
    Heading,
    Page,
    Table,
    number,
)
from retail_lakehouse.report.charts import side_by_side
from retail_lakehouse.report.customer_facts import Expected, Judged, Value
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.tables.value import MODEL_TITLES

_MODELS = ("curve", "trees")
_ALL = "0"


def blocks(facts: Facts) -> Sequence[Block]:
    """Nothing where nothing was forecast."""
    value = facts.value
    if value is None:
        return []
    currency = facts.shop.currency
    found: list[Block] = [_figures(facts, value)]
    if value.due:
        found.append(_due(value.due, currency))
    if value.at_risk:
        found.append(_at_risk(value.at_risk, currency))
    found.append(_by_segment(facts))
    if points := _points(value.judged):
        found.append(_calibration(points))
    return [*found, *_models(value.judged)]


def _figures(facts: Facts, value: Value) -> Figures:
    currency = facts.shop.currency
    return Figures(
        f"From {phrases.day(facts.shop.as_of)} on",
        (
            Figure("Expected in 90 days", phrases.money(value.expected_spend_90_days, currency)),
            Figure(
                "Expected in 12 months", phrases.money(value.expected_spend_12_months, currency)
            ),
            Figure("Customers due this week", phrases.count(value.due_count)),
        ),
        note=f"Of {phrases.counted(value.customers, 'known customer')}; what new ones will spend "
        "is not in it.",
    )


def _due(customers: Sequence[Expected], currency: str) -> Table:
    headings = ("order within 90 days", f"{currency} in 90 days")
    return Table(
        "Due this week, the largest expected spend first",
        (
            *(Heading("customer"), Heading("segment"), Heading("next order about")),
            *map(number, headings),
            Heading("why"),
        ),
        tuple(
            (
                one.customer_id,
                one.segment,
                phrases.day(one.next_order_on),
                phrases.percent(one.probability_90_days),
                phrases.count(one.expected_spend_90_days),
                one.reason,
            )
            for one in customers
        ),
    )


def _at_risk(customers: Sequence[Expected], currency: str) -> Table:
    headings = ("no order in a year", f"{currency} so far", f"{currency} in 12 months")
    return Table(
        "At risk and worth it",
        (Heading("customer"), Heading("segment"), *map(number, headings), Heading("why")),
        tuple(
            (
                one.customer_id,
                one.segment,
                phrases.percent(one.churn_risk),
                phrases.count(one.spend),
                phrases.count(one.expected_spend_12_months),
                one.reason,
            )
            for one in customers
        ),
        note="A third or more of such customers do not order within a year, and more is expected "
        "of each than of half of all.",
    )


def _by_segment(facts: Facts) -> Chart:
    currency = facts.shop.currency
    by_name = {one.segment: one for one in facts.segments}
    known = [by_name[name] for name in palette.in_order(by_name)]
    names = [one.segment for one in known]
    spend = {one.segment: one.expected_spend_12_months or 0 for one in known}
    rows = [{"segment": name, "value": float(spend[name])} for name in names]
    most = max(names, key=lambda name: spend[name])
    return Chart(
        "Expected spend of 12 months by segment",
        f"A bar a segment; the longest is {most} with {phrases.money(spend[most], currency)}.",
        side_by_side.bars(rows, names, palette.colours(names), currency),
        Table(
            "Expected by segment",
            (
                Heading("segment"),
                *map(number, ("customers", "order within 90 days", f"{currency} in 12 months")),
            ),
            tuple(
                (
                    one.segment,
                    phrases.count(one.customers),
                    phrases.percent(one.probability_90_days or 0),
                    phrases.count(spend[one.segment]),
                )
                for one in known
            ),
        ),
    )


def _points(judged: Sequence[Judged]) -> list[dict[str, object]]:
    """Chance that was said and share who ordered, of each tenth: means over windows."""
    told: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for one in judged:
        if one.ranking in _MODELS and one.scope != _ALL and not isnan(one.value):
            told[one.ranking, int(one.scope), one.metric].append(one.value)
    return [
        {
            "name": MODEL_TITLES[model],
            "chance": mean(values),
            "bought": mean(told[model, tenth, "bought_90"]),
        }
        for (model, tenth, metric), values in sorted(told.items())
        if metric == "chance_90" and (model, tenth, "bought_90") in told
    ]


def _calibration(points: Sequence[dict[str, object]]) -> Chart:
    names = sorted({str(point["name"]) for point in points})
    return Chart(
        "Are the chances true?",
        f"A line for {phrases.listed(tuple(names))}: tenths of the customers, the chance of an "
        "order within 90 days against the share who ordered. On the broken line both agree.",
        side_by_side.calibration(points, names),
        Table(
            "Chances said, and orders come",
            (Heading("model"), number("said"), number("came")),
            tuple(
                (
                    str(point["name"]),
                    *(f"{float(str(point[part])) * 100:.0f} %" for part in ("chance", "bought")),
                )
                for point in points
            ),
        ),
        note=f"Trees correct {MODEL_TITLES['curve']}.",
    )


def _models(judged: Sequence[Judged]) -> list[Table]:
    """How the last window was forecast; none where none was judged."""
    last = max((one.window_start for one in judged), default=None)
    rows = [one for one in judged if one.window_start == last and one.scope == _ALL]
    values = {(one.ranking, one.metric): one.value for one in rows if not isnan(one.value)}
    if last is None or not values:
        return []
    metrics = {
        "brier_90": "Brier score", "auc_90": "AUC", "gini_spend": "Gini of spend",
        "bias_orders": "bias of orders", "bias_spend": "bias of spend",
        "within_spend": "in interval",
    }  # fmt: skip
    models = sorted(
        {one.ranking for one in rows}, key=lambda m: (values.get((m, "brier_90"), 9), m)
    )
    return [
        Table(
            f"How good forecasts of 90 days from {phrases.day(last)} were",
            (Heading("model"), *map(number, metrics.values())),
            tuple(
                (
                    MODEL_TITLES.get(model, model),
                    *(phrases.metric(values.get((model, metric))) for metric in metrics),
                )
                for model in models
            ),
            note="The lowest Brier score first. Bias: forecast over what came, less 1. In "
            "interval: 0.8 is right.",
        )
    ]


PAGE = Page("value", "Customer value", blocks)
