"""The segmentation as plain arrays, its quality, its card and its pictures: no Spark in here."""

import io
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.segments import card, naming, pictures, quality
from retail_lakehouse.segments.history import NOBODY
from retail_lakehouse.segments.migration_picture import migration_flow, sizes_by_month
from retail_lakehouse.segments.model import OUTPUTS, Bins, SegmentModel, bins_of
from retail_lakehouse.segments.naming import ARCHETYPES, EVERYONE
from retail_lakehouse.segments.quality import Gate, Quality
from retail_lakehouse.segments.training import Candidate
from retail_lakehouse.settings import SegmentSettings
from segment_models import TWO

E1 = float(np.e - 1)  # log1p of it is 1


# In log1p space itself (mean 0, deviation 1): one centre at the origin, one at (1, 1, 1).
def customers(*rows, index=None):
    return pd.DataFrame(rows, columns=["recency_days", "frequency", "monetary"], index=index)


def test_predict_gives_both_distances_and_keeps_the_index():
    found = TWO.predict(customers((0, 0, 0.0), (E1, E1, E1), (E1, 0, 0.0), index=[7, 8, 9]))
    expected = pd.DataFrame(
        {
            "segment": ["New", "Loyal", "New"],
            "cluster": np.array([0, 1, 0], dtype=np.int32),
            "distance": [0.0, 0.0, 1.0],
            "next_segment": ["Loyal", "New", "Loyal"],
            "next_distance": [3**0.5, 3**0.5, 2**0.5],
        },
        index=[7, 8, 9],
    )
    pd.testing.assert_frame_equal(found, expected)


def test_negative_money_counts_as_none():
    found = TWO.predict(customers((0, 0, -500.0)))
    assert found["distance"].tolist() == [0.0]


def test_a_single_segment_has_no_next():
    one = SegmentModel((1.0,) * 3, (0.0,) * 3, ((0.0,) * 3,), (EVERYONE,), {})
    found = one.predict(customers((5, 1, 10.0), (900, 70, 1e6)))
    assert found["segment"].tolist() == [EVERYONE] * 2
    assert found["distance"].tolist() == [0.0, 0.0]
    assert found[["next_segment", "next_distance"]].isna().all(axis=None)


def test_no_customers_give_no_rows():
    assert list(TWO.predict(customers()).columns) == list(OUTPUTS)
    assert len(TWO.predict(customers())) == 0


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"recency_days": [1]}), "Missing columns: frequency, monetary"),
        (customers((1, 2, float("nan"))), "monetary is nan in row 0"),
        (customers((1, 2, 3.0), (1, float("inf"), 3.0)), "frequency is inf in row 1"),
        (customers((1, None, 3.0)), "frequency is nan in row 0"),
        (customers(("a", 1, 2.0)), "must be numbers"),
    ],
)
def test_input_that_cannot_be_scored_is_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        TWO.predict(frame)


def test_json_keeps_every_bit():
    model = SegmentModel((1 / 3,) * 3, (0.1 + 0.2,) * 3, ((1e-9, 2, 3),), (EVERYONE,), TWO.bins)
    assert SegmentModel.from_json(model.to_json()) == model


def test_deciles_put_a_tenth_into_each_bin():
    found = bins_of(np.arange(1.0, 101.0))
    assert found.edges == (10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert found.shares == pytest.approx((0.1,) * 10)


def test_equal_deciles_become_one_edge():
    assert bins_of(np.array([1.0] * 75 + [5.0] * 25)) == Bins((1.0,), (0.75, 0.25))
    assert bins_of(np.array([3.0, 3.0])) == Bins((), (1.0,))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_shares_add_up_and_no_bin_is_empty(values):
    found = bins_of(np.array(values, dtype=float))
    assert sum(found.shares) == pytest.approx(1.0)
    assert len(found.shares) == len(found.edges) + 1
    assert min(found.shares) > 0


def groups(*places, size=40, spread=0.05):
    """Customers in tight groups around the given log1p RFM values."""
    random = np.random.default_rng(3)
    logs = np.concatenate([random.normal(place, spread, (size, 3)) for place in places])
    return np.expm1(np.maximum(logs, 0.1))


APART = groups((1, 1, 1), (3, 1, 4), (5, 4, 8))
THREE = SegmentModel(
    (0.0,) * 3, (1.0,) * 3, ((1, 1, 1), (3, 1, 4), (5, 4, 8)), ("New", "Loyal", "Champions"), {}
)


# Groups that are, around the shop's mean, what their names say.
FITTING = SegmentModel(
    (3.5, 1.5, 5.0), (1.0,) * 3, ((-0.5, 1, 2), (-2, -0.5, -1), (2.5, -0.7, -1)),
    ("Loyal", "New", "Lost"), {},
)  # fmt: skip
SHOP = groups((3, 2.5, 7), (1.5, 1, 4), (6, 0.8, 4))


def test_groups_that_stand_apart_come_out_again_in_every_resample():
    settings = SegmentSettings(k=3, resamples=4)
    found = quality.measure(FITTING, SHOP, settings, 120, 1.0, 0.99)
    assert found.bootstrap_ari_mean == found.bootstrap_ari_min == 1.0
    assert found.smallest_share == pytest.approx(1 / 3)
    assert found.silhouette_euclidean > 0.9
    assert all(gate.passed for gate in quality.gates(found, settings))


def test_clusters_cut_out_of_one_cloud_do_not_come_out_again():
    cloud = groups((3, 3, 3), size=60, spread=1.0)
    model = SegmentModel((3.0,) * 3, (1.0,) * 3, ((0, 0, 1), (0, 1, 0), (1, 0, 0)), THREE.names, {})
    settings = SegmentSettings(k=3)
    found = quality.measure(model, cloud, settings, 60, 1.0, 0.1)
    assert found.bootstrap_ari_mean < 0.8
    failed = [gate.name for gate in quality.gates(found, settings) if not gate.passed]
    assert failed == ["mean bootstrap ARI", "segments that are what they are called"]


def test_nobody_is_a_champion_where_no_one_bought_twice():
    random = np.random.default_rng(1)
    once = np.column_stack(
        [random.integers(1, 700, 400), np.ones(400), random.lognormal(5, 1, 400)]
    )
    logs = np.log1p(once)
    model = SegmentModel(
        tuple(logs.mean(axis=0)), (logs[:, 0].std(), 0.0, logs[:, 2].std()),
        tuple(kind.centre for kind in ARCHETYPES[:5]), tuple(kind.name for kind in ARCHETYPES[:5]),
        {},
    )  # fmt: skip
    settings = SegmentSettings(min_share=0.0, min_bootstrap_ari=0.0)
    found = quality.measure(model, once, settings, 400, 1.0, None)
    # Only At Risk says nothing of how often they bought.
    assert found.named_rightly == 0.2
    assert [str(gate) for gate in quality.gates(found, settings) if not gate.passed] == [
        "segments that are what they are called 0.200 < 1"
    ]


def test_a_segment_without_customers_is_not_what_it_is_called():
    assert quality.named_rightly(TWO, np.zeros((3, 3)), np.zeros(3, dtype=int)) == 0.0
    assert quality.named_rightly(FITTING, SHOP, np.repeat([0, 1, 2], 40)) == 1.0
    assert quality.named_rightly(FITTING, SHOP, np.repeat([0, 1, 1], 40)) == pytest.approx(1 / 3)


def test_values_all_alike_tell_nobody_apart_in_the_bootstrap():
    """NumPy's deviation of equal values may be a little above 0, and everything divided by it."""
    random = np.random.default_rng(2)
    same_day = np.column_stack(
        [np.ones(2000), random.geometric(0.2, 2000), random.lognormal(5, 1, 2000)]
    )
    logs = np.log1p(same_day)
    std = logs.std(axis=0)
    assert 0 < std[0] < 1e-12
    model = SegmentModel(
        tuple(logs.mean(axis=0)), (0.0, *std[1:]),
        tuple(map(tuple, naming.places(2, [False, True, True]))), ("Loyal", "Lost"), {},
    )  # fmt: skip
    assert min(quality.bootstrap_ari(model, same_day, SegmentSettings(k=2))) > 0.8


def test_one_segment_is_stable_and_has_no_silhouette():
    one = SegmentModel((1.0,) * 3, (0.0,) * 3, ((0.0,) * 3,), (EVERYONE,), {})
    found = quality.measure(one, APART[:1], SegmentSettings(), 1, 0.0, None)
    assert (found.bootstrap_ari_mean, found.smallest_share) == (1.0, 1.0)
    assert found.silhouette_euclidean is None
    assert "silhouette_euclidean" not in found.metrics()


def test_customers_all_alike_do_not_break_the_bootstrap():
    alike = np.ones((10, 3))
    assert quality.bootstrap_ari(TWO, alike, SegmentSettings(resamples=2)) == (1.0, 1.0)


def test_a_gate_says_what_it_saw():
    assert str(Gate("smallest segment's share", 0.012, 0.03)) == (
        "smallest segment's share 0.012 < 0.03"
    )
    assert Gate("x", 0.03, 0.03).passed


def test_agreement_is_one_with_itself_and_counts_names_not_numbers():
    order = (2, 0, 1)
    renumbered = SegmentModel(
        THREE.mean,
        THREE.std,
        tuple(THREE.centres[i] for i in order),
        tuple(THREE.names[i] for i in order),
        {},
    )
    assert quality.agreement(renumbered, THREE, APART) == quality.Agreement(1.0, 1.0)
    swapped = SegmentModel(THREE.mean, THREE.std, THREE.centres, ("Loyal", "New", "Champions"), {})
    found = quality.agreement(swapped, THREE, APART)
    assert found.ari == 1.0
    assert found.same_segment_share == pytest.approx(1 / 3)


def candidate(**changes):
    measured = Quality(120, 3, 12.5, 0.6, 0.5, 1 / 3, 1.0, 0.95, 0.9)
    settings = SegmentSettings(k=3, **changes)
    return Candidate(settings, THREE, measured, quality.gates(measured, settings), APART)


def test_the_card_says_what_on_what_how_good_and_what_not():
    text = card.model_card(candidate(), "gold.customer_rfm, Delta version 4", "2011-12-10", "files",
                           quality.Agreement(0.9, 0.88))  # fmt: skip
    assert "120 customers into 3 named segments" in text
    gates = "smallest segment's share 0.333 >= 0.03 ✓; mean bootstrap ARI 0.950 >= 0.85 ✓"
    assert gates in text.splitlines()[0]
    assert "gold.customer_rfm, Delta version 4, lines before 2011-12-10" in text
    assert "| Champions | 40 (33.3%) |" in text
    assert "passed: it may publish" in text
    assert "mean 0.950 (gate: 0.85), worst 0.900" in text
    assert "| Segments whose customers are what the name says | 100% (gate: all) |" in text
    assert "counts as much as 50% of all customers" in text
    assert "88.0% of customers keep their segment" in text
    assert "**Limits.**" in text
    assert "DEMO" not in text


def test_the_card_of_a_challenger_says_why_and_the_demo_shop_is_marked():
    one = candidate(min_share=0.4)
    text = card.model_card(one, "gold.customer_rfm", "2011-12-10", "demo", None)
    assert one.failures == "smallest segment's share 0.333 < 0.4"
    assert f"| Gates | {one.failures} |" in text
    assert "| Champion at the time | there was none |" in text
    assert text.startswith("**DEMO SHOP")


def test_the_card_shows_its_source_as_it_is_written():
    text = card.model_card(candidate(), "`a|b` <x>\n# c", "2011-12-10", "files", None)
    (row,) = [line for line in text.splitlines() if line.startswith("| Data |")]
    assert row == (
        "| Data | &#96;a&#124;b&#96; &#60;x&#62;\N{REPLACEMENT CHARACTER}&#35; c, lines before "
        "2011-12-10 |"
    )


def drawn(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def test_pictures_of_a_model_are_drawn_whatever_the_number_of_segments():
    found = pictures.of_model(candidate())
    assert set(found) == {
        "pictures/segment_map.png", "pictures/profile_heatmap.png", "pictures/sizes.png",
    }  # fmt: skip
    one = SegmentModel((1.0,) * 3, (0.0,) * 3, ((0.0,) * 3,), (EVERYONE,), {})
    alone = Candidate(SegmentSettings(), one, candidate().quality, (), APART[:1])
    for figure in (*found.values(), *pictures.of_model(alone).values()):
        assert drawn(figure).startswith(b"\x89PNG")


def test_the_sweep_is_drawn_with_its_gates():
    figure = pictures.sweep_curves([candidate(), candidate()], 3)
    titles = [axes.get_title() for axes in figure.axes]
    assert len(titles) == 4
    assert drawn(figure).startswith(b"\x89PNG")


def test_sizes_by_month_follow_from_the_moves():
    flows = {
        date(2011, 2, 1): {(NOBODY, "New"): 3},
        date(2011, 3, 1): {("New", "New"): 1, ("New", "Loyal"): 1, ("New", NOBODY): 1},
    }
    assert sizes_by_month(flows) == [{"New": 3}, {"New": 1, "Loyal": 1}]
    assert drawn(migration_flow(flows)).startswith(b"\x89PNG")
