"""The last window before as_of: how lists made at its start did, and whether that is enough."""

import numpy as np

from retail_lakehouse.recommend.evaluation.gates import Validation, compare_all
from retail_lakehouse.recommend.evaluation.holdout import Holdout
from retail_lakehouse.recommend.evaluation.metrics import K, Scores
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.tables.lists import RIVALS, SCOPE_OF


def validate(windows: Windows, cut: int, champion: Recommender | None) -> Validation:
    """Judge the twin of the model trained at ``cut`` on the window that ends there."""
    starts = windows.starts(cut, 1)
    if not starts:
        return Validation()
    start = starts[0]
    holdout = Holdout.of(windows.data, start, windows.settings)
    model = windows.twin(start)
    others = {**holdout.trivial(K), "als": holdout.by_als(windows.catalogue(start), K)}
    scores = holdout.promised(lists_of(model, holdout)) | holdout.compared(others)
    theirs = _scores_of(_before(windows, champion, start), holdout)
    return Validation(holdout, compare_all(scores, theirs), scores)


def lists_of(model: Recommender, holdout: Holdout) -> dict[str, np.ndarray]:
    """Lists that ``model`` makes for the judged customers, by name: customers x K."""
    return holdout.published(model.lists(holdout.customers, holdout.purchases, K), K)


def _scores_of(champion: Recommender | None, holdout: Holdout) -> dict[str, Scores]:
    """Of the lists that have a gate; none without a champion."""
    if champion is None:
        return {}
    lists = lists_of(champion, holdout)
    return {name: holdout.score(lists[name], SCOPE_OF[name]) for name in RIVALS}


def _before(windows: Windows, champion: Recommender | None, start: int) -> Recommender | None:
    """The champion as one who has not seen the window either, if that is another model.

    One trained later has learnt from the window. With the candidate's settings its twin is the
    candidate's own; with others it is made anew.
    """
    if champion is None:
        return None
    if champion.cut <= start:
        return champion.at(windows.data, start)
    if champion.settings == windows.settings:
        return None
    return windows.with_settings(champion.settings).twin(start)
