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


def test_codes_of_any_shop_have_neighbours_in_their_series():
    names = [
        "FUR-BO-10001798",
        "FUR-BO-10001802",
        "OFF-PA-10001798",
        "GIFT",
        "\u00c4-7",
        "\u00c4-9/L",
    ]
    near = product_names.codes(names).toarray()
    assert [(int(a), int(b)) for a, b in zip(*near.nonzero(), strict=True)] == [
        (0, 1), (1, 0), (4, 5), (5, 4),
    ]  # fmt: skip
    assert near[0, 1] == np.float32(np.exp(-1))
    assert near[4, 5] == np.float32(np.exp(-0.5))


def test_many_codes_of_one_number_do_not_make_a_square():
    near = product_names.codes([f"40012{place:08}" for place in range(1_000)])
    assert near.nnz <= 200 * 1_000
    near = product_names.codes(
        [
            f"10000{letter}{other}"
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        ]
    )
    assert near.nnz <= 200 * 26 * 26
