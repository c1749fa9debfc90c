"""What rankers of each format of the artifact read, by the names that the format has.

A champion that was kept before a feature was thought of goes on without it.
"""

from typing import Any

from retail_lakehouse.recommend.ranking.feature_columns import COLUMN, DISCOVER, FOR_YOU, Feature
from retail_lakehouse.recommend.ranking.ranker import PriorCorrectedClassifier, Rankers

# To be raised with every change to what is kept.
FORMAT = 2
_FORMATS = (1, FORMAT)
# Names of the format, where the program has others: a new name in the program changes no artifact.
_KEPT_AS = {
    "co_purchase": "together",
    "co_buyers": "both",
    "recent_co_purchase": "lately",
    "days_since_last_sale": "idle",
}
READ = {"discover": DISCOVER, "for_you": FOR_YOU}
_SINCE_2 = frozenset(
    {
        Feature.NEAREST,
        Feature.RECENT_NEAREST,
        Feature.LAST_DAY,
        Feature.RECENT_LAST_DAY,
        Feature.OWN_OF_BEST,
        Feature.OWN_OF_ALL,
        Feature.OWN_REBUYING,
    }
)


def kept_as(name: str) -> str:
    """What the artifact calls it."""
    return _KEPT_AS.get(name, name)


# What rankers learn from. Others, or in another order, and a model cannot be asked.
FEATURES = tuple(kept_as(feature.value) for feature in FOR_YOU)


def reads(ranker: str, number: int) -> tuple[int, ...]:
    """Columns that it reads, where they are not the leading ones; else empty."""
    if number > 1:
        return ()
    return tuple(COLUMN[feature] for feature in READ[ranker] if feature not in _SINCE_2)


def features(number: int) -> tuple[str, ...]:
    """Names of for_you's, in the order in which its ranker reads them."""
    return tuple(FEATURES[column] for column in reads("for_you", number)) or FEATURES


def format_of(rankers: Rankers) -> int:
    """The format whose features the rankers read."""
    ranker = rankers.discover
    return 1 if isinstance(ranker, PriorCorrectedClassifier) and ranker.reads else FORMAT


def checked_format(page: dict[str, Any]) -> int:
    """The format of a page; ValueError for one that is not known, or of other features."""
    number = page["format"]
    if type(number) is not int or number not in _FORMATS:
        raise ValueError(f"its format is {str(number)[:20]}, and not {FORMAT}")
    if page["features"] != list(features(number)):
        raise ValueError("it learnt from other features")
    return number
