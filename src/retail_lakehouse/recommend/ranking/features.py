"""What the rankers see of a customer and a candidate, as of a cut; the only place it is computed.

Training, publication and serving call ``pair_features`` with the histories as of their cut, so a
feature cannot mean one thing to the model and another to the list.
"""

import numpy as np

from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.retrieve import Block, Pairs
from retail_lakehouse.recommend.data.customer_history import Histories

# Scores of what the customer bought against the candidate.
TASTE = ("als_z", "als", "together", "lately", "codes", "words")
# What the shop sells, logs of a count over the catalogue's mean count unless said otherwise.
# age, idle: days since first and last sale. trend: log of the last 30 days against the mean of
# the two before. new_share: first-time buyers among buyers. country: in the customer's country.
DEMAND = (
    *("age", "idle", "sales_7", "sales_30", "sales_90", "newcomers", "season", "total"),
    *("trend", "new_share", "country"),
)
# log GBP, and against the mean log price the customer pays.
PRICE = ("price", "relative_price")
CUSTOMER = (
    *("recency", "frequency", "breadth", "tenure", "interval", "basket", "activity"),
    "usual_price",
)
# The customer's own purchases of the candidate: invoices, decayed invoices, days since the last
# and the first, mean days between, days since the last over that mean, share of the customer's
# invoices, invoices in the coming season a year ago.
OWN = (
    *("own_invoices", "own_decayed", "own_last", "own_first", "own_interval", "own_due"),
    *("own_share", "own_season"),
)
# Nothing tells apart products that the customer never bought by OWN.
DISCOVER = (*TASTE, *DEMAND, *PRICE, *CUSTOMER)
FOR_YOU = (*DISCOVER, *OWN)


def pair_features(
    catalogue: Catalogue, histories: Histories, block: Block, pairs: Pairs
) -> np.ndarray:
    """Pairs x FOR_YOU, float32; NaN where there is nothing to tell."""
    columns = {
        **_taste(block, pairs),
        **_demand(catalogue, histories, pairs),
        **_price(catalogue, histories, pairs),
        **_customer(histories, pairs),
        **_own(histories, pairs),
    }
    return np.stack([columns[name] for name in FOR_YOU], axis=1).astype(np.float32)


def own_interval(histories: Histories) -> np.ndarray:
    """Mean days between own purchases of each pair, at least 1; NaN if bought once."""
    gaps = histories.invoices - 1
    spread = (histories.first - histories.last) / np.maximum(gaps, 1)
    return np.where(gaps > 0, np.maximum(spread, 1.0), np.nan)


def _taste(block: Block, pairs: Pairs) -> dict[str, np.ndarray]:
    at = (pairs.rows, block.shelf.place[pairs.items])
    return {name: getattr(block, name)[at] for name in TASTE}


def _demand(catalogue: Catalogue, histories: Histories, pairs: Pairs) -> dict[str, np.ndarray]:
    table = catalogue.table
    counts = {
        name: _level(getattr(table, name))
        for name in ("sales_7", "sales_30", "sales_90", "newcomers", "season", "total")
    }
    earlier = (table.sales_90 - table.sales_30) / 2
    of_items = {
        "age": table.age,
        "idle": table.idle,
        **counts,
        "trend": np.log((table.sales_30 + 1) / (earlier + 1)),
        "new_share": (table.newcomers + 1) / (table.sales_30 + 2),
    }
    index = {name: row for row, name in enumerate(table.country_names)}
    country = np.array([index.get(name, -1) for name in histories.countries], dtype=np.int64)
    levels = np.vstack([np.array([_level(row) for row in table.by_country]), counts["sales_30"]])
    # A country nobody bought from yet buys as all do: the last row.
    return {
        **{name: values[pairs.items] for name, values in of_items.items()},
        "country": levels[country[pairs.rows], pairs.items],
    }


def _level(counts: np.ndarray) -> np.ndarray:
    """Log of counts over their mean, so that December and July compare."""
    level: np.ndarray = np.log((counts + 1) / (counts.mean() + 1))
    return level


def _price(catalogue: Catalogue, histories: Histories, pairs: Pairs) -> dict[str, np.ndarray]:
    price = np.log(catalogue.table.price)[pairs.items]
    return {"price": price, "relative_price": price - histories.log_price[pairs.rows]}


def _customer(histories: Histories, pairs: Pairs) -> dict[str, np.ndarray]:
    values = {name: getattr(histories, name) for name in CUSTOMER if name != "usual_price"}
    values["usual_price"] = histories.log_price
    return {name: value[pairs.rows] for name, value in values.items()}


def _own(histories: Histories, pairs: Pairs) -> dict[str, np.ndarray]:
    bought = pairs.own >= 0
    own = pairs.own[bought]
    interval = own_interval(histories)
    share = histories.invoices / histories.frequency[histories.rows]
    values = {
        "own_invoices": (histories.invoices, 0.0),
        "own_decayed": (histories.decayed, 0.0),
        "own_last": (histories.last, np.nan),
        "own_first": (histories.first, np.nan),
        "own_interval": (interval, np.nan),
        "own_due": (histories.last / interval, np.nan),
        "own_share": (share, 0.0),
        "own_season": (histories.season, 0.0),
    }
    columns = {}
    for name, (of_pairs, never) in values.items():
        columns[name] = np.full(len(pairs.rows), never)
        columns[name][bought] = of_pairs[own]
    return columns
