"""Steps that train the recommender, judge it, and publish what it recommends."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from pyspark.sql import DataFrame

from retail_lakehouse import tables as t
from retail_lakehouse.arrays.days import date_of, day_number
from retail_lakehouse.errors import EmptyShopError
from retail_lakehouse.lifecycle import Attempt, Candidate, fingerprint
from retail_lakehouse.policies.cadence import Drift
from retail_lakehouse.recommend import card, pictures
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.data.training_data import Products
from retail_lakehouse.recommend.evaluation.holdout import Holdout
from retail_lakehouse.recommend.evaluation.metrics import Scores
from retail_lakehouse.recommend.evaluation.quality_rows import quality_rows
from retail_lakehouse.recommend.evaluation.validate import validate
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.inference.batch import recommendations
from retail_lakehouse.recommend.kept_features import FEATURES
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking import Stage

_TRAINED_ON = {
    c.CUSTOMER_ID: "string",
    c.STOCK_CODE: "string",
    c.INVOICE: "string",
    c.SOLD_AT: "datetime",
    c.UNIT_PRICE: "double",
    c.COUNTRY: "string",
}


def bought_before(io: StepIO, as_of: date) -> tuple[Products, DataFrame]:
    """The catalogue, and what customers bought of it before ``as_of``."""
    table = io.read_customers(t.PURCHASES)
    catalogue = loader.products(table, io.read(t.PRODUCTS), as_of)
    if not catalogue.codes:
        raise EmptyShopError(
            f"No identified customer bought anything before {as_of}, so there is nothing to "
            "learn from."
        )
    return catalogue, loader.numbered(table, catalogue, as_of)


def windows_of(settings: RecommendSettings, catalogue: Products, bought: DataFrame) -> Windows:
    """The shop's past as the recommender's trainings see it."""
    data = loader.training_data(bought, catalogue, settings.windows.sample_customers, settings.seed)
    return Windows(bought, data, settings)


def train_recommender(io: StepIO) -> StepResult:
    """ALS and rankers, tracked; champion if it passes the gates, else challenger."""
    as_of, settings = io.as_of(), io.settings.recommend
    purchases = io.read_customers(t.PURCHASES)

    def drift(champion: Recommender) -> Drift | None:
        share = loader.unknown_share(purchases, champion.codes, as_of, settings.windows.days)
        return None if share is None else Drift("unknown products", share)

    learns_with = {**settings.parameters(), "features": FEATURES}
    life, reason = io.training(RECOMMENDER_MODEL, t.PURCHASES, learns_with, drift)
    if life is None:
        return StepResult(0, 0, reason)
    catalogue, bought = bought_before(io, as_of)
    count = bought.count()

    def fit(champion: Recommender | None, stage: Stage) -> Candidate[Recommender]:
        with stage("load"):
            windows = windows_of(settings, catalogue, bought)
        return _candidate(io, windows, champion, as_of, stage)

    attempt = Attempt(
        lambda: _fingerprint(bought, catalogue, settings, as_of),
        label=f"{len(catalogue.codes):,} products",
        fit=fit,
    )
    source = io.trained_on(t.PURCHASES, count, _TRAINED_ON)
    return StepResult(count, 0, life.train(source, [attempt]))


def _fingerprint(
    bought: DataFrame, catalogue: Products, settings: RecommendSettings, as_of: date
) -> str:
    return fingerprint(
        bought,
        {
            **settings.parameters(),
            "names": (catalogue.names, catalogue.first_names),
            "features": FEATURES,
        },
        as_of,
    )


def _candidate(
    io: StepIO, windows: Windows, champion: Recommender | None, as_of: date, stage: Stage
) -> Candidate[Recommender]:
    cut, settings = day_number(as_of), windows.settings
    with stage("fit"):
        model = windows.recommender(cut, settings.windows.training)
    with stage("judge"):
        judged = validate(windows, cut, champion)
    size = als.measure(als.ratings(windows.bought, cut, settings.als.half_life_days))
    if judged.holdout is not None:
        keep_quality(io, t.RECOMMENDATION_QUALITY, judged.scores, judged.holdout)
    return Candidate(
        model=model,
        parameters=settings.parameters(),
        metrics={**asdict(size), **judged.metrics()},
        failures=judged.failures,
        card=lambda origin: card.model_card(
            model, judged, origin.source, origin.as_of, origin.source_kind
        ),
        figures=pictures.of_validation(judged),
    )


def keep_quality(
    io: StepIO, table: Table, scores: Mapping[tuple[str, str], Scores], judged: Holdout
) -> None:
    """Add a window's metrics to those of earlier windows, in place of an older judgement."""
    rows = quality_rows(scores, date_of(judged.start), judged.days, judged.cold)
    io.merge(table, io.frame(table, rows))


def publish_recommendations(io: StepIO) -> StepResult:
    """The champion's lists of every customer, and what needs no customer.

    A champion of another day, or of other sales, sees the shop as it is now: factors and rankers
    are its own, and what sells, for how long, and what is bought together is counted anew.
    """
    as_of, champion = io.as_of(), io.champion(RECOMMENDER_MODEL)
    model, version = champion.model, champion.version.version
    catalogue, bought = bought_before(io, as_of)
    cut = day_number(as_of)
    if (
        model.cut != cut
        or _fingerprint(bought, catalogue, model.settings, as_of) != champion.version.fingerprint
    ):
        data = windows_of(io.settings.recommend, catalogue, bought).data
        model = model.at(data, cut)
    lists = recommendations(bought, model, version, as_of)

    def publish_related() -> None:
        for table, rows in (
            (t.POPULAR_PRODUCTS, related.popular_products(model, as_of)),
            (t.SIMILAR_PRODUCTS, related.similar_products(model, version, as_of)),
        ):
            io.replace(table, io.frame(table, rows))

    io.side_by_side(lambda: io.replace(t.RECOMMENDATIONS, lists), publish_related)
    return io.counted(
        (t.PURCHASES,),
        (t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.SIMILAR_PRODUCTS),
        f"model {version}",
    )
