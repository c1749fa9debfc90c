"""Patterns of dates as Spark takes them, and what text fits them, for Python and Java alike.

Java's own leniency (signs, any number of zeros, years of five digits) would read what no shop
writes. So text must fit the expression first, and both languages read it the same way.
"""

import re
from functools import cache

from retail_lakehouse.shops.description import DATE_WORDS

_LONGEST = 40
# Nothing that is sold in a shop's files was sold before.
FIRST_YEAR = 1990
_SIGNS = " /.-:,'Tt_"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FULL_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
# One letter: as many digits as come. Several stand where no mark separates the parts.
_PARTS = {
    "yyyy": "[0-9]{4}", "yy": "[0-9]{2}",
    "MMMM": f"(?i:{_FULL_MONTHS})", "MMM": f"(?i:{_MONTHS})", "MM": "[0-9]{2}", "M": "[0-9]{1,2}",
    "dd": "[0-9]{2}", "d": "[0-9]{1,2}",
    "HH": "[0-9]{2}", "H": "[0-9]{1,2}", "hh": "[0-9]{2}", "h": "[0-9]{1,2}",
    "mm": "[0-9]{2}", "m": "[0-9]{1,2}", "ss": "[0-9]{2}", "s": "[0-9]{1,2}",
    "SSS": "[0-9]{3}", "SSSSSS": "[0-9]{6}", "a": "(?i:am|pm)",
}  # fmt: skip
# Spellings that neither language reads, with the part that they stand in, and what it reads.
_RESPELLED = (
    ("a", "(?i)a\\.[ \u00a0\u202f]?m\\.", "am"),
    ("a", "(?i)p\\.[ \u00a0\u202f]?m\\.", "pm"),
    ("MMM", r"(?i)\bsept\b", "Sep"),
)
_TOKEN = re.compile(r"([a-zA-Z])\1*|'[^']*'|[^a-zA-Z']")


def tokens(pattern: str) -> list[str]:
    """The pattern's parts and marks; ValueError, which says why, if it is none."""
    if len(pattern) > _LONGEST:
        raise ValueError(f"has more than {_LONGEST} characters")
    found = [match[0] for match in _TOKEN.finditer(pattern)]
    if "".join(found) != pattern:
        raise ValueError("has a quotation mark that is not closed")
    for token in found:
        if token[0].isalpha() and token not in _PARTS:
            raise ValueError(f"has {token!r}, which is no part of a date")
        if not token[0].isalpha() and token[0] not in _SIGNS:
            raise ValueError(f"has {token!r}, which does not separate parts of a date")
    parts = [token[0] for token in found if token[0].isalpha()]
    if len(parts) != len(set(parts)) or not {"y", "M", "d"} <= set(parts):
        raise ValueError("does not say year, month and day once each")
    return found


def check(pattern: str) -> None:
    """ValueError, which says why, unless it is a pattern or one of DATE_WORDS."""
    if pattern not in DATE_WORDS:
        tokens(pattern)


@cache
def expression(pattern: str) -> str:
    """A regular expression, for Python and Java, of the whole texts that the pattern reads."""
    return "^" + "".join(_expression(token) for token in tokens(pattern)) + "$"


@cache
def respelled(pattern: str) -> tuple[tuple[str, str], ...]:
    """What to replace in a text before it is read: expressions for Python and Java, and words."""
    parts = tokens(pattern)
    return tuple((spelt, meant) for part, spelt, meant in _RESPELLED if part in parts)


def _expression(token: str) -> str:
    if token in _PARTS:
        year = "(?!0000)" if token == "yyyy" else ""  # noqa: S105, there is no year 0
        return year + _PARTS[token]
    # Not re.escape: Java takes no escaped blank in every mode.
    return "".join(f"\\{c}" if c in ".-/" else c for c in token.strip("'"))
