"""The registered models: what MLflow is told of each, and how each is kept and loaded."""

from pathlib import Path

import pandas as pd

from retail_lakehouse.assets import RECOMMENDER, SEGMENTS
from retail_lakehouse.recommend.inference import related
from retail_lakehouse.recommend.model import COLUMNS, Recommender
from retail_lakehouse.segments.model import SegmentModel
from retail_lakehouse.tracking.records import ModelSpec

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
