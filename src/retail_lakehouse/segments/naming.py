"""Names for clusters, from what their centres mean and never from their numbers.

A cluster's number changes with every training; what its centre says of its customers does not. So
each name has an archetype, the place where a typical centre of such customers lies, and centres
are matched to archetypes all at once, by the smallest sum of squared distances: one unusual centre
cannot take a name that fits another better, and no name is given twice. Standardised log1p RFM is
the shop's own scale, so the archetypes hold for a corner shop and a wholesaler alike.

K-means is held near the archetypes, too (kmeans.py): customers shade into each other, and without
that a few of them decide which of several equally good sets of groups comes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retail_lakehouse.errors import SettingsError

EVERYONE = "All Customers"


@dataclass(frozen=True)
class Archetype:
    """A kind of customer, and what a shop does with it.

    centre: standard deviations from the shop's mean of log1p (recency_days, frequency, monetary);
    negative recency: bought lately.
    """

    name: str
    centre: tuple[float, float, float]
    meaning: str
    action: str


# The names follow common RFM practice (Hughes 1994 and what CRM tools made of it). The first five
# serve up to five clusters; more clusters choose among all ten.
ARCHETYPES = (
    Archetype(
        "Champions",
        (-1.3, 1.6, 1.6),
        "buy lately, often and much",
        "Thank them and keep them close: early access to new products, a named contact, no "
        "discounts they do not need. Ask them for reviews.",
    ),
    Archetype(
        "Loyal",
        (-0.4, 0.6, 0.6),
        "come back regularly and spend more than most",
        "Widen their basket: recommend what Champions like them buy, offer a volume price or free "
        "delivery from the next step up.",
    ),
    Archetype(
        "New",
        (-1.0, -0.6, -0.6),
        "bought lately, but only once or twice",
        "Win the second and third order within weeks: a welcome series with products that fit the "
        "first basket, and a reason to return soon.",
    ),
    Archetype(
        "At Risk",
        (0.6, 0.2, 0.2),
        "bought well before, but not lately",
        "Win them back now, while they remember the shop: write in person, name what they used to "
        "buy and what is new beside it, with an offer that ends.",
    ),
    Archetype(
        "Lost",
        (0.9, -0.9, -0.9),
        "bought little, long ago",
        "Spend little: one reactivation mail with the best sellers a season, then leave them out "
        "of paid campaigns.",
    ),
    Archetype(
        "Potential Loyal",
        (-1.2, 0.3, 0.3),
        "bought lately and begin to come back",
        "Make a habit of it: remind them when a usual product is due, invite them to the loyalty "
        "scheme.",
    ),
    Archetype(
        "Need Attention",
        (0.1, 0.4, 0.5),
        "were good customers and begin to stay away",
        "Write before they are at risk: a reminder of their usual products and what is new.",
    ),
    Archetype(
        "Cannot Lose",
        (0.7, 1.0, 1.1),
        "bought often and much, and stopped",
        "Call them: few customers, much revenue. Find out what went wrong and mend it.",
    ),
    Archetype(
        "Big Spenders",
        (-0.2, -0.2, 1.0),
        "place few but large orders",
        "Serve them as business customers: quotes, volume prices, a forecast of the next order.",
    ),
    Archetype(
        "About to Sleep",
        (0.0, -0.6, -0.6),
        "bought a little some time ago",
        "A light reminder with seasonal products; watch whether they return.",
    ),
)
_ALL = Archetype(
    EVERYONE,
    (0.0, 0.0, 0.0),
    "are too few or too alike to be told apart",
    "Treat all alike, and look again when there are more customers.",
)
_CORE = 5
# What fewer than five clusters are held near: those that most shops' customers then fall into.
_FEWER = {
    1: (EVERYONE,),
    2: ("Loyal", "Lost"),
    3: ("Loyal", "New", "Lost"),
    4: ("Champions", "New", "At Risk", "Lost"),
}
# From so many standard deviations on, an archetype says something of a feature: "bought lately".
_TELLING = 0.5
KINDS = (*ARCHETYPES, _ALL)
_BY_NAME = {kind.name: kind for kind in KINDS}


def archetype(name: str) -> Archetype:
    """What a segment's name stands for."""
    return _BY_NAME[name]


def places(k: int, varies: Sequence[bool] | np.ndarray) -> np.ndarray:
    """Where k clusters are held: k x 3, standardised log1p RFM.

    varies: by feature; one in which all customers are alike tells nobody apart.
    """
    names = _FEWER.get(k, tuple(kind.name for kind in ARCHETYPES[:k]))
    found: np.ndarray = np.array([_BY_NAME[name].centre for name in names]) * np.array(varies)
    return found


def is_what_it_is_called(name: str, mean: np.ndarray) -> bool:
    """Whether customers with this mean, in standardised log1p RFM, are on the side the name says.

    Only where it says something: nobody is a Champion where no one bought twice.
    """
    said = np.array(_BY_NAME[name].centre)
    telling = np.abs(said) >= _TELLING
    return bool((said * mean > 0)[telling].all())


def name_clusters(centres: Sequence[Sequence[float]] | np.ndarray) -> tuple[str, ...]:
    """Name of each cluster, in the order of the centres, each name used at most once.

    ``centres``: k x 3, standardised log1p RFM. One cluster alone is everyone: there is nothing to
    tell it from. SettingsError for more clusters than names.
    """
    from scipy.optimize import linear_sum_assignment

    points = np.asarray(centres, dtype=float)
    if len(points) > len(ARCHETYPES):
        raise SettingsError(
            f"There are names for {len(ARCHETYPES)} segments, not for {len(points)}: set k to "
            f"{len(ARCHETYPES)} or fewer."
        )
    if len(points) == 1:
        return (EVERYONE,)
    kinds = ARCHETYPES[:_CORE] if len(points) <= _CORE else ARCHETYPES
    places = np.array([kind.centre for kind in kinds])
    misfit = ((points[:, None] - places[None]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(misfit)
    return tuple(kinds[place].name for place in chosen)
