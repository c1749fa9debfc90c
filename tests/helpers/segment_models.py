"""A segmentation of two centres, made by hand."""

from retail_lakehouse.segments.model import Bins, SegmentModel

TWO = SegmentModel(
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    centres=((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    names=("New", "Loyal"),
    bins={n: Bins((1.0,), (0.5, 0.5)) for n in ("recency_days", "frequency", "monetary")},
)
