"""Shapes of dates and numbers in a column, with what their numbers show."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.shops.inference.date_forms import Shape
from retail_lakehouse.shops.inference.dates import MOST_SHAPES
from retail_lakehouse.shops.inference.numbers import NumberShape
from retail_lakehouse.shops.parsing import BLANKS

LONGEST = 60
_MONTHS = (
    r"(?i)\b(january|february|march|april|june|july|august|september|october|november|december)\b",
    r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
)


def trimmed(texts: pa.Array) -> pa.Array:
    """The texts without blanks around them."""
    return pc.utf8_trim(texts, BLANKS)


def counted(texts: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """The different texts, trimmed, that are not null, and the lines of each."""
    found = pc.value_counts(texts.combine_chunks())
    values, counts = trimmed(found.field("values")), found.field("counts")
    kept = pc.fill_null(pc.not_equal(values, ""), False)
    return values.filter(kept), counts.filter(kept)


def _by_shape(
    values: pa.Array, shapes: pa.Array, counts: pa.Array
) -> Sequence[tuple[str, int, str]]:
    """Each shape, its lines and an example, those of most lines first."""
    table = pa.table({"shape": shapes, "count": counts, "value": values})
    grouped = table.group_by("shape").aggregate([("count", "sum"), ("value", "min")])
    found = [(r["shape"], r["count_sum"], r["value_min"]) for r in grouped.to_pylist()]
    return sorted(found, key=lambda one: -one[1])[:MOST_SHAPES]


def date_shapes(dates: pa.ChunkedArray) -> list[Shape]:
    """Shapes of the texts, with what their numbers show."""
    values, counts = counted(dates)
    shaped = pc.utf8_slice_codeunits(values, 0, LONGEST)
    for months, mark in zip(_MONTHS, ("BB", "B"), strict=True):
        shaped = pc.replace_substring_regex(shaped, months, mark)
    shaped = pc.replace_substring_regex(shaped, r"(?i)\b[ap]m\b", "A")
    shaped = pc.replace_substring_regex(shaped, r"(?i)([0-9])[ap]m\b", r"\1A")
    shaped = pc.replace_substring_regex(shaped, "[0-9]", "9")
    found = []
    for text, count, example in _by_shape(values, shaped, counts):
        shape = Shape(text, count, example)
        if 4 <= text.count("9") <= 30:
            shape = _with_numbers(shape, values.filter(pc.equal(shaped, text)))
        found.append(shape)
    return found


def _with_numbers(shape: Shape, values: pa.Array) -> Shape:
    """The shape with the smallest and largest of its first three numbers."""
    if shape.text.replace(".", "").strip("9") == "":
        whole = pc.extract_regex(values, r"^(?P<a>[0-9]{1,18})")
    else:
        whole = pc.extract_regex(
            values, r"^(?P<a>[0-9]{1,9})[^0-9]+(?P<b>[0-9]{1,9})(?:[^0-9]+(?P<c>[0-9]{1,9}))?"
        )
    numbers = {
        name: pc.struct_field(whole, name).filter(whole.is_valid()) for name in _fields(whole)
    }
    values = values.filter(whole.is_valid())
    if not len(values):
        return shape
    typed = [pc.if_else(pc.equal(n, ""), "0", n).cast(pa.int64()) for n in numbers.values()]
    sane = None
    if len(typed) == 3:
        # A typing mistake shows nothing.
        sane = pc.or_(pc.less_equal(typed[0], 12), pc.less_equal(typed[1], 12))
        sane = pc.or_(sane, pc.greater(typed[0], 31))
    low, high = [], []
    for column in typed:
        kept = column.filter(sane) if sane is not None and pc.any(sane).as_py() else column
        low.append(pc.min(kept).as_py())
        high.append(pc.max(kept).as_py())
    first = second = None
    if len(typed) == 3:
        first = _example(values, typed[0], typed[1])
        second = _example(values, typed[1], typed[0])
    return replace(shape, low=tuple(low), high=tuple(high), first_over=first, second_over=second)


def _fields(struct: pa.StructArray) -> list[str]:
    return [struct.type.field(place).name for place in range(struct.type.num_fields)]


def _example(values: pa.Array, over: pa.Array, under: pa.Array) -> str | None:
    """A value of which the one number must be a day and the other may be a month."""
    day = pc.and_(pc.greater(over, 12), pc.less_equal(over, 31))
    month = pc.and_(pc.greater_equal(under, 1), pc.less_equal(under, 12))
    found = values.filter(pc.and_(day, month))
    return str(found[0].as_py()) if len(found) else None


def number_shapes(texts: pa.ChunkedArray, column: str) -> list[NumberShape]:
    """Shapes of numbers: a first 0 stays, each other digit is 9."""
    values, counts = counted(texts)
    short = pc.utf8_slice_codeunits(values, 0, LONGEST)
    zero = pc.replace_substring_regex(short, "^([^0-9]*)0", "\\1\x01")
    shaped = pc.replace_substring_regex(zero, "[0-9]", "9")
    shaped = pc.replace_substring(shaped, "\x01", "0")
    return [
        NumberShape(text, count, example, column)
        for text, count, example in _by_shape(values, shaped, counts)
    ]
