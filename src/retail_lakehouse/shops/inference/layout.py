"""Where a table's header is, and which of its columns are ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retail_lakehouse.shops.description import Columns
from retail_lakehouse.shops.inference import names
from retail_lakehouse.shops.inference.questions import Question, quoted

Row = Sequence[str | None]
REQUIRED = ("invoice", "stock_code", "quantity", "invoice_date", "price", "customer_id")
# A table with fewer of our columns is something else, such as notes or a pivot table.
MEANT_AS_LINES = 4
# A table that lacks one of these but not all, or not both of the others, is still a list of lines.
_OF_LINES = ("invoice", "invoice_date", "quantity")
_NUMERIC = ("quantity", "price", "amount")
_SAMPLE = 1_000
# Titles above a header are few.
_MOST_TITLES = 50
_LONGEST_NAME = 150
_HALF = 0.5
_NUMBER = re.compile(r"^[^0-9]{0,6}[0-9][0-9.,' \u00a0\u202f]*([eE][+-]?[0-9]+)?[^0-9]{0,6}$")
_DATE = re.compile(r"^(?=(.*[0-9]){4})[0-9A-Za-z.,:/+' \u00a0\u202f-]+$")


@dataclass(frozen=True)
class Layout:
    """places: of our columns among theirs; header: row of the names, -1: before the first."""

    header: int
    names: tuple[str, ...]
    places: Mapping[str, int]

    def columns(self) -> Columns:
        """As they stand in a description."""
        return Columns(**{ours: self.names[place] for ours, place in self.places.items()})


@dataclass(frozen=True)
class Found:
    """layout: None where no header was found. missing: ours that no column could be."""

    layout: Layout | None
    missing: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def is_lines(self) -> bool:
        """Whether it is a list of invoice lines, if perhaps not a whole one."""
        lacking = len(set(_OF_LINES) & set(self.missing))
        return self.layout is not None and (lacking == 0 or len(self.missing) <= 1)


def as_names(row: Row) -> tuple[str, ...]:
    """A header's names, each another: of a kind that a description and a map can hold."""
    # A dict for its order and quick look-up: a row may have millions of cells.
    found: dict[str, None] = {}
    for place, cell in enumerate(row):
        name = " ".join((cell or "").split())[:_LONGEST_NAME] or f"column {place + 1}"
        # The second of a name gets its place.
        while name in found:
            name += f" ({place + 1})"
        found[name] = None
    return tuple(found)


def find(head: Sequence[Row], answers: Mapping[str, str] | None = None) -> Found:
    """The layout that names and values propose. head: the table's first rows as text.

    answers: names of theirs for ours, which somebody has settled.
    """
    titles = head[:_MOST_TITLES]
    asked = answers or {}
    scores = [max(names.matched([cell or "" for cell in row]), _met(asked, row)) for row in titles]
    best = max(scores, default=0)
    if best < MEANT_AS_LINES:
        return Found(None)
    header = scores.index(best)
    sample = head[header + 1 : header + 1 + _SAMPLE]
    return choose(as_names(head[header]), sample, header, answers)


def _met(asked: Mapping[str, str], row: Row) -> int:
    """How many of the answers the row has a column for."""
    return len(asked) - len(_asked(as_names(row), asked, -1).missing) if asked else 0


def choose(
    header: tuple[str, ...],
    sample: Sequence[Row],
    at: int = -1,
    answers: Mapping[str, str] | None = None,
) -> Found:
    """Which columns are ours, where the names are known."""
    settled = _asked(header, answers or {}, at).layout
    places: dict[str, int] = dict(settled.places) if settled else {}
    if "amount" in places and "price" not in places:
        answers = {**(answers or {}), "price": ""}
    questions: list[Question] = []
    for ours, claims in names.candidates(header).items():
        claims = [place for place in claims if place not in places.values()]
        if ours in (answers or {}) or not claims:
            continue
        fit = _fitting(ours, claims, sample)
        if len(fit) > 1 and ours not in ("description", "country"):
            questions.append(_which(ours, fit, header, sample))
        if fit:
            places[ours] = fit[0]
    if "price" in places:
        places.pop("amount", None)
        questions = [q for q in questions if q.key != "columns.amount"]
    if _has_clock(places, sample):
        places.pop("invoice_time", None)
    questions = [q for q in questions if q.key.removeprefix("columns.") in places]
    missing = tuple(
        ours
        for ours in REQUIRED
        if ours not in places and not (ours == "price" and "amount" in places)
    )
    return Found(Layout(at, header, places), missing, tuple(questions))


def _has_clock(places: Mapping[str, int], sample: Sequence[Row]) -> bool:
    """Whether the dates bring their time of day with them, or there is none apart."""
    if "invoice_time" not in places or "invoice_date" not in places:
        return "invoice_time" in places
    dates = _values(places["invoice_date"], sample)
    # Typed dates of a workbook bring a midnight with them.
    clocks = [re.search(r"[ T]([0-9]{1,2}:[0-9]{2}.*)$", date) for date in dates]
    return any(clock and clock[1].strip("0:") for clock in clocks)


def _values(place: int, sample: Sequence[Row]) -> list[str]:
    cells = (row[place] for row in sample if place < len(row))
    return [cell.strip() for cell in cells if cell and cell.strip()]


def _fitting(ours: str, claims: Sequence[int], sample: Sequence[Row]) -> list[int]:
    """Those of the claims whose values fit; of several that say the same, the first."""
    if len(claims) == 1:
        return list(claims)
    fit: list[int] = []
    seen: list[list[str]] = []
    for place in claims:
        values = _values(place, sample)
        if not values and sample:
            continue
        if values and not _fits(ours, values):
            continue
        if values not in seen or not values:
            fit.append(place)
            seen.append(values)
    return fit or list(claims[:1])


def _fits(ours: str, values: Sequence[str]) -> bool:
    pattern = _NUMBER if ours in _NUMERIC else _DATE if ours == "invoice_date" else None
    if pattern is None:
        return True
    return sum(pattern.match(value) is not None for value in values) >= _HALF * len(values)


def _which(ours: str, fit: Sequence[int], header: Sequence[str], sample: Sequence[Row]) -> Question:
    shown = []
    for place in fit:
        values = _values(place, sample)
        shown.append(f"{quoted(header[place])} (such as {quoted(values[0]) if values else '-'})")
    return Question(
        f"columns.{ours}",
        f"{' and '.join(shown)} could both be the {names.SHOWN[ours]}",
        tuple(f"columns.{ours} = {quoted(header[place])}" for place in fit),
    )


def by_description(head: Sequence[Row], columns: Columns, header_row: int = 0) -> Found:
    """The layout that a description asks for; case, blanks and marks in names do not matter."""
    asked = {ours: name for ours, name in vars(columns).items() if name is not None}
    rows = range(len(head)) if header_row == 0 else range(header_row - 1, header_row)
    best = Found(None, tuple(asked))
    for row in rows:
        if row < len(head):
            found = _asked(as_names(head[row]), asked, row)
            if len(found.missing) < len(best.missing):
                best = found
    return best


def named_as(header: tuple[str, ...], columns: Columns) -> Found:
    """As ``by_description``, where the names are known."""
    return _asked(
        header, {ours: name for ours, name in vars(columns).items() if name is not None}, -1
    )


def _asked(header: tuple[str, ...], asked: Mapping[str, str], at: int) -> Found:
    exact = {name: place for place, name in reversed(list(enumerate(header)))}
    plain = {names.plain_name(name): place for name, place in exact.items()}
    places = {}
    for ours, name in asked.items():
        plain_name = names.plain_name(name)
        # Names in other letters have nothing plain.
        place = exact.get(name, plain.get(plain_name) if plain_name else None)
        if place is not None:
            places[ours] = place
    missing = tuple(ours for ours in asked if ours not in places)
    return Found(Layout(at, header, places), missing)


def fits(layout: Layout, rows: Sequence[Row]) -> bool:
    """Whether dates and numbers stand where the layout has them."""
    for ours in ("invoice_date", *_NUMERIC):
        place = layout.places.get(ours)
        values = _values(place, rows) if place is not None else []
        if place is not None and not (values and _fits(ours, values)):
            return False
    return True


def goes_on(head: Sequence[Row], before: Layout, sample: Sequence[Row]) -> bool:
    """Whether rows without a header are more of a table. sample: rows of that table."""
    if not head or not sample or len(head[0]) != len(before.names):
        return False
    if not fits(before, head):
        return False
    lengths = {len(value) for value in _values(before.places["invoice_date"], sample)}
    first = _values(before.places["invoice_date"], head[:1])
    return bool(first) and min(lengths) - 2 <= len(first[0]) <= max(lengths) + 2
