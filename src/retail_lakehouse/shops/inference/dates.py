"""Which patterns a column of dates is written in, from the shapes of all its values.

The order of day and month is never guessed: a value must show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from retail_lakehouse.shops.description import ISO
from retail_lakehouse.shops.inference.date_forms import (
    Form,
    Shape,
    counted_as,
    day_before_month,
    evidence,
    form_of,
    group_of,
    is_iso,
    orders_of,
    pattern_of,
)
from retail_lakehouse.shops.inference.questions import Question, quoted
from retail_lakehouse.shops.notation.date_patterns import FIRST_YEAR
from retail_lakehouse.shops.notation.single_values import parse_date

# A program that swapped days and months did so in some two of five lines. What is rarer is a
# mistake in a line, and cleaning says so.
_RARE = 0.02
MOST_SHAPES = 300
_OWN_PATTERN = 'format.dates = ["d/M/yyyy H:m"] with your own pattern'


@dataclass(frozen=True)
class Dates:
    """patterns: of a description. findings: the evidence, a clause each."""

    patterns: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def decide(
    shapes: Sequence[Shape], column: str, known: Sequence[str] = (), today: date | None = None
) -> Dates:
    """The patterns of a column; questions where a value fits two of them, or they differ.

    known: patterns that the shop's other files have shown.
    """
    year = (today or date.today()).year
    total = sum(shape.count for shape in shapes)
    iso = [shape for shape in shapes if is_iso(shape)]
    if day_before_month(iso):
        iso = []
    counted = [shape for shape in shapes if shape not in iso and counted_as(shape)]
    forms = [form for form in map(form_of, shapes) if form and form.shape not in [*iso, *counted]]
    orders = orders_of(forms, known, year)
    # A few odd values are mistakes, and need no pattern.
    forms = [
        form
        for form in forms
        if len(orders[group_of(form)]) == 1
        or sum(f.shape.count for f in forms if group_of(f) == group_of(form)) > _RARE * total
    ]
    if _count(counted) <= _RARE * total:
        counted = []
    if (_count(iso) + _count(counted) + sum(f.shape.count for f in forms)) * 2 <= total:
        return _no_dates(shapes, column)
    doubt = _conflict(forms, orders, column) or _swapped(iso, counted, forms, total, year, column)
    for form in forms:
        if doubt is None and len(orders[group_of(form)]) > 1:
            doubt = _either(forms, orders, group_of(form), column)
    if doubt is not None:
        return Dates(questions=(doubt,))
    return _patterns(iso, counted, forms, orders)


def _count(shapes: Iterable[Shape]) -> int:
    return sum(shape.count for shape in shapes)


def _patterns(
    iso: Sequence[Shape],
    counted: Sequence[Shape],
    forms: Sequence[Form],
    orders: Mapping[str, Sequence[str]],
) -> Dates:
    """Patterns with the evidence of each, those of most lines first."""
    found = [(shape.count, ISO, f"{shape.example} begins with the year") for shape in iso]
    for shape in counted:
        word = counted_as(shape)
        found.append((shape.count, word, f"{shape.example} counts ({word})"))
    for form in forms:
        order = orders[group_of(form)][0]
        found.append((form.shape.count, pattern_of(form, order), evidence(form, order)))
    patterns: dict[str, str] = {}
    # What proves an order says more than what does not.
    proofs = sorted(found, key=lambda one: (-one[0], "occurs" not in one[2]))
    for _, pattern, why in proofs:
        patterns.setdefault(pattern, why)
    proving = [why for _, _, why in found if "occurs" in why]
    return Dates(tuple(patterns), tuple(dict.fromkeys([*proving[:1], *patterns.values()])))


def _conflict(
    forms: Sequence[Form], orders: Mapping[str, Sequence[str]], column: str
) -> Question | None:
    """Whether values written alike contradict each other."""
    for form in forms:
        if not orders[group_of(form)]:
            group = [f for f in forms if group_of(f) == group_of(form)]
            first = next((f.shape.first_over for f in group if f.shape.first_over), None)
            second = next((f.shape.second_over for f in group if f.shape.second_over), None)
            if first and second:
                return _two_kinds(column, first, second, "day first and month first in turn")
            return Question(
                "format.dates",
                f"the column {quoted(column)} holds dates such as {quoted(form.shape.example)} "
                f"with years from {form.shape.low[2]:02} to {form.shape.high[2]:02}, which no "
                "order of day, month and year explains",
                (_OWN_PATTERN,),
            )
    return None


def _swapped(
    iso: Sequence[Shape],
    counted: Sequence[Shape],
    forms: Sequence[Form],
    total: int,
    year: int,
    column: str,
) -> Question | None:
    """Whether dates and text stand in turn, as a program leaves them that knew another order.

    It makes dates of what fits its own, with day and month swapped, and leaves the rest as text.
    """
    text = [form for form in forms if "B" not in form.parts and not form.parts.startswith("y")]
    if not text:
        return None
    likely = [s for s in iso if s.high[0] >= FIRST_YEAR and s.low[0] <= year + 1]
    # Such a program makes no date of a day above 12.
    made = [*likely, *counted] if counted or all(s.high[2] <= 12 for s in likely) else []
    if _count(made) > _RARE * total:
        return _two_kinds(
            column, made[0].example, text[0].shape.example, "as dates and as text in turn"
        )
    marks = {group_of(form): form for form in text if form.parts[0] == "n"}
    if len({form.mark for form in marks.values()}) > 1:
        one, other = list(marks.values())[:2]
        return _two_kinds(column, one.shape.example, other.shape.example, "in two ways in turn")
    return None


def _two_kinds(column: str, one: str, other: str, how: str) -> Question:
    return Question(
        "format.dates",
        f"the column {quoted(column)} is written {how} ({one}, {other}), so that day and month of "
        "some may have been swapped before they came here: export it again with all dates written "
        "alike, such as 2023-12-31, or say what holds for all",
        (_OWN_PATTERN,),
    )


def _either(
    forms: Sequence[Form], orders: Mapping[str, Sequence[str]], group: str, column: str
) -> Question:
    form = max((f for f in forms if group_of(f) == group), key=lambda f: f.shape.count)
    ways = []
    for order in orders[group]:
        read = parse_date(form.shape.example, (pattern_of(form, order),))
        ways.append((pattern_of(form, order), f"{read:%d %B %Y}" if read else "no date"))
    shown = " or ".join(dict.fromkeys(way for _, way in ways))
    years = any(pattern.startswith("yy") for pattern, _ in ways)
    what = "year, month and day apart" if years else "the day from the month (days 1 to 12 only)"
    return Question(
        "format.dates",
        f"nothing in the column {quoted(column)} tells {what}: {form.shape.example} may be {shown}",
        tuple(f"format.dates = [{quoted(pattern)}]" for pattern, _ in ways),
    )


def _no_dates(shapes: Iterable[Shape], column: str) -> Dates:
    examples = [shape.example for shape in sorted(shapes, key=lambda s: -s.count)[:3]]
    shown = ", ".join(map(quoted, examples)) or "nothing"
    return Dates(
        questions=(
            Question(
                "format.dates",
                f"the column {quoted(column)} holds no dates that can be read ({shown}): export it "
                "again with dates such as 2023-12-31, or say how they are written",
                (_OWN_PATTERN,),
            ),
        )
    )
