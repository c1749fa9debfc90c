from datetime import datetime, timedelta

import pandas as pd
import pytest

from purchase_rows import AS_OF, CUT, SMALL, bought, past, windows_of
from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.recommend.model import Recommender

pytestmark = pytest.mark.connect


def test_as_of_is_never_crossed(frame, trained_windows):
    windows, model = trained_windows
    planted = [bought(c, AS_OF + timedelta(days=c % 20), "20004", f"f{c}") for c in range(1, 37)]
    planted.append(bought(1, AS_OF, "50000", "g"))
    # Taken back on the day: it still stood the day before.
    rows = past()
    rows[-1]["reversed_at"] = datetime.combine(AS_OF, datetime.min.time())
    future = windows_of(frame, rows + planted, AS_OF)
    assert future.data.products == windows.data.products
    other = future.recommender(CUT, SMALL.windows.training)
    lists = [
        one.lists(w.data.customers, w.data.purchases)
        for w, one in ((windows, model), (future, other))
    ]
    pd.testing.assert_frame_equal(*lists)


def test_a_window_is_judged_by_a_model_of_the_past_alone(frame):
    start = AS_OF - timedelta(days=30)
    thinned = SMALL.changed(discover_negatives=0.5, for_you_negatives=0.3)
    before = [row for row in past() if row["sold_at"].date() < start]
    alone = windows_of(frame, before, start, thinned)
    # In the window a customer came who stands before all others, and every product was renamed.
    new = [bought(0, start, code, f"n{code}", first=True) for code in ("20000", "50000")]
    later = windows_of(frame, past() + new, AS_OF, thinned, name="TEAPOT")
    lists = []
    for windows in (alone, later):
        shop, twin = windows.data, windows.twin(CUT - 30)
        assert twin.rankers.fitted
        rows = twin.lists(shop.customers, shop.purchases)
        columns = ["customer_id", "list", "rank", "stock_code", "score"]
        lists.append(rows.loc[rows["customer_id"] != "0", columns].reset_index(drop=True))
    pd.testing.assert_frame_equal(*lists, check_exact=True)


def test_where_few_bought_one_window_more_is_learnt_from(trained_windows):
    windows, _ = trained_windows
    for enough, expected in ((1, [CUT - 30]), (1_000, [CUT - 30, CUT - 60])):
        asked = windows.with_settings(SMALL.changed(enough_customers=enough))
        assert asked.to_learn_from(CUT, 1) == expected


def test_a_model_restated_for_its_own_day_is_the_same_model(trained_windows):
    windows, model = trained_windows
    shop = windows.data
    again = Recommender.from_bytes(model.to_bytes()).at(shop, CUT)
    pd.testing.assert_frame_equal(
        again.lists(shop.customers, shop.purchases), model.lists(shop.customers, shop.purchases)
    )


def test_a_model_of_other_features_is_refused_with_the_remedy(trained_windows, monkeypatch):
    _, model = trained_windows
    content = model.to_bytes()
    monkeypatch.setattr("retail_lakehouse.recommend.kept_features.FEATURES", ("another",))
    with pytest.raises(OtherVersionError, match="step 'train-recommender'"):
        Recommender.from_bytes(content)
