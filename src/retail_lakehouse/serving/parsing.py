"""What a client may ask the recommender for, in the JSON of MLflow's scoring protocol.

Everything has a bound that is known before it is computed with: a request is a client's, who may
mean harm.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.recommend.inference.online import Request
from retail_lakehouse.recommend.inference.request_columns import shown
from retail_lakehouse.tables import columns as c

MAX_BYTES = 4 * 2**20
MAX_ROWS = 20_000
MAX_CUSTOMERS = 1_000
MAX_N = 1_000
MAX_EXCLUDED = 1_000
# Rows of the answer: three lists of ten for as many customers as may be asked about.
MAX_ANSWERS = 30_000

COLUMNS = (
    c.STOCK_CODE,
    c.CUSTOMER_ID,
    c.QUANTITY,
    c.INVOICE,
    c.INVOICE_DATE,
    c.UNIT_PRICE,
    c.COUNTRY,
)
# Rows, or columns and rows, or columns: what MLflow's server takes for one.
_FORMS = ("dataframe_records", "dataframe_split", "inputs", "instances")
_PARAMS = ("n", "list", "exclude")


def parse(body: bytes) -> tuple[pd.DataFrame, Request]:
    """Rows and request for ``online.answer``; RequestError with the reason, in one line."""
    message = _json(body)
    forms = [form for form in _FORMS if form in message] if isinstance(message, dict) else []
    if len(forms) != 1:
        raise RequestError(f"The request must be an object with one of {', '.join(_FORMS)}.")
    rows, request = _rows(message[forms[0]]), _request(message.get("params"))
    ids = rows.get(c.CUSTOMER_ID, [None])
    # One that is a list or an object is refused when it is read.
    customers = len({value for value in ids if not isinstance(value, list | dict)})
    _within("customers", customers, MAX_CUSTOMERS)
    _within("products to list", customers * request.n * len(request.wanted), MAX_ANSWERS)
    return rows, request


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise RequestError("The request is nested too deep.") from None
    except ValueError as error:
        raise RequestError(f"The request is not JSON: {error}.") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _within(what: str, found: int, most: int) -> None:
    if found > most:
        raise RequestError(f"The request has {found:,} {what}: ask for {most:,} at most.")


def _rows(data: Any) -> pd.DataFrame:
    if isinstance(data, list):
        columns = _of_records(data)
    elif isinstance(data, dict) and {"columns", "data"} <= set(data):
        columns = _of_split(data["columns"], data["data"])
    elif isinstance(data, dict):
        columns = _of_columns(data)
    else:
        raise RequestError("The rows must be a list of objects, or an object of columns.")
    if c.STOCK_CODE not in columns:
        raise RequestError(f"stock_code is missing: give it, and any of {', '.join(COLUMNS[1:])}.")
    # As objects: pandas would make whole numbers and nothing into floats.
    return pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in columns.items()})


def _of_records(records: Sequence[Any]) -> dict[str, list[Any]]:
    _within("rows", len(records), MAX_ROWS)
    if not all(isinstance(record, dict) for record in records):
        raise RequestError("Every row must be an object, as in {'stock_code': '22423'}.")
    known = [name for name in COLUMNS if any(name in record for record in records)]
    return {name: [record.get(name) for record in records] for name in known}


def _of_split(names: Any, data: Any) -> dict[str, list[Any]]:
    if not isinstance(names, list) or not isinstance(data, list):
        raise RequestError("columns and data must be lists.")
    _within("rows", len(data), MAX_ROWS)
    if not all(isinstance(row, list) and len(row) == len(names) for row in data):
        raise RequestError("Every row of data must be a list of one value for each of the columns.")
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise RequestError(f"The columns name {twice[0]} twice.")
    places = {name: names.index(name) for name in COLUMNS if name in names}
    return {name: [row[place] for row in data] for name, place in places.items()}


def _of_columns(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    columns = {name: data[name] for name in COLUMNS if name in data}
    if not all(isinstance(values, list) for values in columns.values()):
        raise RequestError("Every column must be a list.")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise RequestError("The columns must be of one length.")
    _within("rows", max(lengths, default=0), MAX_ROWS)
    return columns


def _request(params: Any) -> Request:
    if params is None:
        return Request()
    if not isinstance(params, dict) or not set(params) <= set(_PARAMS):
        raise RequestError(f"params must be an object of {', '.join(_PARAMS)}.")
    given = {name: value for name, value in params.items() if value is not None}
    n, wanted, exclude = (given.get(name, getattr(Request, name)) for name in _PARAMS)
    if type(n) is not int:
        raise RequestError(f"n is {shown(n)}: ask for a whole number of products.")
    _within("products to a list", n, MAX_N)
    if not isinstance(wanted, str):
        raise RequestError(f"list is {shown(wanted)}: give the name of a list.")
    if not isinstance(exclude, list | tuple) or not all(isinstance(one, str) for one in exclude):
        raise RequestError("exclude must be a list of stock codes.")
    _within("codes to exclude", len(exclude), MAX_EXCLUDED)
    return Request(n, wanted, tuple(exclude))
