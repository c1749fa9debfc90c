import numpy as np

from retail_lakehouse.recommend.candidates.factors import ItemFactors, aligned


def test_factors_follow_the_catalogue_and_unknown_products_have_none():
    factors = ItemFactors(("b", "a"), np.array([[2.0], [1.0]]), 1.0, 0.1)
    found = aligned(factors, ["a", "new", "b"])
    assert found.stock_codes == ("a", "new", "b")
    assert found.factors.tolist() == [[1.0], [0.0], [2.0]]
    assert aligned(factors, ["b"]).factors.tolist() == [[2.0]]
