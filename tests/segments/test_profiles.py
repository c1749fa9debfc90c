from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from chispa import assert_approx_df_equality

from retail_lakehouse.segments import kmeans, profiles, training
from retail_lakehouse.segments.model import FEATURES, OUTPUTS, Bins, SegmentModel
from retail_lakehouse.segments.naming import EVERYONE
from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.tables import (
    CUSTOMER_RFM,
    CUSTOMER_SEGMENTS,
    CUSTOMER_VALUE,
    INTERACTIONS,
    PRODUCTS,
    SALES,
)
from support import KINDS, people, person

AS_OF = date(2011, 1, 1)
# Groups far apart: each start costs two seconds of Spark's jobs and finds the same.
STARTS = {"starts": 2}


def trained(frame, rows, **settings):
    """The candidate of these customers, and their training rows."""
    customers = kmeans.training_rows(frame(CUSTOMER_RFM, rows))
    return training.train(customers, SegmentSettings(**STARTS | settings)), customers


def test_customers_get_the_segment_they_look_like(frame):
    candidate, rows = trained(frame, list(people()))
    pipeline = kmeans.fit(rows, SegmentSettings(**STARTS)).pipeline
    found = kmeans.assign(rows, candidate.model).toPandas()
    assert {
        (int(c) // 100, s) for c, s in zip(found["customer_id"], found["segment"], strict=True)
    } == set(enumerate(KINDS))
    measured = candidate.quality
    assert (measured.customers, measured.segments) == (60, 5)
    assert measured.smallest_share == pytest.approx(0.2)
    assert measured.silhouette_squared_euclidean > 0.9
    assert measured.bootstrap_ari_mean == 1.0
    assert candidate.failures == ""
    # Three ways to the same answer: Spark ML's own, built-in functions, and plain arrays.
    own = pipeline.transform(rows).select("customer_id", "cluster").toPandas()
    both = found.merge(own, on="customer_id", suffixes=("", "_of_spark_ml"))
    assert len(both) == 60
    assert (both["cluster"] == both["cluster_of_spark_ml"]).all()
    arrays = candidate.model.predict(found[list(FEATURES)])
    pd.testing.assert_frame_equal(arrays, found[list(OUTPUTS)], check_dtype=False)


def test_inertia_is_the_sum_of_squared_distances(frame):
    candidate, rows = trained(frame, list(people()))
    distances = kmeans.assign(rows, candidate.model).toPandas()["distance"]
    assert candidate.quality.inertia == pytest.approx(float((distances**2).sum()))
    values = np.array([[r["recency_days"], r["frequency"], float(r["monetary"])] for r in people()])
    logs = np.log1p(values)
    points = (logs - logs.mean(axis=0)) / logs.std(axis=0, ddof=1)
    centres = np.array(candidate.model.centres)
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).min(axis=1)
    assert sorted(distances) == pytest.approx(sorted(nearest))


def test_customers_who_shade_into_each_other_fall_into_the_same_groups_with_any_seed(frame):
    """Single starts: without pseudo-customers each of them ends somewhere else."""
    random = np.random.default_rng(4)
    shared, own = random.normal(size=(400, 1)), random.normal(size=(400, 3))
    logs = (4.5, 1.6, 6.5) + (1.2, 0.8, 1.1) * (0.8 * shared * (-1, 1, 1) + 0.6 * own)
    rows = [
        person(number, *np.maximum(np.expm1(values).round(), 1).astype(int).tolist())
        for number, values in enumerate(logs)
    ]
    customers = kmeans.training_rows(frame(CUSTOMER_RFM, rows))
    values = kmeans.sample(customers, 400)
    found = []
    for seed in (1, 2, 3):
        fitted = kmeans.fit(customers, SegmentSettings(starts=1, seed=seed))
        model = kmeans.as_arrays(fitted, values)
        found.append(np.array(model.names)[model.distances(values).argmin(axis=1)])
    assert set(found[0]) == set(KINDS)
    assert min((found[0] == other).mean() for other in found[1:]) >= 0.99
    assert fitted.inertia == pytest.approx(float((model.distances(values).min(axis=1) ** 2).sum()))


def test_pseudo_customers_are_in_no_measure_and_no_scale(frame):
    candidate, rows = trained(frame, list(people()))
    assert candidate.quality.customers == rows.count() == 60
    logs = np.log1p([[r["recency_days"], r["frequency"], float(r["monetary"])] for r in people()])
    assert candidate.model.mean == pytest.approx(logs.mean(axis=0))
    assert candidate.model.std == pytest.approx(logs.std(axis=0, ddof=1))
    # A centre is the mean of 12 customers, and of its archetype with the weight of 30.
    (champions,) = (
        centre
        for name, centre in zip(candidate.model.names, candidate.model.centres, strict=True)
        if name == "Champions"
    )
    own = candidate.model.standardise(np.expm1(logs[:12])).mean(axis=0)
    assert champions == pytest.approx((12 * own + 30 * np.array((-1.3, 1.6, 1.6))) / 42)


def test_training_again_gives_the_same_model_whatever_the_order_of_rows(frame):
    shuffled = sorted(people(), key=lambda row: (row["customer_id"] * 7919) % 101)
    first, second = (trained(frame, rows)[0].model for rows in (list(people()), shuffled))
    assert np.array(first.centres) == pytest.approx(np.array(second.centres), abs=1e-6)
    assert (first.names, first.bins) == (second.names, second.bins)


def test_other_seeds_and_a_bootstrap_keep_the_names_on_the_same_people(frame):
    random = np.random.default_rng(5)
    everyone = list(people())
    drawn = [everyone[i] | {"customer_id": n} for n, i in enumerate(random.integers(60, size=60))]
    values = pd.DataFrame(list(KINDS.values()), columns=list(FEATURES))
    for rows, seed in ((everyone, 7), (everyone, 8), (drawn, 42)):
        customers = kmeans.training_rows(frame(CUSTOMER_RFM, rows))
        fitted = kmeans.fit(customers, SegmentSettings(**STARTS, seed=seed))
        model = kmeans.as_arrays(fitted, kmeans.sample(customers, 100))
        assert model.predict(values)["segment"].tolist() == list(KINDS)


def test_the_sample_is_bounded_and_does_not_depend_on_the_order(frame):
    rows = list(people())
    first, second = (
        kmeans.sample(kmeans.training_rows(frame(CUSTOMER_RFM, r)), 10) for r in (rows, rows[::-1])
    )
    assert first.shape == (10, 3)
    assert first.tolist() == second.tolist()


def test_negative_money_after_returns_counts_as_none(frame):
    rows = [*people(), person(900, 600, 1, -250), person(901, 600, 1, 0)]
    candidate, customers = trained(frame, rows)
    found = (
        kmeans.assign(customers, candidate.model).where("CAST(customer_id AS INT) >= 900").collect()
    )
    assert {row["segment"] for row in found} == {"Lost"}
    assert found[0]["distance"] == found[1]["distance"]


def test_few_customers_with_many_alike_still_make_k_segments(frame):
    rows = [person(c, 5, 2, 80) for c in range(1, 30)]
    rows += [person(50, 300, 1, 10), person(51, 2, 40, 9000), person(52, 90, 9, 700)]
    candidate, _ = trained(frame, rows, k=4)
    assert candidate.quality.segments == 4
    nearest = candidate.model.distances(candidate.sample).min(axis=1)
    assert candidate.quality.inertia == pytest.approx(float((nearest**2).sum()))


@pytest.mark.parametrize(
    "rows",
    [[person(1, 5, 2, 80)], [person(c, 5, 2, 80) for c in range(1, 21)]],
    ids=["one customer", "all alike"],
)
def test_customers_who_cannot_be_told_apart_are_one_segment(frame, rows):
    candidate, customers = trained(frame, rows)
    assert candidate.model.names == (EVERYONE,)
    assert candidate.failures == ""
    assert candidate.quality.silhouette_squared_euclidean is None
    found = kmeans.assign(customers, candidate.model).collect()
    assert {(r["segment"], r["distance"], r["next_segment"]) for r in found} == {
        (EVERYONE, 0.0, None)
    }
    assert [one.settings.k for one in training.sweep(customers, SegmentSettings())] == []


def test_k_larger_than_customers_makes_as_many_segments_as_there_are(frame):
    candidate, _ = trained(frame, [person(1, 5, 20, 800), person(2, 400, 1, 30)], k=5)
    assert candidate.quality.segments == 2
    assert len(set(candidate.model.names)) == 2


def test_a_sweep_fits_every_k_that_customers_suffice_for(frame):
    rows = kmeans.training_rows(frame(CUSTOMER_RFM, list(people())[::15]))
    settings = SegmentSettings(starts=1, resamples=2)
    found = list(training.sweep(rows, settings))
    assert [one.settings.k for one in found] == [2, 3, 4]
    inertias = [one.quality.inertia for one in found]
    assert inertias == sorted(inertias, reverse=True)


TWO = SegmentModel(
    (0.0,) * 3,
    (1.0,) * 3,
    ((1.0, 3.0, 9.0), (6.0, 1.0, 4.0)),
    ("Champions", "Lost"),
    dict.fromkeys(FEATURES, Bins((), (1.0,))),
)


def segments_of(frame, *rows):
    found = profiles.customer_segments(frame(CUSTOMER_RFM, list(rows)), TWO, 7, AS_OF)
    assert found.columns == list(CUSTOMER_SEGMENTS.column_names)
    return found


def line(invoice, number, customer, code, amount):
    return {
        "invoice": invoice,
        "line_number": number,
        "customer_id": customer,
        "stock_code": code,
        "quantity": 1,
        "invoice_date": datetime(2010, 1, 1),
        "amount": Decimal(amount),
    }


def test_profiles_are_computed_by_hand(frame):
    rows = [person(1, 1, 20, 8000), person(2, 3, 30, 9000), person(3, 400, 1, 60)]
    rows += [person(c, 400 + c, 1, 50 + c) for c in (4, 5)]
    segments = segments_of(frame, *rows)
    sales = [
        line("A", 1, 1, "10001", "10"), line("A", 2, 1, "10002", "20"),
        line("B", 3, 1, "10001", "30"), line("C", 4, 2, "10003", "80"),
        line("D", 5, 3, "10001", "5"), line("E", 6, 4, "10001", "7"),
        line("F", 7, 5, "10001", "9"),
        line("G", 8, None, "10001", "1000"),
    ]  # fmt: skip
    pairs = [(1, "10001"), (1, "10002"), (2, "10003"), (3, "10001"), (4, "10001"), (5, "10001")]
    names = ("customer_id", "probability_90_days", "expected_spend_12_months", "percentile")
    value = [
        dict(zip(names, row, strict=True))
        for row in (
            (1, 0.9, Decimal(900), 99), (2, 0.7, Decimal(800), 80), (3, 0.3, Decimal(90), 60),
            (4, 0.1, Decimal(9), 20), (5, 0.2, Decimal(0), 0),
        )
    ]  # fmt: skip
    found = profiles.segment_profiles(
        segments,
        frame(SALES, sales),
        frame(INTERACTIONS, [{"customer_id": c, "stock_code": s} for c, s in pairs]),
        frame(PRODUCTS, [{"stock_code": "10001", "description": "MUG"}]),
        frame(CUSTOMER_VALUE, value),
        7,
        AS_OF,
    ).collect()
    champions, lost = sorted(found, key=lambda row: row["segment"])
    assert (champions["customers"], champions["customer_share"]) == (2, 0.4)
    assert champions["revenue"] == Decimal(17000)
    assert champions["revenue_share"] == pytest.approx(17000 / 17169)
    assert champions["recency_days_median"] == 2.0
    assert (champions["frequency_q1"], champions["frequency_q3"]) == (22.5, 27.5)
    assert champions["monetary_median"] == Decimal(8500)
    # Baskets A (2 products, 30 GBP), B (1, 30) and C (1, 80).
    assert (champions["basket_products"], champions["basket_value"]) == (1.0, Decimal(30))
    assert champions["top_products"] == []  # three buyers at least
    assert "2 customers (40.0 %) with 99.0 % of revenue" in champions["description"]
    assert "typically 25 invoices and 8,500 GBP, the last 2 days ago" in champions["description"]
    assert champions["recommended_action"].startswith("Thank them")
    assert champions["recommended_action"].endswith("Ask them for reviews.")
    assert champions["probability_90_days"] == pytest.approx(0.8)
    assert champions["expected_spend_12_months"] == Decimal(1700)
    # Who is away: how likely they return, and who of them is worth it.
    assert (lost["worth_writing_to"], lost["expected_spend_12_months"]) == (1, Decimal(99))
    assert lost["recommended_action"].endswith(
        "Begin with the 1 of them in the upper half by expected spend (gold.customer_value); "
        "20 % of the segment order within 90 days."
    )
    # 3 of the segment's 3 pairs are mugs, and 4 of the shop's 6: lift 1.5.
    (mug,) = lost["top_products"]
    assert (mug["stock_code"], mug["description"], mug["customers"]) == ("10001", "MUG", 3)
    assert mug["lift"] == pytest.approx(1.5)
    assert "typically 1 invoice and 55 GBP" in lost["description"]


def test_segments_carry_the_next_nearest_and_where_they_come_from(frame):
    found = segments_of(frame, person(1, 1, 20, 8000))
    expected = frame(
        CUSTOMER_SEGMENTS,
        [
            {
                "customer_id": 1,
                "segment": "Champions",
                "cluster": 0,
                "recency_days": 1,
                "frequency": 20,
                "monetary": Decimal(8000),
                "distance": float(np.linalg.norm(np.log1p([1, 20, 8000]) - [1, 3, 9])),
                "next_segment": "Lost",
                "next_distance": float(np.linalg.norm(np.log1p([1, 20, 8000]) - [6, 1, 4])),
                "model_version": 7,
                "as_of": AS_OF,
            }
        ],
    )
    assert_approx_df_equality(found, expected, 1e-12, ignore_nullable=True)
