"""What a recommender must show on the last window before it publishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retail_lakehouse.recommend.evaluation.holdout import PROMISE, K, Verdict, compare
from retail_lakehouse.recommend.evaluation.metrics import Scores

# Each list that must beat a trivial one, and that one.
RIVALS = {"discover": "recent_popularity", "for_you": "own_then_recent"}
CHAMPION = "champion"


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
    found = []
    for name, rival in RIVALS.items():
        scope = PROMISE[name]
        against = compare(name, scores[name, scope], rival, scores[rival, scope])
        found.append(Gate(against, "low"))
    for name, theirs in champion.items():
        found.append(Gate(compare(name, scores[name, PROMISE[name]], CHAMPION, theirs), "high"))
    return tuple(found)


def failures(found: Sequence[Gate]) -> str:
    """The gates that were not passed, in words; empty if all were."""
    return "; ".join(str(gate) for gate in found if not gate.passed)
