"""A shop of twelve products and two tastes, as arrays: no Spark."""

import numpy as np

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.recommend.candidates.assemble import affinity
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.data.customer_history import histories
from retail_lakehouse.recommend.data.item_stats import ItemSales, item_stats
from retail_lakehouse.recommend.data.rebuying import rebuying
from retail_lakehouse.recommend.ranking.fit import train
from retail_lakehouse.recommend.ranking.sample import window_sample
from retail_lakehouse.settings import RecommendSettings
from support import purchases_of

SETTINGS = RecommendSettings().changed(
    candidates=6,
    extra_candidates=2,
    leaf_pairs=5,
    discover_trees=5,
    discover_rate=0.1,
    discover_negatives=1.0,
    for_you_trees=5,
    for_you_rate=0.1,
    for_you_negatives=1.0,
    window_days=30,
)
CUT = 1000
ITEMS = 12
RETIRED = 11
# Product 10 is never sold. The first ones are live, so their columns are their numbers.
LIVE = range(10)
CODES = tuple(str(20000 + 7 * i) for i in range(ITEMS))
NAMES = tuple(f"RED CUP {'LARGE' if i % 2 else 'SMALL'}" for i in range(ITEMS))


def buy(item, day, invoice, price=2.0, reversed_day=NEVER):
    return (item, day, invoice, price, reversed_day)


def purchases(customers, country="France"):
    columns = [[[line[c] for line in customer] for customer in customers] for c in range(5)]
    return purchases_of([country] * len(customers), columns)


def shop(n=40, until=CUT + 30):
    """Even customers buy products 0 to 4, odd ones 5 to 9, one more of them every 20 days; two of
    them bought product 11 long ago, which is no longer sold.
    """
    random = np.random.default_rng(5)
    customers = []
    for number in range(n):
        liked = np.arange(5) + 5 * (number % 2)
        bought = [buy(RETIRED, 700, 0)] if number < 2 else []
        for visit, day in enumerate(range(880 + number % 7, until, 20), start=1):
            bought += [buy(item, day, visit) for item in random.choice(liked, 2, replace=False)]
        customers.append(bought)
    return customers


def catalogue(customers, cut=CUT):
    bought = purchases(customers)
    lines = [line for customer in customers for line in customer]
    columns = [np.array([line[c] for line in lines], dtype=float) for c in range(5)]
    ones, zeros = np.ones(len(lines)), np.zeros(len(lines), dtype=int)
    items, days, back = (columns[c].astype(int) for c in (0, 1, 4))
    sales = ItemSales(("France",), items, days, back, zeros, ones, ones, columns[3])
    random = np.random.default_rng(1)
    # Two tastes, with noise that tells products apart.
    kind = np.repeat(np.eye(2), 5, axis=0)
    factors = np.vstack([kind, np.zeros((2, 2))]) + random.normal(0, 0.05, (ITEMS, 2))
    known = histories(bought, cut, 60.0)
    return Catalogue(
        ItemFactors(CODES, factors, alpha=1.0, regularization=0.1),
        item_stats(sales, ITEMS, cut),
        affinity(known, CODES, NAMES),
        rebuying(bought, ITEMS, cut, 30),
        half_life=60.0,
        sold_within=120,
    )


def sample(shelf, customers, settings=SETTINGS):
    ids = np.arange(100, 100 + len(customers))
    return window_sample(shelf, ids, purchases(customers), settings)


def trained_on(customers, starts=(CUT - 30, CUT - 60)):
    samples = [sample(catalogue(customers, start), customers) for start in starts]
    rankers = train(samples, SETTINGS)
    assert rankers.fitted
    return rankers


def rows(found, name):
    """Items of one list by customer, in the order of the ranks, which run 1 to n."""
    lists: dict[int, list[int]] = {}
    for part in found:
        if part.name == name:
            for customer, rank, item in zip(part.customers, part.ranks, part.items, strict=True):
                lists.setdefault(int(customer), []).append(int(item))
                assert rank == len(lists[int(customer)])
    return lists
