import pandas as pd
import pytest

from purchase_rows import AS_OF, past
from retail_lakehouse.recommend.inference.batch import recommendations
from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.tables import RECOMMENDATIONS

pytestmark = pytest.mark.connect


def test_every_customer_has_the_lists_they_can_have(trained_windows):
    windows, model = trained_windows
    found = recommendations(windows.bought, model, 7, AS_OF)
    assert found.columns == list(RECOMMENDATIONS.column_names)
    rows = found.toPandas()
    assert set(rows["model_version"]) == {7}
    assert set(rows["as_of"]) == {AS_OF}
    own = {
        c: {r["stock_code"] for r in past() if r["customer_id"] == c}
        for c in map(str, range(1, 37))
    }
    for customer, mine in own.items():
        lists = {
            name: part.sort_values("rank")
            for name, part in rows[rows["customer_id"] == customer].groupby("list")
        }
        assert set(lists) == {"for_you", "discover", "buy_again"}
        for part in lists.values():
            assert part["rank"].tolist() == list(range(1, len(part) + 1))
            assert part["stock_code"].is_unique
            assert part["score"].is_monotonic_decreasing
            # 40000 is no longer sold.
            assert "40000" not in set(part["stock_code"])
        assert not mine & set(lists["discover"]["stock_code"])
        assert set(lists["buy_again"]["stock_code"]) == mine - {"40000"}
    named_by_model = dict(zip(rows["stock_code"], rows["description"], strict=True))
    assert named_by_model["20000"] == "NAME 20000"
    why = rows[rows["reason"].str.startswith("because you bought")]
    assert len(why) > 0
    assert (why["reason"] == "because you bought NAME " + why["reason_stock_code"]).all()


def test_a_customers_own_history_folded_in_gives_the_published_lists(trained_windows):
    windows, model = trained_windows
    loaded = Recommender.from_bytes(model.to_bytes())
    published = recommendations(windows.bought, model, 1, AS_OF).toPandas()
    columns = [c for c in published.columns if c not in ("model_version", "as_of")]
    for customer in ("1", "2", "36"):
        history = pd.DataFrame(
            {
                "customer_id": customer,
                "stock_code": r["stock_code"],
                "invoice": r["invoice"],
                "invoice_date": r["sold_at"],
                "unit_price": float(r["unit_price"]),
                "quantity": r["quantity"],
                "country": r["country"],
            }
            for r in past()
            if r["customer_id"] == customer
        )
        served = answer(loaded, history, Request(list="all"))
        expected = published.loc[published["customer_id"] == customer, columns]
        pd.testing.assert_frame_equal(
            served, expected.reset_index(drop=True), check_dtype=False, check_exact=False
        )
