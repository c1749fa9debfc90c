import numpy as np
import pytest

from retail_lakehouse.recommend.data.customer_history import histories
from toy_shop import (
    CUT,
    purchases,
)


def test_factors_of_many_are_those_of_each_alone(trained):
    customers, shelf, _ = trained
    known = histories(purchases([*customers[:3], [], *customers[3:6]]), CUT, 60.0)
    found = shelf.customer_factors(known)
    for row in range(len(known)):
        own = slice(known.indptr[row], known.indptr[row + 1])
        alone = np.zeros(2)
        if own.stop > own.start:
            folded = shelf.fold_in.solve(known.items[own], known.decayed[own])
            alone = np.linalg.solve(folded.a, folded.weight @ folded.own)
        assert found[row] == pytest.approx(alone)
