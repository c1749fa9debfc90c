"""What lines mean: cancellations, adjustments, products, anonymous customers; from counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from retail_lakehouse.shops.description import Cancellation, Columns, LineRules
from retail_lakehouse.shops.inference.names import plain_name
from retail_lakehouse.shops.inference.questions import Question, quoted
from retail_lakehouse.shops.inference.words import (
    NOBODY,
    SERVICES,
    TAKEN_BACK_NAMES,
    TAKES_BACK,
    YES,
)

MOST_VALUES = 1_000
# Of the lines whose invoice begins with a cancellation's letters, those that take units back.
_NEARLY_ALL = 0.9
_FEW, _SEVERAL = 0.01, 0.02
# Fewer invoices may have lines of one total by chance.
_BASKETS = 3
# Of all lines, and of the next customer's, those that one who is nobody may have.
_OF_ALL, _TIMES = 0.05, 3


@dataclass(frozen=True)
class Prefix:
    """Lines whose invoice begins with the same letters."""

    lines: int = 0
    negative: int = 0
    negative_price: int = 0
    example: str = ""


@dataclass(frozen=True)
class Counts:
    """What was counted over all lines.

    prefixes: by what an invoice has before its first digit. five_digits, with_digit: lines whose
    product code begins with five digits, or has a digit at all. words: lines of each code without
    one. nobody: lines of each word for a customer that has no digit or only zeros. customers: lines
    of those who have the most. status: for columns that may say what a line is, lines of each of
    their words. baskets: where there are totals, invoices with lines of several quantities;
    of_one_amount: those of them whose lines have one total; one_amount: an example.
    """

    lines: int = 0
    prefixes: Mapping[str, Prefix] = field(default_factory=dict)
    five_digits: int = 0
    with_digit: int = 0
    words: Mapping[str, int] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)
    anonymous: int = 0
    status: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    customers: Mapping[str, int] = field(default_factory=dict)
    baskets: int = 0
    of_one_amount: int = 0
    one_amount: str = ""

    @property
    def negative(self) -> int:
        """Lines of a negative quantity."""
        return sum(prefix.negative for prefix in self.prefixes.values())


def whose_total(counts: Counts, columns: Columns) -> list[Question]:
    """Whether what is taken for a line's total is that of its invoice, on each line again."""
    if counts.baskets < _BASKETS or counts.of_one_amount < _NEARLY_ALL * counts.baskets:
        return []
    name = quoted(columns.amount or "")
    return [
        Question(
            "columns.amount",
            f"the column {name} is the same on all lines of an invoice, whatever their quantity "
            f"({counts.one_amount}), so it seems to be the invoice's total and no line's: give "
            "files with a price or with the total of each line, or say that it is",
            (f"columns.amount = {name}",),
        )
    ]


def decide(counts: Counts) -> tuple[LineRules, tuple[str, ...]]:
    """The rules and the evidence for each, a clause."""
    findings: list[str] = []
    cancelled = _cancelling_prefix(counts)
    cancellation = _by_status(counts) or Cancellation()
    if cancelled:
        # What else is negative is none, or it would have the letters.
        cancellation = replace(cancellation, invoice_prefix=cancelled, negative_quantity=False)
        example = counts.prefixes[cancelled]
        findings.append(f"invoices such as {example.example} cancel ({example.lines:,} lines)")
    if cancellation.column:
        words = ", ".join(cancellation.values)
        findings.append(f"{cancellation.column} says what cancels: {words}")
    elif counts.negative and not cancelled:
        cancellation = Cancellation(negative_quantity=True)
        findings.append(f"negative quantities cancel ({counts.negative:,} lines)")
    adjusting = _adjusting_prefix(counts, cancelled)
    if adjusting:
        findings.append(f"invoices such as {counts.prefixes[adjusting].example} adjust the books")
    services = _products(counts)
    if services:
        findings.append("no products: " + ", ".join(services))
    anonymous = tuple(sorted(w for w in counts.nobody if is_nobody(w)))
    if anonymous:
        findings.append("no customer: " + ", ".join(anonymous))
    findings += _one_for_many(counts)
    rules = LineRules(cancellation, adjusting, "", services, anonymous)
    return rules, tuple(findings)


def _one_for_many(counts: Counts) -> list[str]:
    """A clause on a customer of so many lines that it may stand for all whom nobody knows."""
    known = {code: n for code, n in counts.customers.items() if not is_nobody(code)}
    most = sorted(known, key=lambda code: -known[code])[:2]
    if len(most) < 2 or known[most[0]] <= max(_OF_ALL * counts.lines, _TIMES * known[most[1]]):
        return []
    lines = f"{known[most[0]]:,} of {counts.lines:,} lines, the next {known[most[1]]:,}"
    return [f"no customer, perhaps: {most[0]} has {lines} (then name it in lines.anonymous)"]


def is_nobody(word: str) -> bool:
    """Whether the word stands for no customer in anybody's files."""
    lower = word.strip().lower()
    return lower in NOBODY or plain_name(lower) in NOBODY


def _cancelling_prefix(counts: Counts) -> str | None:
    """What nearly only cancellations begin with, where others begin otherwise."""
    found = [
        letters
        for letters, prefix in counts.prefixes.items()
        if letters
        and prefix.negative >= _NEARLY_ALL * prefix.lines
        and prefix.lines <= counts.lines / 2
    ]
    if not found:
        return None
    best = max(found, key=lambda letters: counts.prefixes[letters].lines)
    sales = [letters for letters in counts.prefixes if letters not in found]
    # A sale's invoice may begin with the same letter, as in CR1 beside C1.
    clash = any(letters.startswith(best) for letters in sales)
    return None if clash else best


def _by_status(counts: Counts) -> Cancellation | None:
    for column, words in counts.status.items():
        back = tuple(sorted(word for word in words if _takes_back(column, word)))
        if back and sum(words[word] for word in back) <= counts.lines / 2:
            return Cancellation(negative_quantity=bool(counts.negative), column=column, values=back)
    return None


def _takes_back(column: str, word: str) -> bool:
    """Whether the word says that a line is taken back: Returned, or Yes in a column Returned."""
    if plain_name(column) in TAKEN_BACK_NAMES and word.strip().lower() in YES:
        return True
    return plain_name(word) in TAKES_BACK


def _adjusting_prefix(counts: Counts, cancelled: str | None) -> str | None:
    for letters, prefix in counts.prefixes.items():
        few = letters and letters != cancelled and prefix.lines <= _FEW * counts.lines
        if few and 2 * prefix.negative_price >= prefix.lines:
            return letters
    return None


def _products(counts: Counts) -> tuple[str, ...]:
    """Codes that are no product."""
    # Where codes have digits, a few words among them are services.
    most = _SEVERAL * counts.lines if counts.with_digit >= _NEARLY_ALL * counts.lines else 0
    found = (w for w, lines in counts.words.items() if is_service(w) or lines <= most)
    return tuple(sorted({word.upper() for word in found})[:100])


def recognised(counts: Counts) -> bool:
    """Whether invoices and codes are as Online Retail's, of which the header is."""
    letters = set(counts.prefixes) - {""}
    plain = counts.prefixes.get("", Prefix())
    return (
        counts.five_digits >= _NEARLY_ALL * counts.lines
        and letters <= {"C", "A"}
        and _by_status(counts) is None
        and plain.lines >= counts.lines / 2
        and _cancelling_prefix(counts) == ("C" if "C" in letters else None)
        and ("C" in letters or not counts.negative)
        and _adjusting_prefix(counts, "C") == ("A" if "A" in letters else None)
    )


def is_service(code: str) -> bool:
    """Whether the code is a service in anybody's files: postage, discount, a fee."""
    return plain_name(code) in SERVICES
