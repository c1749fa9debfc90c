from datetime import date

from retail_lakehouse.recommend.inference.related import popular_products, similar_products
from toy_shop import CODES, RETIRED


def test_popular_products_by_country_and_all(model):
    found = popular_products(model, date(2011, 1, 1))
    assert set(found["country"]) == {"France", "ALL"}
    table = model.catalogue.stats
    best = sorted(range(10), key=lambda i: (-table.sales_30[i], i))
    for country in ("France", "ALL"):
        part = found[found["country"] == country]
        assert part["rank"].tolist() == list(range(1, 11))
        assert part["stock_code"].tolist() == [CODES[i] for i in best]
        assert part["invoices"].tolist() == [int(table.sales_30[i]) for i in best]


def test_similar_products_are_of_one_taste_and_have_support(model):
    found = similar_products(model, 3, date(2011, 1, 1))
    assert (found["customers"] >= 5).all()
    assert (found["stock_code"] != found["similar_stock_code"]).all()
    assert CODES[RETIRED] not in set(found["similar_stock_code"])
    for code, part in found.groupby("stock_code"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["score"].is_monotonic_decreasing
        kind = CODES.index(code) // 5
        assert {CODES.index(other) // 5 for other in part["similar_stock_code"]} == {kind}
