"""How numbers and money are written, in expressions that Java and Python both take.

Cleaning reads whole columns with them in Spark, and looks at single values do in Python: with the
same expressions, they read the same.
"""

import re
from functools import cache

from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, Format
from retail_lakehouse.shops.notation.currencies import CODES, SIGNS

# One after the other: what is looked for, and what comes in its place ($1: the first group).
Replacements = tuple[tuple[str, str], ...]

BLANKS = " \t\r\n\u00a0\u202f\u2009"
MINUS = "\u2212"
SHORT_NUMBER = r"^\s*[+-]?[0-9.]{1,20}([eE][+]?[0-9]{1,2})?\s*$"
SHORT_POWER = r"^\s*[+-]?[0-9.]{1,40}[eE][+-]?[0-9]{1,2}\s*$"
# A spreadsheet's short form of a long code: its last digits are lost.
SHORTENED = r"^-?[0-9]\.[0-9]+[eE]\+[0-9]+$"
LONGEST_PRICE = 40
LONGEST_DRESSED = 60
_POWER = "(?:[eE][+-]?[0-9]{1,2})?"
# What bookkeepers write behind an amount: its side, which may be the negative.
_SIDES = frozenset({"CR", "DR"})
# Signs that are those of several currencies.
_SHARED = {
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "kr": "SEK NOK DKK ISK",
    "Fr.": "CHF XAF XOF XPF",
    "C$": "CAD NIO",
    "S$": "SGD SBD",
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD "
    "SBD SGD SRD TTD TWD UYU XCD",
}


@cache
def number_in(form: Format) -> str:
    """A number with the shop's marks."""
    whole = "[0-9]+"
    if form.thousands:
        mark = f"[{marks(form.thousands)}]"
        # In India groups of two stand before the last of three.
        india = f"[0-9]{{1,2}}(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}|" * (form.thousands == ",")
        whole = f"(?:{india}[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|{whole})"
    decimal = re.escape(form.decimal)
    return rf"^[+-]?(?:{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+){_POWER}$"


def marks(thousands: str) -> str:
    """For a class of characters: those that people take for the same mark."""
    return {" ": " \u00a0\u202f\u2009", "'": "'\u2019", ".": r"\."}.get(thousands, thousands)


# What puts the minus of (3), 3- and '-3 first.
MINUS_FIRST: Replacements = (
    (rf"^'[{BLANKS}]*", ""),
    (MINUS, "-"),
    (rf"^\([{BLANKS}]*(.*?)[{BLANKS}]*\)$", "-$1"),
    # 3,- is no negative: some write so that there are no pence.
    (rf"^(.*[^{BLANKS}.,'])[{BLANKS}]*-$", "-$1"),
    (rf"^([+-])[{BLANKS}]+", "$1"),
)


def undressing(currency: str) -> Replacements:
    """What takes the sign or word for the currency away, in front and behind, then MINUS_FIRST."""
    front, behind = _signs_of(currency)
    minus = f"[(+{MINUS}'-]*"
    return (
        (rf"^({minus}[{BLANKS}]*){front}[{BLANKS}]*", "$1"),
        (rf"[{BLANKS}]*{behind}[{BLANKS}]*([)-]*)$", "$1"),
        *MINUS_FIRST,
    )


@cache
def _signs_of(currency: str) -> tuple[str, str]:
    """Expressions of what may stand before and after an amount: any sign or word but another's."""
    others = set(_SIDES) if currency == UNKNOWN_CURRENCY else _SIDES | CODES - {currency}
    for sign, owner in SIGNS.items():
        if currency not in (UNKNOWN_CURRENCY, *_SHARED.get(sign, owner).split()):
            others |= {sign}
    foreign = "|".join(re.escape(sign) for sign in sorted(others)) or "(?!)"
    ours = rf"(?<!\p{{L}})(?!(?i:{foreign})(?!\p{{L}}))"
    sign = rf"(?!{foreign})\p{{Sc}}"
    # A letter behind may be a unit, or half of a power of ten.
    word = rf"(?!\p{{L}})\.?(?:{sign})?"
    return (
        rf"{ours}(?:(?:\p{{Lu}}|\p{{L}}{{2,3}}){word}|{sign})",
        rf"{ours}(?:\p{{L}}{{2,3}}{word}|{sign})",
    )
