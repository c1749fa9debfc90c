"""Steps that train the segmentation and publish what it says of the shop."""

from collections import defaultdict
from dataclasses import asdict, replace
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame

from retail_lakehouse import tables as t
from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.medallion import gold
from retail_lakehouse.segments import card, history, kmeans, pictures, profiles, training
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.quality import agreement
from retail_lakehouse.serving import SEGMENTS_CODE, SEGMENTS_FILE
from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.steps.context import (
    Context,
    StepResult,
    counted,
    fingerprint,
    need_customers,
    tags,
    trained_on,
)
from retail_lakehouse.tracking import (
    GATE_FAILURES,
    SEGMENTS,
    ArrayModel,
    Registered,
    TrainingRun,
)

_INPUTS = {"recency_days": "long", "frequency": "long", "monetary": "double"}
_OUTPUTS = {
    "segment": "string",
    "cluster": "integer",
    "distance": "double",
    "next_segment": "string",
    "next_distance": "double",
}
_EXAMPLE = pd.DataFrame({"recency_days": [3, 300], "frequency": [25, 1], "monetary": [9000.0, 150]})
_MIGRATION_FLOW = "pictures/migration_flow.png"


def train_segments(context: Context) -> StepResult:
    """k-means on RFM, tracked; champion if it passes the gates, else challenger.

    A shop that has no champion yet, or none that can be used, gets the largest number of segments
    that passes, and not none.
    """
    tracking, settings = context.tracking, context.settings.segments
    source = need_customers(context, t.CUSTOMER_RFM)
    rows, as_of = kmeans.training_rows(source), context.as_of()
    if context.settings.sweep:
        _sweep(context, rows, as_of)
    champion = tracking.find_champion(SEGMENTS, context.shop())
    rival = comparable(context, champion)
    notes = []
    for k in range(settings.k, 0, -1):
        candidate, note = _candidate(context, rows, replace(settings, k=k), as_of, rival)
        tracking.promote(SEGMENTS, candidate)
        notes.append(note)
        if rival is not None or not candidate.failures:
            break
    if champion is not None and rival is None:
        notes.append(f"not compared with version {champion.version}, which cannot be used")
    return StepResult(source.count(), 0, "; ".join(notes))


def _candidate(
    context: Context,
    rows: DataFrame,
    settings: SegmentSettings,
    as_of: date,
    rival: SegmentModel | None,
) -> tuple[Registered, str]:
    """The version of these rows and settings, trained if there is none, and a word on it."""
    tracking = context.tracking
    print_of = fingerprint(rows, asdict(settings), as_of)
    found = None if context.settings.retrain else tracking.trained(SEGMENTS, print_of)
    # A version that cannot be loaded would never publish, however often it is found.
    if found is not None and comparable(context, found) is not None:
        note = f"version {found.version} was trained on the same rows"
    else:
        found = _log(context, training.train(rows, settings), print_of, as_of, rival)
        note = f"version {found.version}, k={settings.k}"
    return found, note + (f", stays challenger: {found.failures}" if found.failures else "")


def _log(
    context: Context,
    candidate: training.Candidate,
    print_of: str,
    as_of: date,
    rival: SegmentModel | None,
) -> Registered:
    tracking, model = context.tracking, candidate.model
    agreed = None if rival is None else agreement(model, rival, candidate.sample)
    metrics = candidate.quality.metrics()
    if agreed is not None:
        metrics |= {f"champion_{name}": value for name, value in asdict(agreed).items()}
    source = trained_on(context, t.CUSTOMER_RFM, candidate.quality.customers, _INPUTS)
    described = tags(context, as_of)
    run = TrainingRun(
        trained_on=source,
        fingerprint=print_of,
        parameters=asdict(candidate.settings),
        metrics=metrics,
        tags=described | {GATE_FAILURES: candidate.failures} if candidate.failures else described,
        description=card.model_card(
            candidate,
            f"{source.table}, Delta version {source.version}",
            as_of.isoformat(),
            described["shop"],
            agreed,
        ),
        figures=pictures.of_model(candidate),
    )
    product = ArrayModel(
        code=SEGMENTS_CODE,
        file=SEGMENTS_FILE,
        content=model.to_json().encode(),
        inputs=_INPUTS,
        outputs=_OUTPUTS,
        example=_EXAMPLE,
        packages=("numpy", "pandas"),
    )
    return tracking.log_array_model(SEGMENTS, product, run)


def _sweep(context: Context, rows: DataFrame, as_of: date) -> None:
    settings = context.settings.segments
    candidates = list(training.sweep(rows, settings))
    if not candidates:
        return
    context.tracking.log_sweep(
        SEGMENTS,
        f"{SEGMENTS.name} sweep as of {as_of}",
        f"k-means on the same customers for k = {training.SWEEP[0]} to {training.SWEEP[-1]}, a "
        "run each below this one. pictures/sweep.png compares them.",
        tags(context, as_of),
        (
            (f"k = {one.settings.k}", asdict(one.settings), one.quality.metrics())
            for one in candidates
        ),
        {"pictures/sweep.png": pictures.sweep_curves(candidates, settings.k)},
    )


def segment_model(context: Context, version: Registered) -> SegmentModel:
    """The registered version as arrays."""
    return SegmentModel.from_json(context.tracking.content(SEGMENTS, version, SEGMENTS_FILE))


def comparable(context: Context, version: Registered | None) -> SegmentModel | None:
    """The version, if there is one and it can be used."""
    try:
        return segment_model(context, version) if version else None
    except OtherVersionError:
        return None


def publish_segments(context: Context) -> StepResult:
    """The champion's segment of every customer, and the segments' profiles."""
    customers = need_customers(context, t.CUSTOMER_RFM)
    read, as_of = context.lakehouse.read, context.as_of()
    champion = context.tracking.champion(SEGMENTS, context.shop())
    model = segment_model(context, champion)
    context.replace(
        t.CUSTOMER_SEGMENTS,
        profiles.customer_segments(customers, model, champion.version, as_of),
    )
    context.replace(
        t.SEGMENT_PROFILES,
        profiles.segment_profiles(
            read(t.CUSTOMER_SEGMENTS),
            gold.standing_sales(read(t.SALES), as_of),
            read(t.INTERACTIONS),
            read(t.PRODUCTS),
            champion.version,
            as_of,
        ),
    )
    return counted(
        context,
        (t.CUSTOMER_RFM,),
        (t.CUSTOMER_SEGMENTS, t.SEGMENT_PROFILES),
        f"model {champion.version}",
    )


def publish_segment_history(context: Context) -> StepResult:
    """The champion's segments at every month's end, who moved, and how the features drift."""
    need_customers(context, t.CUSTOMER_RFM)
    lakehouse, as_of = context.lakehouse, context.as_of()
    champion = context.tracking.champion(SEGMENTS, context.shop())
    model, version = segment_model(context, champion), champion.version
    context.replace(
        t.SEGMENT_HISTORY,
        history.segment_history(
            history.rfm_by_month(lakehouse.read(t.SALES), as_of),
            model,
            version,
            as_of,
        ),
    )
    scored = lakehouse.read(t.SEGMENT_HISTORY)
    context.replace(t.SEGMENT_MIGRATIONS, history.segment_migrations(scored, version, as_of))
    context.replace(t.FEATURE_DRIFT, history.feature_drift(scored, model, version, as_of))
    _draw_migrations(context, champion)
    return counted(
        context,
        (t.SALES,),
        (t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS, t.FEATURE_DRIFT),
        f"model {version}",
    )


def _draw_migrations(context: Context, champion: Registered) -> None:
    """Put the picture of the latest moves with the champion's run."""
    flows: dict[date, dict[tuple[str, str], int]] = defaultdict(dict)
    # Months x segments x segments: bounded by the shop's age.
    for row in context.lakehouse.read(t.SEGMENT_MIGRATIONS).collect():
        flows[row["month_end"]][row["from_segment"], row["to_segment"]] = row["customers"]
    if not flows:
        return
    context.tracking.add_figure(champion, _MIGRATION_FLOW, pictures.migration_flow(flows))
