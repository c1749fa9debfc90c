"""What lines mean: cancellations, adjustments, products, anonymous customers; from counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retail_lakehouse.shops.description import Cancellation, LineRules
from retail_lakehouse.shops.inference.names import plain_name
from retail_lakehouse.shops.inference.words import NOBODY, SERVICES, TAKES_BACK

MOST_VALUES = 1_000
# Of the lines whose invoice begins with a cancellation's letters, those that take units back.
_NEARLY_ALL = 0.9
_FEW, _SEVERAL = 0.01, 0.02


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
    one. nobody: lines of each word for a customer that has no digit or only zeros. status: for
    columns that may say what a line is, lines of each of their words.
    """

    lines: int = 0
    prefixes: Mapping[str, Prefix] = field(default_factory=dict)
    five_digits: int = 0
    with_digit: int = 0
    words: Mapping[str, int] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)
    anonymous: int = 0
    status: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def negative(self) -> int:
        """Lines of a negative quantity."""
        return sum(prefix.negative for prefix in self.prefixes.values())


def decide(counts: Counts) -> tuple[LineRules, tuple[str, ...]]:
    """The rules and the evidence for each, a clause."""
    findings: list[str] = []
    cancelled = _cancelling_prefix(counts)
    cancellation = Cancellation(invoice_prefix=cancelled)
    if cancelled:
        example = counts.prefixes[cancelled]
        findings.append(f"invoices such as {example.example} cancel ({example.lines:,} lines)")
    else:
        cancellation = _by_status(counts) or cancellation
        if cancellation.column:
            words = ", ".join(cancellation.values)
            findings.append(f"{cancellation.column} says what cancels: {words}")
        elif counts.negative:
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
    rules = LineRules(cancellation, adjusting, "", services, anonymous)
    return rules, tuple(findings)


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
        back = tuple(sorted(word for word in words if plain_name(word) in TAKES_BACK))
        if back and sum(words[word] for word in back) <= counts.lines / 2:
            return Cancellation(negative_quantity=bool(counts.negative), column=column, values=back)
    return None


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
        and plain.lines >= counts.lines / 2
        and _cancelling_prefix(counts) == ("C" if "C" in letters else None)
        and ("C" in letters or not counts.negative)
        and _adjusting_prefix(counts, "C") == ("A" if "A" in letters else None)
    )


def is_service(code: str) -> bool:
    """Whether the code is a service in anybody's files: postage, discount, a fee."""
    return plain_name(code) in SERVICES
