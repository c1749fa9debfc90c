"""The registered models: what MLflow is told of each, and how each is kept and loaded."""

from pathlib import Path

import pandas as pd

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.assets import RECOMMENDER, SEGMENTS, VALUE
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking.records import ModelSpec
from retail_lakehouse.value.model import ValueModel
from retail_lakehouse.value.publishing import answers

_HERE = Path(__file__).parent

SEGMENT_MODEL = ModelSpec(
    kind=SEGMENTS,
    code=_HERE / "segments.py",
    file="segments.json",
    dump=lambda model: model.to_json().encode(),
    load=SegmentModel.from_json,
    inputs={c.RECENCY_DAYS: "long", c.FREQUENCY: "long", c.MONETARY: "double"},
    outputs={
        c.SEGMENT: "string",
        c.CLUSTER: "integer",
        c.DISTANCE: "double",
        c.NEXT_SEGMENT: "string",
        c.NEXT_DISTANCE: "double",
    },
    example=lambda _: pd.DataFrame(
        {c.RECENCY_DAYS: [3, 300], c.FREQUENCY: [25, 1], c.MONETARY: [9000.0, 150]}
    ),
    packages=("numpy", "pandas"),
)

_PURCHASE = {
    c.STOCK_CODE: "string",
    c.CUSTOMER_ID: "string",
    c.QUANTITY: "double",
    c.INVOICE: "string",
    c.INVOICE_DATE: "datetime",
    c.UNIT_PRICE: "double",
    c.COUNTRY: "string",
}


def _basket(model: Recommender) -> pd.DataFrame:
    """Two products that sell."""
    items, _ = related.popular(model.catalogue, None, 2)
    codes = [model.catalogue.factors.stock_codes[item] for item in items]
    return pd.DataFrame({c.STOCK_CODE: codes, c.QUANTITY: [1.0] * len(codes)})


RECOMMENDER_MODEL = ModelSpec(
    kind=RECOMMENDER,
    code=_HERE / "recommendations.py",
    file="recommender.npz",
    dump=Recommender.to_bytes,
    load=Recommender.from_bytes,
    inputs=_PURCHASE,
    outputs={**COLUMNS, c.RANK: "integer"},
    example=_basket,
    packages=("numpy", "pandas", "scikit-learn", "scipy"),
    optional=tuple(name for name in _PURCHASE if name != c.STOCK_CODE),
    params={"n": 10, "list": "for_you", "exclude": []},
)

# Types of the contract's columns as MLflow calls them.
_MLFLOW_TYPES = {
    "INT": "long",
    "BIGINT": "long",
    "DATE": "datetime",
    "STRING": "string",
    "BOOLEAN": "boolean",
}


def _some_orders(model: ValueModel) -> pd.DataFrame:
    """Two orders of one customer, and one of another."""
    days = pd.to_datetime([date_of(model.cut - ago) for ago in (60, 20, 20)])
    return pd.DataFrame(
        {c.CUSTOMER_ID: ["1", "1", "2"], c.INVOICE_DATE: days, c.AMOUNT: [100.0, 80.0, 40.0]}
    )


VALUE_MODEL = ModelSpec(
    kind=VALUE,
    code=_HERE / "value.py",
    file="value.npz",
    dump=ValueModel.to_bytes,
    load=ValueModel.from_bytes,
    inputs={
        c.CUSTOMER_ID: "string",
        c.INVOICE: "string",
        c.INVOICE_DATE: "datetime",
        c.AMOUNT: "double",
    },
    outputs={column.name: _MLFLOW_TYPES.get(column.type, "double") for column in answers.COLUMNS},
    example=_some_orders,
    packages=("numpy", "pandas", "scikit-learn", "scipy"),
    optional=(c.CUSTOMER_ID, c.INVOICE),
    params={c.AS_OF: ""},
)
