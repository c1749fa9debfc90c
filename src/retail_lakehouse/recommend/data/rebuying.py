"""How often a product is bought again, by the days since a customer last bought it."""

import numpy as np

from retail_lakehouse.recommend.data.purchases import Purchases

# Last days of the ages; one more begins after the last of them.
_LAST_DAYS = np.array([7, 14, 30, 60, 90, 180, 365])
AGES = len(_LAST_DAYS) + 1
# Windows looked at, the latest first; a season says little of the one after the next.
_WINDOWS = 3
# Customers that a product's own figures must outweigh, and purchases that its level must.
_DOUBT, _DOUBT_OF_LEVEL = 5.0, 0.6


def age_of(last: np.ndarray) -> np.ndarray:
    """0 to AGES - 1, of days since the last purchase.

    >>> age_of(np.array([1, 7, 8, 366]))
    array([0, 0, 1, 7])
    """
    return np.searchsorted(_LAST_DAYS, last, side="left")


def rebuying(purchases: Purchases, n_items: int, cut: int, days: int) -> np.ndarray:
    """Items x AGES: chances that who last bought the product so long ago buys it again.

    Of customers who bought anything in one of the three windows of ``days`` that end at ``cut``:
    those who bought this in it, over those who had it before. A product that few had is taken to
    be bought again as any is at that age, times its level: its purchases over those expected so
    of all its ages. 0 throughout where no window has anything before it.
    """
    had, bought = np.zeros(n_items * AGES), np.zeros(n_items * AGES)
    for number in range(1, _WINDOWS + 1):
        seen, again = _window(purchases, cut - number * days, days)
        had += np.bincount(seen, minlength=len(had))
        bought += np.bincount(seen[again], minlength=len(had))
    return _chances(had.reshape(n_items, AGES), bought.reshape(n_items, AGES))


def _chances(had: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """Items x AGES: customers who had a product and those of them who bought it, shrunk."""
    usual = bought.sum(axis=0) / np.maximum(had.sum(axis=0), 1.0)
    level = (bought.sum(axis=1) + _DOUBT_OF_LEVEL) / ((had * usual).sum(axis=1) + _DOUBT_OF_LEVEL)
    expected = np.minimum(usual * level[:, None], 1.0)
    chances: np.ndarray = (bought + _DOUBT * expected) / (had + _DOUBT)
    return chances


def _window(purchases: Purchases, start: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Product and age of each pair that a buyer of the window had, as product x AGES + age; and
    whether it was bought in it.
    """
    before, window = purchases.standing(0, start), purchases.standing(start, start + days)
    width = 1 + int(max(before.items.max(initial=0), window.items.max(initial=0)))
    # A customer's purchases are by day: of a pair the last is the latest.
    pairs, latest = np.unique((before.rows * width + before.items)[::-1], return_index=True)
    age = age_of(start - before.days[::-1][latest])
    buyers = (window.lengths > 0)[pairs // width]
    again = np.isin(pairs, window.rows * width + window.items)
    return (pairs % width * AGES + age)[buyers], again[buyers]
