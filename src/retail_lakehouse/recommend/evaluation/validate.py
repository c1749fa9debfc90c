"""The last window before as_of: how lists made at its start did, and whether that is enough."""

from dataclasses import dataclass, field

from retail_lakehouse.recommend.evaluation.gates import RIVALS, Gate, compare_all, failures
from retail_lakehouse.recommend.evaluation.holdout import PROMISE, Judged, K, ndcg
from retail_lakehouse.recommend.evaluation.metrics import Scores
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.training import Windows


@dataclass(frozen=True)
class Trial:
    """judged: None where the shop is younger than a window. scores: by ranking and scope."""

    judged: Judged | None = None
    gates: tuple[Gate, ...] = ()
    scores: dict[tuple[str, str], Scores] = field(default_factory=dict)

    @property
    def failures(self) -> str:
        """Why the model may not publish, in words; empty if it may."""
        if self.judged is None:
            return "no window with history before it to judge by"
        return failures(self.gates)

    def metrics(self) -> dict[str, float]:
        """NDCG@10 by ranking and scope, and of whom, for MLflow."""
        if self.judged is None:
            return {}
        found = ndcg(self.scores)
        for gate in self.gates:
            verdict = gate.verdict
            if verdict.users:
                found[f"gain.{verdict.name}.over.{verdict.rival}"] = verdict.gain.mean
                found[f"gain_low.{verdict.name}.over.{verdict.rival}"] = verdict.gain.low
        return found | {"judged_customers": len(self.judged), "cold_share": self.judged.cold}


def trial(windows: Windows, cut: int, champion: Recommender | None) -> Trial:
    """Judge the twin of the model trained at ``cut`` on the window that ends there."""
    starts = windows.starts(cut, 1)
    if not starts:
        return Trial()
    start = starts[0]
    judged = windows.judged(start)
    model = windows.twin(start)
    others = {**judged.trivial(K), "als": judged.by_als(windows.catalogue(start), K)}
    scores = judged.promised(judged.made(model, K)) | judged.compared(others)
    rival = _before(windows, champion, start)
    theirs = {}
    if rival is not None:
        made = judged.made(rival, K)
        theirs = {name: judged.score(made[name], PROMISE[name]) for name in RIVALS}
    return Trial(judged, compare_all(scores, theirs), scores)


def _before(windows: Windows, champion: Recommender | None, start: int) -> Recommender | None:
    """The champion as one who has not seen the window either, if that is another model.

    One trained later has learnt from the window. With the candidate's settings its twin is the
    candidate's own; with others it is made anew.
    """
    if champion is None:
        return None
    if champion.cut <= start:
        return champion.at(windows.shop, start)
    if champion.settings == windows.settings:
        return None
    return windows.with_settings(champion.settings).twin(start)
