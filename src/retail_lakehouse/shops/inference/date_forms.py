"""Shapes of dates: what a pattern could read them, and which orders of day and month fit all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retail_lakehouse.shops.description import EPOCH_MILLIS, EPOCH_SECONDS, EXCEL_SERIAL
from retail_lakehouse.shops.notation.single_values import ISO_TEXT

LAST_DAY = 31
# An export of a shop goes back so far, at most.
_MOST_YEARS = 15
_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119
_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST, _YEAR_DAY = "dM", "Md", "yMd", "ydM"


@dataclass(frozen=True)
class Shape:
    """Values that look alike: each digit 9, each month's name B, each AM or PM A.

    low, high: of the first three numbers in them. first_over, second_over: a value of which the
    first number must be a day, or the second; where the year comes first, the third or the second.
    """

    text: str
    count: int
    example: str
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    first_over: str | None = None
    second_over: str | None = None

    def with_more(self, other: "Shape") -> "Shape":
        """Both together."""
        return Shape(
            self.text,
            self.count + other.count,
            self.example,
            tuple(map(min, zip(self.low, other.low, strict=True))),
            tuple(map(max, zip(self.high, other.high, strict=True))),
            self.first_over or other.first_over,
            self.second_over or other.second_over,
        )


@dataclass(frozen=True)
class Form:
    """A shape without how many digits its days, months and hours have."""

    mark: str  # between the parts of the day
    parts: str  # such as n/n/y, where n has one or two digits, y four, B a month's name
    clock: str  # pattern of what follows the day, with what separates them
    shape: Shape


_PART = r"(9{1,2}|9{4}|B{1,2})"
_DAY = re.compile(rf"^{_PART}([-/. ]|, ?){_PART}([-/. ]|, ?){_PART}(?![9B])(.*)$")
_PLAIN_DAY = re.compile(r"^9{8}(?!9)(.*)$")
# Two digits each of a time of day, right behind the day.
_PLAIN_CLOCKS = {"9" * 12: "HHmm", "9" * 14: "HHmmss"}
_CLOCKS = (
    (re.compile(r"^9{1,2}:9{2}$"), "H:mm"),
    (re.compile(r"^9{1,2}:9{2}:9{2}$"), "H:mm:ss"),
    (re.compile(r"^9{1,2}:9{2}:9{2}\.999$"), "H:mm:ss.SSS"),
    (re.compile(r"^9{1,2}:9{2}:9{2}\.9{6}$"), "H:mm:ss.SSSSSS"),
    (re.compile(r"^9{1,2}:9{2}( ?)A$"), "h:mm{}a"),
    (re.compile(r"^9{1,2}:9{2}:9{2}( ?)A$"), "h:mm:ss{}a"),
    (re.compile(r"^9{1,2}\.9{2}$"), "H.mm"),
    (re.compile(r"^9{1,2}h9{2}$"), "H'h'mm"),
    (re.compile(r"^9{1,2}:9{2} Uhr$"), "H:mm 'Uhr'"),
    (re.compile(r"^9{6}$"), "HHmmss"),
    (re.compile(r"^9{4}$"), "HHmm"),
)


def is_iso(shape: Shape) -> bool:
    """Whether its values look like ISO dates, with or without a time and a zone."""
    return re.match(ISO_TEXT, shape.example) is not None and "_" not in shape.text


def day_before_month(shapes: Sequence[Shape]) -> bool:
    """Whether what looks like ISO dates has the day before the month: 2023-31-12."""
    no_month = any(shape.second_over for shape in shapes)
    return no_month and not any(shape.first_over for shape in shapes)


def counted_as(shape: Shape) -> str:
    """The word for a shape that counts days or seconds, or "" ."""
    if not re.fullmatch(r"9+([.,]9+)?", shape.text) or not shape.low:
        return ""
    whole, *fraction = re.split("[.,]", shape.text)
    if len(whole) == 5 and _EXCEL_DAYS[0] <= shape.low[0] and shape.high[0] <= _EXCEL_DAYS[1]:
        return EXCEL_SERIAL
    if "," in shape.text:
        return ""
    if len(whole) == 10:
        return EPOCH_SECONDS
    # Of whole numbers that a program holds as others, as where some are missing.
    whole_ones = not fraction or shape.example.endswith(".0")
    return EPOCH_MILLIS if len(whole) == 13 and whole_ones else ""


def form_of(shape: Shape) -> Form | None:
    """The shape taken apart; None if it is no date."""
    if shape.text in _PLAIN_CLOCKS:
        return Form("", "yyyyMMdd", _PLAIN_CLOCKS[shape.text], shape)
    plain = _PLAIN_DAY.match(shape.text)
    if plain:
        clock = _clock(plain[1])
        return None if clock is None else Form("", "yyyyMMdd", clock, shape)
    day = _DAY.match(shape.text)
    if day is None:
        return None
    clock = _clock(day[6])
    tokens = [_token(day[place]) for place in (1, 3, 5)]
    parts = tokens[0] + (day[2] or "") + tokens[1] + day[4] + tokens[2]
    if clock is None or sum(t in ("y", "B") for t in tokens) > 2:
        return None
    return Form(day[4], parts, clock, shape)


def _token(text: str) -> str:
    return "y" if text == "9999" else "n" if text.startswith("9") else text


def _clock(text: str) -> str | None:
    """Pattern of the time of day after a date, with what separates them; None if it is none."""
    if not text:
        return ""
    separator = re.match(r"[ ,T-]*", text)
    mark = separator[0] if separator else ""
    for form, pattern in _CLOCKS:
        found = form.match(text[len(mark) :])
        if found and mark.strip(" ") in ("", ",", "T", "-"):
            blank = found[1] if found.groups() else ""
            return mark.replace("T", "'T'") + pattern.replace("{}", blank)
    return None


def group_of(form: Form) -> str:
    """Forms that must be of one order: of a day written with the same marks."""
    return form.parts


def orders_of(forms: Sequence[Form], known: Sequence[str], year: int) -> dict[str, list[str]]:
    """For each way to write the day, the orders that no value contradicts; all if none is left."""
    found: dict[str, list[str]] = {}
    for group in {group_of(form) for form in forms}:
        shapes = [form.shape for form in forms if group_of(form) == group]
        found[group] = _possible(group, shapes, year)
        shown = [o for o in found[group] if any(k.startswith(day_pattern(group, o)) for k in known)]
        if len(found[group]) > 1 and len(shown) == 1:
            found[group] = shown
    return found


def _possible(group: str, shapes: Sequence[Shape], year: int) -> list[str]:
    letters = re.sub(r"[^nyB]", "", group)
    if group == "yyyyMMdd":
        return [_YEAR_FIRST]
    if letters[0] == "y":
        return [_YEAR_DAY if day_before_month(shapes) else _YEAR_FIRST]
    if "B" in letters:
        return [_DAY_FIRST if letters[0] == "n" else _MONTH_FIRST]
    first = any(shape.first_over for shape in shapes)
    second = any(shape.second_over for shape in shapes)
    if first and second:
        return []
    orders = [_DAY_FIRST] if first else [_MONTH_FIRST] if second else [_DAY_FIRST, _MONTH_FIRST]
    if letters == "nnn":
        return _two_digit_years(orders, shapes, year)
    return orders


def _two_digit_years(orders: list[str], shapes: Sequence[Shape], year: int) -> list[str]:
    """Of three numbers of one or two digits, any but the second may be the year."""
    low = [min(shape.low[place] for shape in shapes) for place in range(3)]
    high = [max(shape.high[place] for shape in shapes) for place in range(3)]
    last_two = year % 100 + 1
    padded = all(re.match(r"^99[^9]", shape.text) for shape in shapes)
    days = high[1] <= 12 and 1 <= low[2] <= high[2] <= 31
    year_first = padded and days and _are_years(low[0], high[0], last_two)
    year_last = _are_years(low[2], high[2], last_two)
    # A shop has few years, and more days than years: where there are so many of them that they are
    # no years themselves.
    spans = (high[0] - low[0], high[2] - low[2])
    if year_first and year_last and max(spans) > max(_MOST_YEARS, 3 * min(spans)):
        year_first, year_last = spans[0] < spans[1], spans[0] > spans[1]
    return (orders if year_last else []) + ([_YEAR_FIRST] if year_first else [])


def _are_years(low: int, high: int, last_two: int) -> bool:
    """Whether two digits are those of years: up to this one, or all of the century before."""
    return high <= last_two or low > LAST_DAY


def day_pattern(group: str, order: str) -> str:
    """The pattern of a day alone, written with the marks of the group."""
    if group == "yyyyMMdd":
        return group
    marks = re.split(r"[nyB]+", group)[1:3]
    letters = list(re.findall(r"BB|[nyB]", group))
    names = {
        _DAY_FIRST: ["d", "M", "yy"], _MONTH_FIRST: ["M", "d", "yy"],
        _YEAR_FIRST: ["yy", "M", "d"], _YEAR_DAY: ["yy", "d", "M"],
    }[order]  # fmt: skip
    written = []
    for letter, name in zip(letters, names, strict=True):
        kind = {"y": "yyyy", "B": "MMM", "BB": "MMMM"}.get(letter)
        written.append(kind if kind else name)
    return written[0] + marks[0] + written[1] + marks[1] + written[2]


def pattern_of(form: Form, order: str) -> str:
    """The pattern of all values of the form."""
    return day_pattern(group_of(form), order) + form.clock


def evidence(form: Form, order: str) -> str:
    """What shows the order, a clause."""
    shape = form.shape
    if order == _DAY_FIRST and shape.first_over:
        return f"{shape.first_over} occurs: day first"
    if order == _YEAR_DAY and shape.second_over:
        return f"{shape.second_over} occurs: day before month"
    if order == _MONTH_FIRST and shape.second_over:
        return f"{shape.second_over} occurs: month first"
    return f"dates are written as {shape.example}"
