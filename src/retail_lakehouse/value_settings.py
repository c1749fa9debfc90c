"""What the model of customer value computes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ValueSettings:
    """Who comes back, when and for how much: chosen on windows of 2010 of Online Retail II.

    What else was tried: docs/experiments.md.
    """

    seed: int = 42
    # At most so many customers reach the driver; what is learnt from them holds for all.
    sample_customers: int = 20_000
    # Orders are averaged over so many days to tell how fast the shop's time runs.
    season_days: int = 28
    # Windows to learn from, the last one ending at the cut, others each so many days before it.
    training_windows: int = 6
    window_step_days: int = 15
    # The first window begins so many days after the first order: before, nobody has a history.
    least_history_days: int = 60
    # Of each of the four models of trees; small trees, as there is little to learn from.
    chance_trees: int = 80
    amount_trees: int = 60
    rate: float = 0.06
    leaves: int = 4
    leaf_customers: int = 60
    # Chances are calibrated on customers that trees of this many parts did not learn from.
    folds: int = 3
    # Weight, in customers, of what is assumed of a shop that tells nothing.
    prior_customers: float = 0.05
    # Windows that a training judges, one after the other.
    judged_windows: int = 2
    # Of any tenth of the customers: between mean chance and share who bought, mean of the windows.
    max_decile_error: float = 0.10
