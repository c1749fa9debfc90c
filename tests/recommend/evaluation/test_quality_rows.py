import pytest

from retail_lakehouse.recommend.evaluation.quality_rows import quality_rows
from toy_scores import USERS, scores


def test_quality_rows_hold_every_metric_with_its_interval():
    rows = quality_rows({("discover", "new"): scores(30)}, "2011-11-10", 30, 0.1)
    by_metric = {row[4]: row for row in rows}
    assert set(by_metric) == {
        *("recall_at_10", "precision_at_10", "ndcg_at_10", "map_at_10", "hit_rate_at_10"),
        *("catalogue_coverage", "novelty", "cold_share"),
    }
    assert by_metric["ndcg_at_10"][:4] == ("2011-11-10", 30, "discover", "new")
    _, _, _, _, _, value, low, high, users = by_metric["hit_rate_at_10"]
    assert (value, users) == (0.5, USERS)
    # Standard error .5 / sqrt(60) = .065.
    assert (low, high) == (pytest.approx(0.374, abs=0.03), pytest.approx(0.626, abs=0.03))
    assert by_metric["cold_share"][5:8] == (0.1, None, None)
    assert by_metric["catalogue_coverage"][5:8] == (1.0, None, None)
