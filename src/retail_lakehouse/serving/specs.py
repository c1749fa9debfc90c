"""The registered models: what MLflow is told of each, and how each is kept and loaded."""

from pathlib import Path

import pandas as pd

from retail_lakehouse.arrays.days import date_of
from retail_lakehouse.assets import RECOMMENDER, SEGMENTS, VALUE
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.segments.model import SegmentModel
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
    inputs={"recency_days": "long", "frequency": "long", "monetary": "double"},
    outputs={
        "segment": "string",
        "cluster": "integer",
        "distance": "double",
        "next_segment": "string",
        "next_distance": "double",
    },
    example=lambda _: pd.DataFrame(
        {"recency_days": [3, 300], "frequency": [25, 1], "monetary": [9000.0, 150]}
    ),
    packages=("numpy", "pandas"),
)

_PURCHASE = {
    "stock_code": "string",
    "customer_id": "string",
    "quantity": "double",
    "invoice": "string",
    "invoice_date": "datetime",
    "unit_price": "double",
    "country": "string",
}


def _basket(model: Recommender) -> pd.DataFrame:
    """Two products that sell."""
    items, _ = related.popular(model.catalogue, None, 2)
    codes = [model.catalogue.factors.stock_codes[item] for item in items]
    return pd.DataFrame({"stock_code": codes, "quantity": [1.0] * len(codes)})


RECOMMENDER_MODEL = ModelSpec(
    kind=RECOMMENDER,
    code=_HERE / "recommendations.py",
    file="recommender.npz",
    dump=Recommender.to_bytes,
    load=Recommender.from_bytes,
    inputs=_PURCHASE,
    outputs={**COLUMNS, "rank": "integer"},
    example=_basket,
    packages=("numpy", "pandas", "scikit-learn", "scipy"),
    optional=tuple(name for name in _PURCHASE if name != "stock_code"),
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
        {"customer_id": ["1", "1", "2"], "invoice_date": days, "amount": [100.0, 80.0, 40.0]}
    )


VALUE_MODEL = ModelSpec(
    kind=VALUE,
    code=_HERE / "value.py",
    file="value.npz",
    dump=ValueModel.to_bytes,
    load=ValueModel.from_bytes,
    inputs={
        "customer_id": "string",
        "invoice": "string",
        "invoice_date": "datetime",
        "amount": "double",
    },
    outputs={column.name: _MLFLOW_TYPES.get(column.type, "double") for column in answers.COLUMNS},
    example=_some_orders,
    packages=("numpy", "pandas", "scikit-learn", "scipy"),
    optional=("customer_id", "invoice"),
    params={"as_of": ""},
)
