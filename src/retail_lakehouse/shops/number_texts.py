"""How people write numbers and amounts: marks, signs and words of money, brackets, a minus behind.

Regular expressions that Spark (Java) and Python read alike but for ``letter``, the class of letters
that each of them has. Cleaning (``medallion/texts``) and estimates (``single_values``) go by these
alone, so that an estimate says what cleaning will do.
"""

import re
from functools import cache

from retail_lakehouse.shops.currencies import CODES, SHARED_SIGNS, SIGNS
from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, Format

JAVA_LETTER = r"\p{L}"
PYTHON_LETTER = r"[^\W\d_]"
BLANKS = " \t\r\n\u00a0\u202f\u2009"
MINUS = "\u2212"
LONGEST_DRESSED = 60
LONGEST_PRICE = 40
# Spark needs hours for 1e-999999999.
SHORT_POWER = r"^\s*[+-]?[0-9.]{1,40}[eE][+-]?[0-9]{1,2}\s*$"
_POWER = "(?:[eE][+-]?[0-9]{1,2})?"
# Signs of money; no class of both languages has them all and nothing else.
_SIGN = r"[$\u00a2-\u00a5\u20a0-\u20cf]"
# One after the other: what is looked for, and what comes in its place ($1: the first group).
MINUS_FIRST = (
    (rf"^'[{BLANKS}]*", ""),
    (MINUS, "-"),
    (rf"^\([{BLANKS}]*(.*?)[{BLANKS}]*\)$", "-$1"),
    # 3,- is no negative: some write so that there are no pence.
    (rf"^(.*[^{BLANKS}.,'])[{BLANKS}]*-$", "-$1"),
    (rf"^([+-])[{BLANKS}]+", "$1"),
)


def number_in(form: Format) -> str:
    """The whole of a number with the shop's marks."""
    whole = "[0-9]+"
    if form.thousands:
        whole = f"(?:[0-9]{{1,3}}(?:[{thousands_marks(form)}][0-9]{{3}})+|{whole})"
    decimal = re.escape(form.decimal)
    return rf"^[+-]?(?:{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+){_POWER}$"


def thousands_marks(form: Format) -> str:
    """For a class of characters: those that people take for the shop's mark of thousands."""
    marks = {" ": " \u00a0\u202f\u2009", "'": "'\u2019", ".": r"\."}
    return marks.get(form.thousands, form.thousands)


@cache
def money_signs(currency: str, letter: str) -> tuple[tuple[str, str], ...]:
    """What stands before an amount and behind it: any sign or word but another currency's.

    As in ``MINUS_FIRST``: what is looked for, and what comes in its place.
    """
    others = set() if currency == UNKNOWN_CURRENCY else CODES - {currency}
    for sign, owner in SIGNS.items():
        if currency not in (UNKNOWN_CURRENCY, *SHARED_SIGNS.get(sign, owner).split()):
            others |= {sign}
    foreign = "|".join(re.escape(sign) for sign in sorted(others)) or "(?!)"
    ours = rf"(?<!{letter})(?!(?i:{foreign})(?!{letter}))"
    sign = rf"(?!{foreign}){_SIGN}"
    # A letter behind may be a unit, or half of a power of ten.
    word = rf"(?!{letter})\.?(?:{sign})?"
    front = rf"{ours}(?:(?:[A-Z]|{letter}{{2,3}}){word}|{sign})"
    behind = rf"{ours}(?:{letter}{{2,3}}{word}|{sign})"
    return (
        (rf"^([(+{MINUS}'-]*[{BLANKS}]*){front}[{BLANKS}]*", "$1"),
        (rf"[{BLANKS}]*{behind}[{BLANKS}]*([)-]*)$", "$1"),
    )
