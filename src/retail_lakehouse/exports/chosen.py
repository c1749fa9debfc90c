"""Which rows of gold go out, and in which columns: these stay as they are, and new ones come last.

The columns are described in docs/exports.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import LIST_NAMES

Read = Callable[[Table], DataFrame]

SEGMENT_COLUMNS = (
    c.CUSTOMER_ID, c.SEGMENT, c.COUNTRY, c.RECENCY_DAYS, c.FREQUENCY, c.MONETARY,
    c.PROBABILITY_90_DAYS, c.EXPECTED_SPEND_90_DAYS, c.CHURN_BAND, c.NEXT_ORDER_ON,
    c.MODEL_VERSION, c.AS_OF,
)  # fmt: skip
LIST_COLUMNS = (
    c.CUSTOMER_ID, c.SEGMENT, c.COUNTRY, c.LIST, c.RANK, c.STOCK_CODE, c.DESCRIPTION, c.SCORE,
    c.REASON, c.MODEL_VERSION, c.AS_OF,
)  # fmt: skip
_VALUE = (
    c.CUSTOMER_ID, c.PROBABILITY_90_DAYS, c.EXPECTED_SPEND_90_DAYS, c.CHURN_BAND, c.NEXT_ORDER_ON,
)  # fmt: skip
_SHOWN = 10


@dataclass(frozen=True)
class Chosen:
    """What a row must be of; empty: of any."""

    segment: str = ""
    country: str = ""
    list_name: str = ""

    def condition(self) -> Column:
        """The same for a query."""
        wanted = {c.SEGMENT: self.segment, c.COUNTRY: self.country, c.LIST: self.list_name}
        found = F.lit(True)
        for column, value in wanted.items():
            if value:
                found &= F.col(column) == value
        return found


def segments(read: Read, chosen: Chosen) -> DataFrame:
    """One row per customer: the segment, RFM, and what is expected of the customer.

    SettingsError where a choice leaves nothing.
    """
    value = read(t.CUSTOMER_VALUE).select(*_VALUE)
    customers = _placed(read, chosen).join(value, on=c.CUSTOMER_ID, how="left")
    return customers.where(chosen.condition()).orderBy(c.CUSTOMER_ID).select(*SEGMENT_COLUMNS)


def recommendations(read: Read, chosen: Chosen) -> DataFrame:
    """One row per customer, list and rank. SettingsError where a choice leaves nothing."""
    if chosen.list_name and chosen.list_name not in LIST_NAMES:
        raise SettingsError(f"--list {chosen.list_name} is none of {', '.join(LIST_NAMES)}.")
    customers = _placed(read, chosen).select(c.CUSTOMER_ID, c.SEGMENT, c.COUNTRY)
    lists = read(t.RECOMMENDATIONS).join(customers, on=c.CUSTOMER_ID, how="left")
    order = (c.CUSTOMER_ID, c.LIST, c.RANK)
    return lists.where(chosen.condition()).orderBy(*order).select(*LIST_COLUMNS)


def _placed(read: Read, chosen: Chosen) -> DataFrame:
    """Customers with segment and country; SettingsError for one that no customer is of."""
    countries = read(t.CUSTOMER_RFM).select(c.CUSTOMER_ID, c.COUNTRY)
    customers = read(t.CUSTOMER_SEGMENTS).join(countries, on=c.CUSTOMER_ID, how="left")
    for option, column, value in (
        ("--segment", c.SEGMENT, chosen.segment),
        ("--country", c.COUNTRY, chosen.country),
    ):
        if value and customers.where(F.col(column) == value).isEmpty():
            counted = customers.groupBy(column).count().orderBy(F.desc("count"), column)
            most = [row[column] for row in counted.limit(_SHOWN).collect() if row[column]]
            raise SettingsError(
                f"{option} {value}: no customer is of that one; most are of {', '.join(most)}."
            )
    return customers
