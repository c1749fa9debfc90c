"""The model card: what was trained, how its lists did, and what it is not for."""

from retail_lakehouse.plain_text import markdown
from retail_lakehouse.recommend.data.loader import date_of
from retail_lakehouse.recommend.evaluation.holdout import ALL, NEW, PROMISE, K
from retail_lakehouse.recommend.evaluation.metrics import bootstrap
from retail_lakehouse.recommend.evaluation.validate import Trial
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.pictures import LABELS

_PROMISED = {ALL: "all products", NEW: "never bought before", "repeat": "bought before"}


def model_card(model: Recommender, trial: Trial, source: str, as_of: str, shop: str) -> str:
    """Markdown for the run's page, the artifact and the registry (Mitchell et al. 2019).

    source: table and Delta version.
    """
    demo = "**DEMO SHOP: synthetic data.**\n\n" if shop == "demo" else ""
    verdict = "gates passed" if not trial.failures else f"gates not passed: {trial.failures}"
    settings, live = model.settings, int(model.catalogue.live.sum())
    rankers = (
        "gradient-boosted trees (scikit-learn), one model for discover and one for for_you and "
        f"buy_again, trained on the last {settings.training_windows} windows of "
        f"{settings.window_days} days, and one more if fewer than {settings.enough_customers:,} "
        "customers bought in them"
        if model.rankers.fitted
        else "a fixed blend of standard scores: the shop's past is too short to train trees"
    )
    return f"""{demo}**Three lists for each customer** out of {live:,} live products, as of \
{as_of}: {verdict}. Pictures: tab Artifacts.

{_judged(trial)}

| question | answer |
|---|---|
| Data | {markdown(source)}, lines before {as_of} |
| Retrieval | Spark ML implicit ALS, rank {settings.rank}, alpha {settings.alpha:g}, lambda \
{settings.regularization:g}, {settings.iterations} iterations, on invoices halved every \
{settings.half_life_days:g} days of age; with own products and what sells now |
| Ranking | {rankers} |
| Retired | products last sold more than {settings.sold_within_days} days before |

**Input** of the model: rows with `stock_code` and, as far as known, `customer_id, quantity, \
invoice, invoice_date, unit_price, country`; params `n`, `list` (for_you, discover, buy_again, \
all), `exclude`. **Output**: `customer_id, list, rank, stock_code, description, score, reason, \
reason_stock_code`. A score is comparable within one list only.

**Limits.** Offline figures say what customers bought who were shown none of these lists; only a \
test on customers says what the lists change. The window judged is one month: others differ. \
Whoever bought once gets much that is popular. What a product costs the shop, its stock and its \
margin are not known here: use `exclude`. Not for decisions about single persons beyond marketing.
"""


def _judged(trial: Trial) -> str:
    judged = trial.judged
    if judged is None:
        return "Not judged: the shop is younger than a window."
    first, last = date_of(judged.start), date_of(judged.start + judged.days - 1)
    rows = []
    for scope in (NEW, ALL, "repeat"):
        found = {name: s for (name, of), s in trial.scores.items() if of == scope and s.users}
        for name in sorted(found, key=lambda name: -found[name].mean("ndcg")):
            interval = bootstrap(found[name].per_user["ndcg"])
            ours = PROMISE.get(name) == scope
            label = f"**{LABELS[name]}**" if ours else LABELS[name]
            rows.append(
                f"| {_PROMISED[scope]} | {label} | {interval.mean:.4f} "
                f"| {interval.low:.4f} to {interval.high:.4f} "
                f"| {found[name].mean('recall'):.3f} | {found[name].mean('hit_rate'):.3f} "
                f"| {found[name].coverage:.3f} | {found[name].users:,} |"
            )
    table = "\n".join(rows)
    return f"""Lists made on {first} by a model that saw nothing later, against what customers \
bought until {last} ({judged.cold:.1%} of the buyers had no history and are not judged):

| products | ranking | NDCG@{K} | 95 % | recall@{K} | hit rate@{K} | coverage | customers |
|---|---|---|---|---|---|---|---|
{table}"""
