"""Shapes of dates and numbers in a column, with what their numbers show."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.shops.inference.date_forms import LAST_DAY, Shape
from retail_lakehouse.shops.inference.dates import MOST_SHAPES
from retail_lakehouse.shops.inference.numbers import NumberShape
from retail_lakehouse.shops.notation.date_patterns import FIRST_YEAR
from retail_lakehouse.shops.notation.number_forms import BLANKS

LONGEST = 60
_MONTHS = (
    r"(?i)\b(january|february|march|april|june|july|august|september|october|november|december)\b",
    r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)",
)
# AM and PM, in Spanish with full stops.
_HALF_DAY = "[ap](?:m\\b|\\.[ \u00a0\u202f]?m\\.)"
# Years of a shop's lines; others are placeholders or mistakes, and show nothing.
_YEARS = (FIRST_YEAR, 2100)


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
    shaped = pc.replace_substring_regex(shaped, rf"(?i)\b{_HALF_DAY}", "A")
    shaped = pc.replace_substring_regex(shaped, rf"(?i)([0-9]){_HALF_DAY}", r"\1A")
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
    if re.fullmatch("9+(?:[.,]9+)?", shape.text):
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
    shows = len(typed) == 3
    if shows:
        sane = _sane(typed)
        shows = pc.any(sane).as_py()
        if shows:
            values, typed = values.filter(sane), [column.filter(sane) for column in typed]
            shape = replace(shape, example=str(pc.min(values).as_py()))
    low = tuple(pc.min(column).as_py() for column in typed)
    high = tuple(pc.max(column).as_py() for column in typed)
    first = second = None
    if shows:
        # Where the year comes first, what follows is told apart.
        one, two = (2, 1) if low[0] > LAST_DAY else (0, 1)
        first = _example(values, typed[one], typed[two])
        second = _example(values, typed[two], typed[one])
    return replace(shape, low=low, high=high, first_over=first, second_over=second)


def _sane(typed: Sequence[pa.Array]) -> pa.Array:
    """Which values are no placeholder and no typing mistake: those show nothing."""
    one, two, three = typed
    month = pc.or_(pc.less_equal(one, 12), pc.less_equal(two, 12))
    sane = pc.and_(pc.or_(month, pc.greater(one, LAST_DAY)), pc.greater(two, 0))
    for number in (one, three):
        usual = pc.and_(pc.greater_equal(number, _YEARS[0]), pc.less_equal(number, _YEARS[1]))
        sane = pc.and_(sane, pc.or_(pc.less(number, 100), usual))
    return sane


def _fields(struct: pa.StructArray) -> list[str]:
    return [struct.type.field(place).name for place in range(struct.type.num_fields)]


def _example(values: pa.Array, over: pa.Array, under: pa.Array) -> str | None:
    """A value of which the one number must be a day and the other may be a month."""
    day = pc.and_(pc.greater(over, 12), pc.less_equal(over, LAST_DAY))
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
