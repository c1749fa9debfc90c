"""Lists for customers the model may never have seen: from their purchases, or a bare basket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.inference import request_columns as columns
from retail_lakehouse.recommend.inference.related import popular
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.recommend.ranking.reasons import COUNTRY, POPULAR, phrase
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import LIST_NAMES, LISTS

EVERY_LIST = "all"
# Who buys a basket of which no more is said.
NOBODY = "0"
# Whoever bought nothing has none of these.
_OWN_ONLY = {spec.name for spec in LISTS if spec.holds == "own"}


@dataclass(frozen=True)
class Request:
    """n: products per list, 0 or more. list: one of LIST_NAMES, or ``all``. exclude: stock codes
    that may not be recommended; those the catalogue does not have are ignored.
    """

    n: int = 10
    list: str = LIST_NAMES[0]
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n < 0:
            raise RequestError(f"n is {self.n}: ask for 0 or more products.")
        if self.list not in (*LIST_NAMES, EVERY_LIST):
            names = ", ".join((*LIST_NAMES, EVERY_LIST))
            raise RequestError(f"list is {columns.shown(self.list)}: ask for one of {names}.")

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Request":
        """From MLflow's params."""
        return cls(
            n=int(params.get("n", cls.n)),
            list=str(params.get("list", cls.list)),
            exclude=tuple(map(str, params.get("exclude", ()))),
        )

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the lists to make."""
        return LIST_NAMES if self.list == EVERY_LIST else (self.list,)


def answer(model: Recommender, rows: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Lists of each ``customer_id`` of ``rows``, with the columns of ``model.COLUMNS``.

    rows: one per product bought: ``stock_code``, and what is known of ``customer_id`` (left out:
    NOBODY, one basket), ``quantity`` (above 0; the model counts invoices, not units), ``invoice``
    (left out: one), ``invoice_date`` (in the shop's local time; left out, or later than the model's
    as_of: the day before it), ``unit_price`` (left out, or not above 0: what the product cost on
    average) and ``country``. A value may be missing (None, NaN) as a column may.
    Products that the catalogue does not have tell nothing. A customer of whom nothing is known
    (a row without a stock code will do) gets what is popular in the country.
    RequestError for a value of another type, a quantity that is not above 0, an infinite price.
    """
    index = {code: number for number, code in enumerate(model.catalogue.factors.stock_codes)}
    exclude = [index[code] for code in map(_code, request.exclude) if code in index]
    lines, countries = _lines(model, rows, index)
    ids, purchases = Purchases.of_lines(lines)
    # No list is longer than the catalogue.
    request = replace(request, n=min(request.n, len(index)))
    lists = model.lists(ids, purchases, request.n, request.wanted, exclude)
    known = set(ids.tolist())
    unknown = [customer for customer in countries if customer not in known]
    cold = list(_popular(model, unknown, countries, request, exclude))
    if cold:
        lists = pd.DataFrame([*lists.to_dict("records"), *cold], columns=list(COLUMNS))
    return lists.astype({c.RANK: np.int32, c.SCORE: float})


def _lines(
    model: Recommender, rows: pd.DataFrame, index: Mapping[str, int]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows as ``Purchases.of_lines`` wants them, and every customer's country."""
    quantity = columns.number(rows, c.QUANTITY)
    if (quantity <= 0).any():
        row = int(np.flatnonzero(quantity <= 0)[0])
        raise RequestError(f"quantity is {quantity[row]:g} in row {row}: give units above 0.")
    last = model.cut - 1
    lines = pd.DataFrame(
        {
            c.CUSTOMER_ID: columns.identity(rows, c.CUSTOMER_ID, NOBODY),
            "item": [index.get(_code(code), -1) for code in columns.text(rows, c.STOCK_CODE)],
            c.INVOICE: columns.text(rows, c.INVOICE),
            "day": np.minimum(columns.days(rows, c.INVOICE_DATE, last), last),
            c.PRICE: columns.number(rows, c.UNIT_PRICE),
            "reversed_day": NEVER,
            c.COUNTRY: columns.text(rows, c.COUNTRY),
        }
    )
    first = lines.drop_duplicates(c.CUSTOMER_ID)
    countries = dict(zip(first[c.CUSTOMER_ID].tolist(), first[c.COUNTRY], strict=True))
    known = lines[lines["item"] >= 0].drop_duplicates([c.CUSTOMER_ID, c.INVOICE, "item"])
    usual = model.catalogue.stats.price[known["item"]]
    price = known[c.PRICE].to_numpy()
    return known.assign(price=np.where(price > 0, price, usual)), countries


def _code(code: str) -> str:
    return code.strip().upper()


def _popular(
    model: Recommender,
    customers: list[str],
    countries: Mapping[str, str],
    request: Request,
    exclude: list[int],
) -> Iterator[dict[str, Any]]:
    catalogue = model.catalogue.without(exclude)
    for customer in customers:
        country = countries[customer]
        items, invoices = popular(catalogue, country, request.n)
        kind = COUNTRY if country in catalogue.stats.country_names else POPULAR
        for name in request.wanted:
            if name in _OWN_ONLY:
                continue
            for rank, (item, sold) in enumerate(zip(items, invoices, strict=True), start=1):
                yield {
                    c.CUSTOMER_ID: customer,
                    c.LIST: name,
                    c.RANK: rank,
                    c.STOCK_CODE: catalogue.factors.stock_codes[item],
                    c.DESCRIPTION: model.names[item],
                    c.SCORE: float(sold),
                    c.REASON: phrase(kind if sold else POPULAR, "", 0, country),
                    c.REASON_STOCK_CODE: None,
                }
