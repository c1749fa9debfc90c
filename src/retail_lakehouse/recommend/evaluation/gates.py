"""What a recommender must show on the last window before it publishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retail_lakehouse.recommend.evaluation.holdout import Holdout, ScoresOf, ndcg
from retail_lakehouse.recommend.evaluation.metrics import Interval, K, Scores, bootstrap
from retail_lakehouse.tables.lists import RIVALS, SCOPE_OF

CHAMPION = "champion"


@dataclass(frozen=True)
class Verdict:
    """A list against what it must beat, on the same customers.

    ndcg, rival_ndcg: means of NDCG@k. gain: mean difference with its 95 % bootstrap interval.
    """

    name: str
    rival: str
    users: int
    ndcg: float
    rival_ndcg: float
    gain: Interval


def compare(name: str, ours: Scores, rival: str, theirs: Scores) -> Verdict:
    """Paired by customer: both must be scores of the same ``Holdout`` and scope."""
    return Verdict(
        name,
        rival,
        ours.users,
        ours.mean("ndcg"),
        theirs.mean("ndcg"),
        bootstrap(ours.per_user["ndcg"] - theirs.per_user["ndcg"]),
    )


@dataclass(frozen=True)
class Gate:
    """A verdict, and the end of the gain's interval that must be 0 or more.

    low: better, and not by chance. high: not clearly worse.
    """

    verdict: Verdict
    end: str

    @property
    def passed(self) -> bool:
        """Not where nobody could be judged: NaN reaches nothing."""
        return bool(getattr(self.verdict.gain, self.end) >= 0.0)

    def __str__(self) -> str:
        v = self.verdict
        if not v.users:
            return f"{v.name}: no customer of the last window could be judged on it"
        return (
            f"{v.name} NDCG@{K} {v.ndcg:.4f} against {v.rival_ndcg:.4f} of {v.rival} "
            f"({v.gain.mean:+.4f}, 95 % {v.gain.low:+.4f} to {v.gain.high:+.4f}, "
            f"{v.users:,} customers)"
        )


def compare_all(
    scores: Mapping[tuple[str, str], Scores], champion: Mapping[str, Scores]
) -> tuple[Gate, ...]:
    """The candidate's lists against trivial ones, and against the champion's if there is one.

    scores: by ranking and scope. champion: by list. All of the same customers and window.
    """
    gates = []
    for name, rival in RIVALS.items():
        scope = SCOPE_OF[name]
        against = compare(name, scores[name, scope], rival, scores[rival, scope])
        gates.append(Gate(against, "low"))
    for name, theirs in champion.items():
        gates.append(Gate(compare(name, scores[name, SCOPE_OF[name]], CHAMPION, theirs), "high"))
    return tuple(gates)


def failures(gates: Sequence[Gate]) -> str:
    """The gates that were not passed, in words; empty if all were."""
    return "; ".join(str(gate) for gate in gates if not gate.passed)


@dataclass(frozen=True)
class Validation:
    """What a model showed on the last window before it.

    holdout: None where the shop is younger than a window. scores: by ranking and scope.
    """

    holdout: Holdout | None = None
    gates: tuple[Gate, ...] = ()
    scores: ScoresOf = field(default_factory=dict)

    @property
    def failures(self) -> str:
        """Why the model may not publish, in words; empty if it may."""
        if self.holdout is None:
            return "no window with history before it to judge by"
        return failures(self.gates)

    def metrics(self) -> dict[str, float]:
        """NDCG@10 by ranking and scope, and of whom, for MLflow."""
        if self.holdout is None:
            return {}
        metrics = ndcg(self.scores)
        for gate in self.gates:
            verdict = gate.verdict
            if verdict.users:
                metrics[f"gain.{verdict.name}.over.{verdict.rival}"] = verdict.gain.mean
                metrics[f"gain_low.{verdict.name}.over.{verdict.rival}"] = verdict.gain.low
        return metrics | {"judged_customers": len(self.holdout), "cold_share": self.holdout.cold}
