"""Scores of a ranking whose every figure can be reckoned by hand."""

import numpy as np

from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation.metrics import score

USERS = 60


def scores(found, last=False):
    """Of USERS customers who each wanted product 0; ``found``: how many of them were shown it,
    the first of them or the last.
    """
    lists = np.where(np.arange(USERS)[:, None] < found, 0, 1)
    lists = lists[::-1] if last else lists
    return score(lists, RaggedRows.of([[0]] * USERS), buyers=np.ones(2), customers=USERS)
