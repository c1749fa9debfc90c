"""A customer's lists: everything that tells one list from another stands here, once.

A list more is an entry of LISTS; where it may hold what none does yet, ``ranking/item_lists.py``
says which candidates these are.
"""

from dataclasses import dataclass
from typing import Literal

# Of which products a ranking is judged, by whether the customer had them before.
Scope = Literal["all", "new", "repeat"]
ALL: Scope = "all"
NEW: Scope = "new"
REPEAT: Scope = "repeat"
SCOPES: dict[str, str] = {ALL: "all products", NEW: "never bought before", REPEAT: "bought before"}


@dataclass(frozen=True)
class ListSpec:
    """One of a customer's lists.

    name: in gold.recommendations, requests and metrics. title: for people. holds: the products
    that may be in it, by whether the customer had them before. meaning: the same in words. scope:
    of what it is judged on. ranker: the model that orders it; discover's knows new products only.
    rival: the baseline it must beat before its model publishes, empty: none.
    """

    name: str
    title: str
    holds: Literal["both", "new", "own"]
    meaning: str
    scope: Scope
    ranker: Literal["discover", "for_you"]
    rival: str = ""


# In the order that people read them; the first is what a request gets that names none.
LISTS = (
    ListSpec(
        name="for_you",
        title="For you",
        holds="both",
        meaning="own products and new ones in one ranking",
        scope=ALL,
        ranker="for_you",
        rival="own_then_recent",
    ),
    ListSpec(
        name="discover",
        title="To discover",
        holds="new",
        meaning="never bought before",
        scope=NEW,
        ranker="discover",
        rival="recent_popularity",
    ),
    ListSpec(
        name="buy_again",
        title="To buy again",
        holds="own",
        meaning="own products",
        scope=REPEAT,
        ranker="for_you",
    ),
)
LIST_NAMES = tuple(spec.name for spec in LISTS)
# What a person calls them.
TITLES = {spec.name: spec.title for spec in LISTS}
SCOPE_OF: dict[str, str] = {spec.name: spec.scope for spec in LISTS}
# Each list that must beat a baseline, and that one.
RIVALS = {spec.name: spec.rival for spec in sorted(LISTS, key=lambda s: s.name) if spec.rival}
