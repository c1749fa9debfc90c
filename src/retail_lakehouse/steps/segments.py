"""Steps that train the segmentation and publish what it says of the shop."""

from dataclasses import asdict, replace
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import SEGMENTS
from retail_lakehouse.lifecycle import Attempt, Candidate, fingerprint
from retail_lakehouse.medallion import gold
from retail_lakehouse.policies.cadence import Drift
from retail_lakehouse.segments import card, kmeans, pictures, profiles, training, worth
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.segments.months import history
from retail_lakehouse.segments.quality import agreement
from retail_lakehouse.serving.specs import SEGMENT_MODEL
from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking import Stage, Sweep


def train_segments(io: StepIO) -> StepResult:
    """k-means on RFM, tracked; champion if it passes the gates, else challenger.

    A shop that has no champion yet, or none that can be used, gets the largest number of segments
    that passes, and not none.
    """
    customers, settings = io.read_customers(t.CUSTOMER_RFM), io.settings.segments

    def drift(champion: SegmentModel) -> Drift | None:
        return _drift(customers, champion, io.as_of())

    life, reason = io.training(SEGMENT_MODEL, t.CUSTOMER_RFM, asdict(settings), drift)
    if life is None:
        return StepResult(0, 0, reason)
    rows = kmeans.training_rows(customers)
    unit = io.description().unit_of_money
    if io.settings.sweep:
        _sweep(io, rows)
    attempts = [
        _attempt(rows, replace(settings, k=k), io.as_of(), unit) for k in range(settings.k, 0, -1)
    ]
    count = io.count(t.CUSTOMER_RFM)
    source = io.trained_on(t.CUSTOMER_RFM, count, SEGMENT_MODEL.inputs)
    return StepResult(count, 0, life.train(source, attempts))


def _drift(customers: DataFrame, champion: SegmentModel, as_of: date) -> Drift | None:
    """The feature of the customers that is furthest from those that the champion learnt from."""
    now = customers.withColumn(c.MONTH_END, F.lit(as_of))
    rows = history.feature_drift(now, champion, 0).where(F.col(c.REFERENCE) == history.TRAINING)
    # One row per feature.
    found = [Drift(row[c.FEATURE], row[c.PSI]) for row in rows.orderBy(c.FEATURE).collect()]
    return max(found, key=lambda one: one.value, default=None)


def _attempt(
    rows: DataFrame, settings: SegmentSettings, as_of: date, unit: str
) -> Attempt[SegmentModel]:
    def fit(champion: SegmentModel | None, stage: Stage) -> Candidate[SegmentModel]:
        trained = training.train(rows, settings, stage=stage)
        agreed = None if champion is None else agreement(trained.model, champion, trained.sample)
        metrics = trained.quality.metrics()
        if agreed is not None:
            metrics |= {f"champion_{name}": value for name, value in asdict(agreed).items()}
        with stage("pictures"):
            figures = pictures.of_model(trained)
        return Candidate(
            model=trained.model,
            parameters=asdict(settings),
            metrics=metrics,
            failures=trained.failures,
            card=lambda origin: card.model_card(
                trained, origin.source, origin.as_of, origin.source_kind, agreed, unit
            ),
            figures=figures,
        )

    return Attempt(
        lambda: fingerprint(rows, asdict(settings), as_of), label=f"k={settings.k}", fit=fit
    )


def _sweep(io: StepIO, rows: DataFrame) -> None:
    settings = io.settings.segments
    candidates = list(training.sweep(rows, settings))
    if not candidates:
        return
    sweep = Sweep(
        name=f"{SEGMENTS.name} sweep as of {io.as_of()}",
        description=f"k-means on the same customers for k = {training.SWEEP[0]} to "
        f"{training.SWEEP[-1]}, a run each below this one. pictures/sweep.png compares them.",
        tags=io.tags(),
        steps=[
            (f"k = {c.settings.k}", asdict(c.settings), c.quality.metrics()) for c in candidates
        ],
        figures={"pictures/sweep.png": pictures.sweep_curves(candidates, settings.k)},
    )
    io.log_sweep(SEGMENTS, sweep)


def publish_segments(io: StepIO) -> StepResult:
    """The champion's segment of every customer, and the segments' profiles."""
    customers, as_of = io.read_customers(t.CUSTOMER_RFM), io.as_of()
    champion = io.champion(SEGMENT_MODEL)
    version = champion.version.version
    io.replace(
        t.CUSTOMER_SEGMENTS,
        profiles.customer_segments(customers, champion.model, version, as_of),
    )
    io.replace(
        t.SEGMENT_PROFILES,
        profiles.segment_profiles(
            io.read(t.CUSTOMER_SEGMENTS),
            gold.standing_sales(io.read(t.SALES), as_of),
            io.read(t.INTERACTIONS),
            io.read(t.PRODUCTS),
            io.read(t.CUSTOMER_VALUE),
            version,
            as_of,
            io.description().unit_of_money,
        ),
    )
    notes = [f"model {version}"]
    if found := worth.contradiction(_chances(io.read(t.SEGMENT_PROFILES))):
        notes.append(found)
    return io.counted(
        (t.CUSTOMER_RFM,), (t.CUSTOMER_SEGMENTS, t.SEGMENT_PROFILES), "; ".join(notes)
    )


def _chances(profiles: DataFrame) -> dict[str, float]:
    """Mean chance of an order within 90 days by segment."""
    rows = profiles.select(c.SEGMENT, c.PROBABILITY_90_DAYS).collect()  # one per segment
    return {row[c.SEGMENT]: row[c.PROBABILITY_90_DAYS] for row in rows}
