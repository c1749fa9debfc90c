"""What ``tune`` may choose among, and how it goes on where it was stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retail_lakehouse.settings import RecommendSettings

if TYPE_CHECKING:
    import optuna

# Trials at random before the search leans on what it has seen.
_STARTUP = 5


@dataclass(frozen=True)
class SearchSpace:
    """Ranges of ALS's settings, by their names in PARAMETERS; of two floats: on a log scale."""

    rank: tuple[int, ...] = (16, 32, 64)
    iterations: tuple[int, int] = (2, 5)
    regularization: tuple[float, float] = (0.01, 1.0)
    alpha: tuple[float, float] = (0.3, 10.0)
    half_life_days: tuple[float, float] = (20.0, 200.0)

    @classmethod
    def around(cls, settings: RecommendSettings) -> "SearchSpace":
        """The usual ranges, and the rank that is set if it is none of them."""
        return cls(rank=tuple(sorted({*cls.rank, settings.als.rank})))

    @property
    def names(self) -> tuple[str, ...]:
        """Settings that the search chooses."""
        return tuple(self.distributions)

    @property
    def distributions(self) -> "dict[str, optuna.distributions.BaseDistribution]":
        """As Optuna takes them."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        return {
            "rank": CategoricalDistribution(self.rank),
            "iterations": IntDistribution(*self.iterations),
            "regularization": FloatDistribution(*self.regularization, log=True),
            "alpha": FloatDistribution(*self.alpha, log=True),
            "half_life_days": FloatDistribution(*self.half_life_days, log=True),
        }


def resumed(
    space: SearchSpace,
    done: Sequence[tuple[Mapping[str, str], Mapping[str, float]]],
    settings: RecommendSettings,
) -> "optuna.Study":
    """A study that knows the trials done so far: their settings as text, and their metrics.

    The first trial is ``settings`` as they are, so that the search says what it gained.
    """
    import optuna

    sampler = optuna.samplers.TPESampler(seed=settings.seed + len(done), n_startup_trials=_STARTUP)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    if not done:
        now = settings.parameters()
        study.enqueue_trial({name: now[name] for name in space.names})
    kinds = {name: type(value) for name, value in RecommendSettings().parameters().items()}
    for params, metrics in done:
        study.add_trial(
            optuna.trial.create_trial(
                params={name: kinds[name](params[name]) for name in space.names},
                distributions=space.distributions,
                value=metrics["objective"],
            )
        )
    return study
