"""Names for clusters, from what their centres mean and never from their numbers."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from retail_lakehouse.errors import SettingsError

# Where a typical centre of each segment lies, in standard deviations from the shop's mean of
# log1p (recency_days, frequency, monetary). Negative recency: bought lately.
ARCHETYPES: dict[str, tuple[float, float, float]] = {
    "Champions": (-1.3, 1.6, 1.6),  # lately, often, much
    "Loyal": (-0.4, 0.6, 0.6),  # fairly lately, more than most
    "New": (-1.0, -0.6, -0.6),  # lately, but once or twice
    "At Risk": (0.6, 0.2, 0.2),  # bought like the others, but not lately
    "Lost": (0.9, -0.9, -0.9),  # once, long ago
}


def name_clusters(centres: Sequence[Sequence[float]] | np.ndarray) -> tuple[str, ...]:
    """Name of each cluster, in the order of the centres, each name used at most once.

    The assignment with the smallest sum of squared distances between centres and archetypes: all
    names are given together, so one unusual centre cannot take a name that fits another better.
    ``centres``: k x 3, standardised log1p RFM. SettingsError for more clusters than names.
    """
    points = np.asarray(centres, dtype=float)
    if len(points) > len(ARCHETYPES):
        raise SettingsError(
            f"There are names for {len(ARCHETYPES)} segments, not for {len(points)}: set k to "
            f"{len(ARCHETYPES)} or fewer."
        )

    def misfit(names: tuple[str, ...]) -> float:
        return float(((points - np.array([ARCHETYPES[name] for name in names])) ** 2).sum())

    return min(permutations(ARCHETYPES, len(points)), key=misfit)
