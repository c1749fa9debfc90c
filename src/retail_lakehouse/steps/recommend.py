"""Steps that train the recommender, judge it, and publish what it recommends."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame

from retail_lakehouse import tables as t
from retail_lakehouse.errors import EmptyShopError, OtherVersionError
from retail_lakehouse.recommend import card, pictures
from retail_lakehouse.recommend.artifact import FEATURES
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.data.days import date_of, day_number
from retail_lakehouse.recommend.data.training_data import Products
from retail_lakehouse.recommend.evaluation.holdout import Holdout
from retail_lakehouse.recommend.evaluation.metrics import Scores
from retail_lakehouse.recommend.evaluation.quality_rows import quality_rows
from retail_lakehouse.recommend.evaluation.validate import validate
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.inference.batch import recommendations
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.serving import RECOMMENDER_CODE, RECOMMENDER_FILE
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.steps.context import (
    Context,
    StepResult,
    counted,
    fingerprint,
    need_customers,
    tags,
    trained_on,
)
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import (
    GATE_FAILURES,
    RECOMMENDER,
    ArrayModel,
    Registered,
    TrainingRun,
)

_INPUTS = {
    "stock_code": "string",
    "customer_id": "long",
    "quantity": "long",
    "invoice": "string",
    "invoice_date": "datetime",
    "unit_price": "double",
    "country": "string",
}
_OUTPUTS = {**COLUMNS, "customer_id": "long", "rank": "integer"}
_TRAINED_ON = {
    "customer_id": "integer",
    "stock_code": "string",
    "invoice": "string",
    "sold_at": "datetime",
    "unit_price": "double",
    "country": "string",
}
_PARAMS = {"n": 10, "list": "for_you", "exclude": []}
_PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy")


def bought_before(context: Context, as_of: date) -> tuple[Products, DataFrame]:
    """The catalogue, and what customers bought of it before ``as_of``."""
    read = context.lakehouse.read
    table = need_customers(context, t.PURCHASES)
    catalogue = loader.products(table, read(t.PRODUCTS), as_of)
    if not catalogue.codes:
        raise EmptyShopError(
            f"No identified customer bought anything before {as_of}, so there is nothing to "
            "learn from."
        )
    return catalogue, loader.numbered(table, catalogue, as_of)


def windows_of(context: Context, catalogue: Products, bought: DataFrame) -> Windows:
    """The shop's past as the recommender's trainings see it."""
    settings = context.settings.recommend
    data = loader.training_data(bought, catalogue, settings.windows.sample_customers, settings.seed)
    return Windows(bought, data, settings)


def train_recommender(context: Context) -> StepResult:
    """ALS and rankers, tracked; champion if it passes the gates, else challenger.

    A shop that has no champion yet, or none that can be used, gets this one whatever the gates
    say, which its tags keep: it must have lists, and there is nothing better to go on with.
    """
    tracking, as_of = context.tracking, context.as_of()
    # The dashboard shows its rows beside this step's, and must find it before the first backtest.
    context.lakehouse.create(t.BACKTEST_QUALITY, context.shop())
    champion = tracking.find_champion(RECOMMENDER, context.shop())
    rival = comparable(context, champion)
    catalogue, bought = bought_before(context, as_of)
    print_of = _fingerprint(bought, catalogue, context.settings.recommend, as_of)
    found = None if context.settings.retrain else tracking.trained(RECOMMENDER, print_of)
    count = bought.count()
    # A version that cannot be loaded would never publish, however often it is found.
    if found is None or comparable(context, found) is None:
        windows = windows_of(context, catalogue, bought)
        found = _log(context, windows, rival, print_of, as_of, count)
        note = f"version {found.version}, {len(catalogue.codes):,} products"
    else:
        note = f"version {found.version} was trained on the same rows"
    anyway, word = _standing(champion, rival, found)
    tracking.promote(RECOMMENDER, replace(found, failures="") if anyway else found)
    return StepResult(count, 0, note + word)


def _standing(
    champion: Registered | None, rival: Recommender | None, found: Registered
) -> tuple[bool, str]:
    """Whether the version publishes whatever its gates say, and a word on champion and gates.

    rival: the champion, None where there is none or it cannot be used.
    """
    # On a later run the first model is found again, and is the champion.
    if champion is None or champion.version == found.version:
        anyway, word, stays = True, "", "first model, publishes all the same"
    elif rival is None:
        word = f", not compared with version {champion.version}, which cannot be used"
        anyway, stays = True, "publishes all the same"
    else:
        anyway, word, stays = False, "", "stays challenger"
    return anyway, word + (f", {stays}: {found.failures}" if found.failures else "")


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


def comparable(context: Context, version: Registered | None) -> Recommender | None:
    """The version, if there is one and it can be used."""
    try:
        return _load(context, version) if version else None
    except OtherVersionError:
        return None


def _log(
    context: Context,
    windows: Windows,
    rival: Recommender | None,
    print_of: str,
    as_of: date,
    count: int,
) -> Registered:
    cut, settings = day_number(as_of), windows.settings
    model = windows.recommender(cut, settings.windows.training)
    judged = validate(windows, cut, rival)
    size = als.measure(als.ratings(windows.bought, cut, settings.als.half_life_days))
    described = tags(context, as_of)
    source = trained_on(context, t.PURCHASES, count, _TRAINED_ON)
    run = TrainingRun(
        trained_on=source,
        fingerprint=print_of,
        parameters=settings.parameters(),
        metrics={**asdict(size), **judged.metrics()},
        tags=described | ({GATE_FAILURES: judged.failures} if judged.failures else {}),
        description=card.model_card(
            model,
            judged,
            f"{source.table}, Delta version {source.version}",
            as_of.isoformat(),
            described["shop"],
        ),
        figures=pictures.of_validation(judged),
    )
    product = ArrayModel(
        code=RECOMMENDER_CODE,
        file=RECOMMENDER_FILE,
        content=model.to_bytes(),
        inputs=_INPUTS,
        outputs=_OUTPUTS,
        example=_example(model),
        packages=_PACKAGES,
        optional=tuple(name for name in _INPUTS if name != "stock_code"),
        params=_PARAMS,
    )
    if judged.holdout is not None:
        keep_quality(context, t.RECOMMENDATION_QUALITY, judged.scores, judged.holdout)
    return context.tracking.log_array_model(RECOMMENDER, product, run)


def _example(model: Recommender) -> pd.DataFrame:
    """A basket of two products that sell."""
    items, _ = related.popular(model.catalogue, None, 2)
    codes = [model.catalogue.factors.stock_codes[item] for item in items]
    return pd.DataFrame({"stock_code": codes, "quantity": [1] * len(codes)})


def _load(context: Context, version: Registered) -> Recommender:
    return Recommender.from_bytes(context.tracking.content(RECOMMENDER, version, RECOMMENDER_FILE))


def keep_quality(
    context: Context, table: Table, scores: Mapping[tuple[str, str], Scores], judged: Holdout
) -> None:
    """Add a window's metrics to those of earlier windows, in place of an older judgement."""
    rows = quality_rows(scores, date_of(judged.start), judged.days, judged.cold)
    context.merge(table, context.lakehouse.frame(table, rows))


def publish_recommendations(context: Context) -> StepResult:
    """The champion's lists of every customer, and what needs no customer.

    A champion of another day, or of other sales, sees the shop as it is now: factors and rankers
    are its own, and what sells, for how long, and what is bought together is counted anew.
    """
    as_of = context.as_of()
    champion = context.tracking.champion(RECOMMENDER, context.shop())
    model = _load(context, champion)
    catalogue, bought = bought_before(context, as_of)
    if _fingerprint(bought, catalogue, model.settings, as_of) != champion.fingerprint:
        data = windows_of(context, catalogue, bought).data
        model = model.at(data, day_number(as_of))
    lists = recommendations(bought, model, champion.version, as_of)

    def publish_related() -> None:
        for table, rows in (
            (t.POPULAR_PRODUCTS, related.popular_products(model, as_of)),
            (t.SIMILAR_PRODUCTS, related.similar_products(model, champion.version, as_of)),
        ):
            context.replace(table, context.lakehouse.frame(table, rows))

    context.side_by_side(lambda: context.replace(t.RECOMMENDATIONS, lists), publish_related)
    return counted(
        context,
        (t.PURCHASES,),
        (t.RECOMMENDATIONS, t.POPULAR_PRODUCTS, t.SIMILAR_PRODUCTS),
        f"model {champion.version}",
    )
