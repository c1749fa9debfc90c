"""The model card: what was trained, how its lists did, and what it is not for."""

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.plain_text import markdown
from retail_lakehouse.recommend.evaluation.baselines import LABELS
from retail_lakehouse.recommend.evaluation.gates import Validation
from retail_lakehouse.recommend.evaluation.metrics import K, Scores, bootstrap
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables.lists import (
    ALL,
    LIST_NAMES,
    LISTS,
    NEW,
    REPEAT,
    SCOPE_OF,
    SCOPES,
    Scope,
)

_COUNTED = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def model_card(
    model: Recommender, validation: Validation, source: str, as_of: str, shop: str
) -> str:
    """Markdown for the run's page, the artifact and the registry (Mitchell et al. 2019).

    source: table and Delta version.
    """
    demo = "**DEMO SHOP: synthetic data.**\n\n" if shop == "demo" else ""
    failures = validation.failures
    verdict = f"gates not passed: {failures}" if failures else "gates passed"
    live = int(model.catalogue.live.sum())
    return f"""{demo}**{_COUNTED[len(LISTS)]} lists for each customer** out of {live:,} live \
products, as of {as_of}: {verdict}. Pictures: tab Artifacts.

{_judged(validation)}

{_answers(model, source, as_of)}

**Input** of the model: rows with `stock_code` and, as far as known, `customer_id, quantity, \
invoice, invoice_date, unit_price, country`; params `n`, `list` ({", ".join(LIST_NAMES)}, \
all), `exclude`. **Output**: `customer_id, list, rank, stock_code, description, score, reason, \
reason_stock_code`. A score is comparable within one list only.

**Limits.** Offline figures say what customers bought who were shown none of these lists; only a \
test on customers says what the lists change. The window judged is one month: others differ. \
Whoever bought once gets much that is popular. What a product costs the shop, its stock and its \
margin are not known here: use `exclude`. Not for decisions about single persons beyond marketing.
"""


def _answers(model: Recommender, source: str, as_of: str) -> str:
    settings = model.settings
    als = settings.als
    trained = _trained(settings) if model.rankers.fitted else _BLENDED
    return f"""| question | answer |
|---|---|
| Data | {markdown(source)}, lines before {as_of} |
| Retrieval | Spark ML implicit ALS, rank {als.rank}, alpha {als.alpha:g}, lambda \
{als.regularization:g}, {als.iterations} iterations, on invoices halved every \
{als.half_life_days:g} days of age; with own products and what sells now |
| Ranking | {trained} |
| Retired | products last sold more than {settings.candidates.sold_within_days} days before |"""


_BLENDED = "a fixed blend of standard scores: the shop's past is too short to train trees"


def _trained(settings: RecommendSettings) -> str:
    discover, for_you = (
        " and ".join(spec.name for spec in LISTS if spec.ranker == ranker)
        for ranker in ("discover", "for_you")
    )
    windows = settings.windows
    return (
        f"gradient-boosted trees (scikit-learn), one model for {discover} and one for {for_you}, "
        f"trained on the last {windows.training} windows of {windows.days} days, and one more if "
        f"fewer than {windows.enough_customers:,} customers bought in them"
    )


def _judged(validation: Validation) -> str:
    holdout = validation.holdout
    if holdout is None:
        return "Not judged: the shop is younger than a window."
    first, last = date_of(holdout.start), date_of(holdout.start + holdout.days - 1)
    rows = [
        _row(name, scope, scores)
        for scope in (NEW, ALL, REPEAT)
        for name, scores in sorted(
            ((n, s) for (n, of), s in validation.scores.items() if of == scope and s.users),
            key=lambda judged: -judged[1].mean("ndcg"),
        )
    ]
    table = "\n".join(rows)
    return f"""Lists made on {first} by a model that saw nothing later, against what customers \
bought until {last} ({holdout.cold:.1%} of the buyers had no history and are not judged):

| products | ranking | NDCG@{K} | 95 % | recall@{K} | hit rate@{K} | coverage | customers |
|---|---|---|---|---|---|---|---|
{table}"""


def _row(name: str, scope: Scope, scores: Scores) -> str:
    interval = bootstrap(scores.per_user["ndcg"])
    label = LABELS.get(name, name)
    label = f"**{label}**" if SCOPE_OF.get(name) == scope else label
    return (
        f"| {SCOPES[scope]} | {label} | {interval.mean:.4f} "
        f"| {interval.low:.4f} to {interval.high:.4f} "
        f"| {scores.mean('recall'):.3f} | {scores.mean('hit_rate'):.3f} "
        f"| {scores.coverage:.3f} | {scores.users:,} |"
    )
