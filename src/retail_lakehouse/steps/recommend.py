"""Steps that train the recommender and publish each customer's products."""

from dataclasses import asdict

from retail_lakehouse import tables as t
from retail_lakehouse.recommend import als, lists
from retail_lakehouse.steps.context import (
    Context,
    StepResult,
    counted,
    fingerprint,
    need_customers,
    tags,
    trained_on,
)
from retail_lakehouse.tracking import RECOMMENDER, TrainingRun

# What the fitted model depends on; the rankers' settings are not part of it.
_ALS_PARAMETERS = ("rank", "iterations", "regularization", "alpha", "blocks", "seed")


def train_recommender(context: Context) -> StepResult:
    """Implicit ALS on interactions, tracked and registered as champion."""
    tracking, settings = context.tracking, context.settings.recommend
    source = need_customers(context, t.INTERACTIONS)
    rows = als.training_rows(source)
    as_of = context.as_of()
    parameters = {name: getattr(settings, name) for name in _ALS_PARAMETERS}
    print_of = fingerprint(rows, parameters, as_of)
    found = None if context.settings.retrain else tracking.trained(RECOMMENDER, print_of)
    count = source.count()
    if found is None:
        model = als.fit(rows, settings)
        measured = als.measure(rows)
        source_of = trained_on(context, t.INTERACTIONS, count, als.SIGNATURE_INPUTS)
        run = TrainingRun(
            trained_on=source_of,
            fingerprint=print_of,
            parameters=parameters,
            metrics=asdict(measured),
            tags=tags(context, as_of),
            description=(
                f"{RECOMMENDER.description}. Trained on {source_of.table}, Delta version "
                f"{source_of.version}, {count:,} rows."
            ),
        )
        found = tracking.log_spark_model(RECOMMENDER, model, run, {"prediction": "float"})
        note = f"version {found.version}, {measured.items:,} products"
    else:
        note = f"version {found.version} was trained on the same rows"
    tracking.promote(RECOMMENDER, found)
    return StepResult(count, 0, note)


def publish_recommendations(context: Context) -> StepResult:
    """The champion's list of every customer."""
    source = need_customers(context, t.INTERACTIONS)
    champion = context.tracking.champion(RECOMMENDER)
    model = context.tracking.load_spark_model(champion)
    trained_with = context.tracking.parameters(champion)
    items = als.item_factors(
        model, float(trained_with["alpha"]), float(trained_with["regularization"])
    )
    ranked = lists.rank_for_you(als.index(model, source), items, context.settings.recommend.top_n)
    rows = lists.recommendations(
        ranked, context.lakehouse.read(t.PRODUCTS), champion.version, context.as_of()
    )
    context.replace(t.RECOMMENDATIONS, rows)
    return counted(context, (t.INTERACTIONS,), (t.RECOMMENDATIONS,), f"model {champion.version}")
