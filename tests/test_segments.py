from datetime import date, datetime
from decimal import Decimal
from itertools import permutations

import numpy as np
import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.segments import kmeans, naming, publish
from retail_lakehouse.settings import SegmentSettings
from retail_lakehouse.tables import CUSTOMER_RFM, CUSTOMER_SEGMENTS

# Recency, frequency, monetary of a centre per name, in standard deviations.
CENTRES = {
    "Champions": (-1.4, 1.8, 1.7),
    "Loyal": (-0.5, 0.5, 0.6),
    "New": (-0.9, -0.7, -0.8),
    "At Risk": (0.7, 0.1, 0.2),
    "Lost": (0.9, -1.0, -0.9),
}


def test_names_follow_the_centres_whatever_their_numbers():
    for order in permutations(CENTRES):
        assert naming.name_clusters([CENTRES[name] for name in order]) == order


def test_each_name_is_given_once_even_to_centres_that_are_alike():
    names = naming.name_clusters([(0.0, 0.0, 0.0)] * 5)
    assert sorted(names) == sorted(CENTRES)


def test_fewer_clusters_take_the_names_that_fit():
    assert naming.name_clusters([CENTRES["Lost"], CENTRES["Champions"]]) == ("Lost", "Champions")


def test_more_clusters_than_names_are_refused():
    with pytest.raises(SettingsError, match="not for 6"):
        naming.name_clusters([(0.0, 0.0, 0.0)] * 6)


def people():
    """Five kinds of customers, 12 of each, told apart by any eye."""
    kinds = {
        "Champions": (3, 60, 20000),
        "Loyal": (30, 12, 3000),
        "New": (15, 1, 200),
        "At Risk": (300, 6, 1500),
        "Lost": (600, 1, 120),
    }
    for kind, (recency, frequency, monetary) in enumerate(kinds.values()):
        for i in range(12):
            yield {
                "customer_id": kind * 100 + i,
                "recency_days": recency + i % 3,
                "frequency": frequency + i % 2,
                "monetary": Decimal(monetary + i),
                "first_purchase_at": datetime(2010, 1, 1),
                "last_purchase_at": datetime(2010, 1, 1),
                "r_score": 1,
                "f_score": 1,
                "m_score": 1,
            }


def test_customers_get_the_segment_they_look_like(frame):
    rfm = frame(CUSTOMER_RFM, list(people()))
    rows = kmeans.training_rows(rfm)
    model = kmeans.fit(rows, SegmentSettings())
    assigned = kmeans.assign(model, rows)
    names = naming.name_clusters(kmeans.centres(model))
    found = publish.customer_segments(rfm, assigned, names, 3, date(2011, 1, 1))
    assert found.columns == list(CUSTOMER_SEGMENTS.column_names)
    by_kind = {
        (row["customer_id"] // 100, row["segment"], row["model_version"]) for row in found.collect()
    }
    assert by_kind == {
        (0, "Champions", 3),
        (1, "Loyal", 3),
        (2, "New", 3),
        (3, "At Risk", 3),
        (4, "Lost", 3),
    }
    measured = kmeans.measure(assigned)
    assert (measured.customers, measured.clusters) == (60, 5)
    assert measured.smallest_share == pytest.approx(0.2)
    assert measured.silhouette_squared_euclidean > 0.9


def test_distance_is_euclidean_to_the_own_centre(frame):
    rows = kmeans.training_rows(frame(CUSTOMER_RFM, list(people())))
    model = kmeans.fit(rows, SegmentSettings())
    values = np.array([[r["recency_days"], r["frequency"], float(r["monetary"])] for r in people()])
    logs = np.log1p(values)
    points = (logs - logs.mean(axis=0)) / logs.std(axis=0, ddof=1)
    expected = np.linalg.norm(points[:, None] - kmeans.centres(model)[None], axis=2).min(axis=1)
    assigned = kmeans.assign(model, rows).orderBy("customer_id").collect()
    assert [row["distance"] for row in assigned] == pytest.approx(expected.tolist())
    total = kmeans.measure(kmeans.assign(model, rows)).inertia
    assert total == pytest.approx(float((expected**2).sum()))


def test_training_again_gives_the_same_centres_whatever_the_order_of_rows(frame):
    shuffled = sorted(people(), key=lambda row: (row["customer_id"] * 7919) % 101)
    first, second = (
        kmeans.centres(
            kmeans.fit(kmeans.training_rows(frame(CUSTOMER_RFM, rows)), SegmentSettings())
        )
        for rows in (list(people()), shuffled)
    )
    assert first == pytest.approx(second, abs=1e-6)
