"""The model card: what was trained, how its forecasts did, and what it is not for."""

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.plain_text import markdown
from retail_lakehouse.tables.value import MODEL_TITLES
from retail_lakehouse.value.forecast import QUARTER
from retail_lakehouse.value.judging.trial import Trial, means
from retail_lakehouse.value.model import TREES, ValueModel

# Of the table: metric and heading.
_SHOWN = {
    "auc_90": "AUC",
    "brier_90": "Brier",
    "gini_spend": "Gini of spend",
    "bias_orders": "orders, bias",
    "bias_spend": "spend, bias",
    "within_spend": "in 80 % interval",
}


def model_card(
    model: ValueModel, trial: Trial, source: str, as_of: str, shop: str, unit: str = "GBP"
) -> str:
    """Markdown for the run's page, the artifact and the registry (Mitchell et al. 2019).

    source: table and Delta version. unit: of money.
    """
    demo = "**DEMO SHOP: synthetic data.**\n\n" if shop == "demo" else ""
    verdict = "gates passed" if not trial.failures else f"gates not passed: {trial.failures}"
    lifetime, spend = model.curves.lifetime, model.curves.spend
    return f"""{demo}**Who comes back, when and for how much**, as of {as_of}: {verdict}. \
Pictures: tab Artifacts.

{_judged(trial)}

| question | answer |
|---|---|
| Data | {markdown(source)}, lines before {as_of} |
| Published kind | {MODEL_TITLES[model.kind]}: {_method(model.kind)} |
| BG/NBD (modified), shop days | r {lifetime.r:.3f}, alpha {lifetime.alpha:.1f}, a \
{lifetime.a:.3f}, b {lifetime.b:.3f} |
| Gamma-Gamma, {markdown(unit)} | p {spend.p:.2f}, q {spend.q:.2f}, gamma {spend.gamma:.1f} |
| Season | {_season(model)} |

**Input** of the model: rows with `invoice_date` and `amount` and, as far as known, `customer_id`, \
`invoice`; a customer's whole history. **Output**: the columns of gold.customer_value but for \
`model_version` and `as_of`.

**Limits.** A forecast is what customers like this one did, not a promise; nobody's order depends \
on it. The level moves with the season: what is read off a year ago misses what is new this year, \
and the biases above say by how much. Returns in part are not subtracted. Whom it pays to write \
to is more than who returns anyway: only a test with a control group tells. Not for decisions \
about single persons beyond marketing.
"""


def _method(kind: str) -> str:
    curve = "each orders at a rate of their own and may leave after any order"
    if kind == TREES:
        return (
            "gradient-boosted trees (scikit-learn) on past windows, which correct the curve by "
            "which " + curve
        )
    return curve


def _season(model: ValueModel) -> str:
    ahead = model.clock.ahead(QUARTER)
    if not model.clock.knows_season:
        return "not known: the shop is younger than a year, and is taken to go on as it does"
    return (
        f"the coming {QUARTER} days are as long as {ahead:.0f} usual ones, as a year ago; growth "
        f"{model.clock.growth - 1.0:+.1%} a year"
    )


def _judged(trial: Trial) -> str:
    if not trial.windows:
        return "Not judged: the shop is too young for a window with history before it."
    first = [date_of(window.start).isoformat() for window in trial.windows]
    found = {name: means(trial.windows, name) for name in trial.windows[0].predictions}
    rows = "\n".join(
        f"| {'**' + MODEL_TITLES[name] + '**' if name == trial.kind else MODEL_TITLES[name]} "
        + "".join(f"| {_cell(found[name], metric)} " for metric in _SHOWN)
        + "|"
        for name in sorted(found, key=lambda name: found[name][f"brier_{QUARTER}"])
    )
    return f"""Forecasts made on {", ".join(first)} by models that saw nothing later, against the \
{QUARTER} days that followed ({len(trial.windows[0]):,} customers), means:

| who says it | {" | ".join(_SHOWN.values())} |
|---|{"---|" * len(_SHOWN)}
{rows}"""


def _cell(values: dict[str, float], metric: str) -> str:
    return f"{values[metric]:.3f}" if metric in values else ""
