import numpy as np
import pytest

from retail_lakehouse.recommend.candidates import product_names


def test_neighbouring_codes_and_common_words_bring_products_together():
    codes = product_names.codes(["20000", "20004A", "20013", "20016"]).toarray()
    assert codes[0] == pytest.approx([0, np.exp(-1), 0, 0])
    assert codes[1] == pytest.approx([np.exp(-1), 0, np.exp(-9 / 4), np.exp(-3)])
    words = product_names.words(["RED BAG", "RED BAG", None, "BLUE BAG", "BLUE TIN"]).toarray()
    assert (words @ words.T).diagonal() == pytest.approx([1, 1, 0, 1, 1])
    assert (words @ words.T)[0, 1] == pytest.approx(1)
    assert 0 < (words @ words.T)[0, 3] < 1
