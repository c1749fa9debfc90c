"""The registered models: what MLflow is told of each, and how each is kept and loaded."""

from pathlib import Path

import pandas as pd

from retail_lakehouse.assets import RECOMMENDER, SEGMENTS
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tracking.records import ModelSpec

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
