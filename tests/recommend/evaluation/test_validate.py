from datetime import date

from purchase_rows import AS_OF, CUT, SMALL, past, windows_of
from retail_lakehouse.arrays.days import day_number
from retail_lakehouse.recommend.evaluation import holdout
from retail_lakehouse.recommend.evaluation.holdout import Holdout
from retail_lakehouse.recommend.evaluation.validate import validate
from retail_lakehouse.recommend.inference.batch import recommendations


def test_the_trial_compares_lists_with_trivial_ones_on_the_last_window(trained_windows):
    windows, _ = trained_windows
    found = validate(windows, CUT, None)
    assert found.holdout.start == CUT - 30
    # All but customer 36, who came once, bought in the window; nobody was new in it.
    assert (len(found.holdout), found.holdout.cold) == (35, 0.0)
    assert [(g.verdict.name, g.verdict.rival, g.end) for g in found.gates] == [
        ("discover", "recent_popularity", "low"),
        ("for_you", "own_then_recent", "low"),
    ]
    # Who buys two of five cups every time can be served well, and popularity cannot.
    scores = {key: score.mean("ndcg") for key, score in found.scores.items()}
    assert scores["for_you", "all"] > scores["popularity", "all"]
    assert found.metrics()["ndcg_at_10.for_you.all"] == scores["for_you", "all"]


def test_a_shop_younger_than_a_window_gets_lists_and_no_verdict(frame):
    rows = [row for row in past() if row["sold_at"].date() > date(2010, 11, 1)]
    young = windows_of(frame, rows, date(2010, 12, 20))
    cut = day_number(date(2010, 12, 20))
    found = validate(young, cut, None)
    assert (found.holdout, found.gates, found.metrics()) == (None, (), {})
    assert found.failures == "no window with history before it to judge by"
    model = young.recommender(cut, SMALL.windows.training)
    assert not model.rankers.fitted
    assert len(recommendations(young.bought, model, 1, AS_OF).toPandas()) > 0


def test_baselines_of_all_products_by_all_are_left_out_for_a_large_catalogue(
    trained_windows, monkeypatch
):
    windows, _ = trained_windows
    judged = Holdout.of(windows.data, CUT - 30, windows.settings)
    products = len(judged.stats)
    monkeypatch.setattr(holdout, "MOST_SQUARED", products)
    assert [name for name, _ in judged.trained(10)] == ["item_knn", "ease"]
    assert holdout.left_out(products) == ""
    monkeypatch.setattr(holdout, "MOST_SQUARED", products - 1)
    assert list(judged.trained(10)) == []
    assert holdout.left_out(products) == (
        f"item-kNN and EASE are left out: they hold all {products} products by all, which is done "
        f"for {products - 1} at most"
    )
