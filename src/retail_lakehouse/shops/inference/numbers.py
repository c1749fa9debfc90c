"""Which marks a shop's numbers are written with, from the shapes of all of them together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retail_lakehouse.shops.inference.questions import Question, quoted
from retail_lakehouse.shops.notation.currencies import CODES, SIGNS

MOST_SHAPES = 300
# What is rarer is a mistake in a line, and cleaning says so.
_RARE = 0.02
_DIGITS = re.compile(r"[09][09.,' \u00a0\u202f\u2019]*[09]|[09]")
_BLANKS = " \u00a0\u202f"


@dataclass(frozen=True)
class NumberShape:
    """Numbers that look alike: a first 0 stays, each other digit is 9. column: theirs."""

    text: str
    count: int
    example: str
    column: str = ""


@dataclass(frozen=True)
class Marks:
    """decimal, thousands: of a description. currency: "" where no sign stands for one."""

    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    findings: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def decide(shapes: Sequence[NumberShape]) -> Marks:
    """The marks that read every number; a question where several could, or none."""
    total = sum(shape.count for shape in shapes)
    shown: dict[tuple[str, str], list[NumberShape]] = {}
    maybe: dict[str, list[NumberShape]] = {}
    for shape in shapes:
        found = _DIGITS.search(shape.text)
        if found is None or (found[0].count("9") + found[0].count("0")) > 25:
            continue
        marks = _marks(found[0])
        if len(marks) == 1:
            shown.setdefault(marks[0], []).append(shape)
        elif marks:
            maybe.setdefault(next(mark for mark in (".", ",") if mark in found[0]), []).append(
                shape
            )
    currency, findings, doubts = _currency(shapes, total)
    decimals = _sides(shown, 0, total)
    thousands = _sides(shown, 1, total)
    if len(decimals) > 1:
        return Marks(questions=(_contradiction(list(decimals.values())),))
    if set(decimals) & set(thousands):
        (mark,) = set(decimals) & set(thousands)
        return Marks(questions=(_contradiction([decimals[mark], thousands[mark]]),))
    decimal = next(iter(decimals), "")
    if not decimal:
        decimal, doubt = _from_the_rest(maybe, thousands)
        doubts += (doubt,) if doubt else ()
    by_size = {mark: one for mark, one in thousands.items() if mark != decimal}
    loose = [m for m in maybe if m != decimal and m not in by_size]
    groups = [*by_size, *loose]
    if len(groups) > 1:
        examples = [by_size.get(g) or maybe[g][0] for g in groups]
        return Marks(questions=(_contradiction(examples),))
    if decimal in decimals:
        findings += (f"{decimals[decimal].example} occurs: decimal mark {decimal}",)
    if groups:
        example = by_size.get(groups[0]) or maybe[groups[0]][0]
        findings += (f"{example.example} occurs: thousands mark {quoted(groups[0])}",)
    return Marks(decimal, groups[0] if groups else "", currency, findings, doubts)


def _marks(digits: str) -> list[tuple[str, str]]:
    """All (decimal, thousands) that could read the digits; [("", "")]: there is no mark."""
    plain = digits.replace("\u2019", "'")
    for blank in _BLANKS[1:]:
        plain = plain.replace(blank, " ")
    used = [mark for mark in (".", ",", " ", "'") if mark in plain]
    if not used:
        return []
    found = []
    for decimal in (".", ","):
        whole, mark, fraction = plain.rpartition(decimal) if decimal in used else (plain, "", "")
        if mark and not re.fullmatch(r"[09]+", fraction):
            continue
        others = [other for other in used if other in whole]
        if len(others) > 1 or decimal in others:
            continue
        groups = r"9[09]{0,2}(?:[X][09]{3})+|9[09]?(?:,[09]{2})+,[09]{3}"
        if others and not re.fullmatch(groups.replace("X", others[0]), whole):
            continue
        found.append((decimal if mark else "", others[0] if others else ""))
    return sorted(set(found))


def _sides(
    shown: dict[tuple[str, str], list[NumberShape]], side: int, total: int
) -> dict[str, NumberShape]:
    """Marks on that side of the decimal mark, each with its most frequent shape."""
    counts: dict[str, list[NumberShape]] = {}
    for marks, shapes in shown.items():
        if marks[side]:
            counts.setdefault(marks[side], []).extend(shapes)
    return {
        mark: max(shapes, key=lambda shape: shape.count)
        for mark, shapes in counts.items()
        if sum(shape.count for shape in shapes) > _RARE * _RARE * total
    }


def _from_the_rest(
    maybe: dict[str, list[NumberShape]], thousands: dict[str, NumberShape]
) -> tuple[str, Question | None]:
    """The decimal mark where every mark has three digits behind it."""
    if not maybe:
        return "," if "." in thousands else ".", None
    if len(maybe) == 1:
        (mark,) = maybe
        other = "," if mark == "." else "."
        if mark in thousands:
            return other, None
        if other in thousands:
            return mark, None
        example = maybe[mark][0].example
        return ".", Question(
            "format.decimal",
            f"the mark in {quoted(example)} may stand before decimals or after thousands, and no "
            "other number tells",
            (
                f'format.decimal = "{mark}"',
                f'format.decimal = "{other}" with format.thousands = "{mark}"',
            ),
        )
    return ".", _contradiction([shapes[0] for shapes in maybe.values()])


def _contradiction(shapes: Sequence[NumberShape]) -> Question:
    one, other = shapes[0], shapes[1]
    where = f"the column {quoted(one.column)}" if one.column else "a column"
    return Question(
        "format.decimal",
        f"numbers are written in two ways, {quoted(one.example)} in {where} and "
        f"{quoted(other.example)} in {quoted(other.column)}: write them alike, or say what holds",
        ('format.decimal = "."', 'format.decimal = ","'),
    )


def _currency(
    shapes: Sequence[NumberShape], total: int
) -> tuple[str, tuple[str, ...], tuple[Question, ...]]:
    counts: dict[str, NumberShape] = {}
    for shape in shapes:
        rest = _DIGITS.sub("", shape.text).strip(" \u00a0\u202f-+()'")
        named = rest.upper()
        code = named if named in CODES else SIGNS.get(rest) or SIGNS.get(named)
        if code and (code not in counts or shape.count > counts[code].count):
            counts[code] = shape
    common = {code: shape for code, shape in counts.items() if shape.count > _RARE * total / 2}
    if len(common) > 1:
        examples = " and ".join(quoted(shape.example) for shape in list(common.values())[:2])
        doubt = Question(
            "currency",
            f"prices are in several currencies ({examples}), and are not converted: give each its "
            "own home, or say which holds",
            tuple(f'currency = "{code}"' for code in common),
        )
        return "", (), (doubt,)
    for code, shape in common.items():
        return code, (f"{shape.example} occurs: currency {code}",), ()
    return "", (), ()
