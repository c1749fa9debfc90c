"""Names of the features, in the order of the columns that rankers read; nothing else names them."""

from enum import Enum


class Feature(str, Enum):
    """What a ranker sees of a customer and a candidate."""

    # Scores of what the customer bought against the candidate: see ``ShelfScores``.
    ALS_Z = "als_z"
    ALS = "als"
    CO_PURCHASE = "co_purchase"
    RECENT_CO_PURCHASE = "recent_co_purchase"
    # The same: of the product of the history that is nearest, and of the last day's products.
    NEAREST = "nearest"
    RECENT_NEAREST = "recent_nearest"
    LAST_DAY = "last_day"
    RECENT_LAST_DAY = "recent_last_day"
    CODES = "codes"
    WORDS = "words"
    # What the shop sells, logs of a count over the catalogue's mean count unless said otherwise.
    # Days since the first and the last sale.
    AGE = "age"
    DAYS_SINCE_LAST_SALE = "days_since_last_sale"
    SALES_7 = "sales_7"
    SALES_30 = "sales_30"
    SALES_90 = "sales_90"
    NEWCOMERS = "newcomers"
    SEASON = "season"
    TOTAL = "total"
    # Log of the last 30 days against the mean of the two 30 days before.
    TREND = "trend"
    # First-time buyers among buyers.
    NEW_SHARE = "new_share"
    # Sales of 30 days in the customer's country.
    COUNTRY = "country"
    # Log of money, and against the mean log price the customer pays.
    PRICE = "price"
    RELATIVE_PRICE = "relative_price"
    # The customer: see ``Histories``.
    RECENCY = "recency"
    FREQUENCY = "frequency"
    BREADTH = "breadth"
    TENURE = "tenure"
    INTERVAL = "interval"
    BASKET = "basket"
    ACTIVITY = "activity"
    USUAL_PRICE = "usual_price"
    # The customer's own purchases of the candidate: invoices, decayed invoices, days since the
    # last and the first, mean days between, days since the last over that mean, share of the
    # customer's invoices, invoices in the coming season a year ago; decayed invoices over those of
    # the product that has most of them, and over the sum of all; how often customers who bought
    # the candidate so long ago buy it again.
    OWN_INVOICES = "own_invoices"
    OWN_DECAYED = "own_decayed"
    OWN_LAST = "own_last"
    OWN_FIRST = "own_first"
    OWN_INTERVAL = "own_interval"
    OWN_DUE = "own_due"
    OWN_SHARE = "own_share"
    OWN_SEASON = "own_season"
    OWN_OF_BEST = "own_of_best"
    OWN_OF_ALL = "own_of_all"
    OWN_REBUYING = "own_rebuying"


_ALL = tuple(Feature)
TASTE = _ALL[: _ALL.index(Feature.AGE)]
DEMAND = _ALL[_ALL.index(Feature.AGE) : _ALL.index(Feature.PRICE)]
# Nothing tells apart products that the customer never bought by their own purchases.
DISCOVER = _ALL[: _ALL.index(Feature.OWN_INVOICES)]
FOR_YOU = _ALL
COLUMN = {feature: number for number, feature in enumerate(FOR_YOU)}
