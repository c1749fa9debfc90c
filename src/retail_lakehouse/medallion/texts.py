"""Codes, names and numbers out of the text that a source writes."""

import re
from functools import cache

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.shops.currencies import CODES, SIGNS
from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, Format
from retail_lakehouse.tables import QUANTITY

_BLANKS = " \t\r\n\u00a0\u202f\u2009"
# A spreadsheet's short form of a long code: its last digits are lost.
_SHORTENED = r"^-?[0-9]\.[0-9]+[eE]\+[0-9]+$"
_WHOLE = r"^[0-9]+\.0+$"
_INT_MAX = 2**31 - 1
_SHORT_NUMBER = r"^\s*[+-]?[0-9.]{1,20}([eE][+]?[0-9]{1,2})?\s*$"
_SHORT_POWER = r"^\s*[+-]?[0-9.]{1,40}[eE][+-]?[0-9]{1,2}\s*$"
_LONGEST_PRICE = 40
_LONGEST_DRESSED = 60
_POWER = "(?:[eE][+-]?[0-9]{1,2})?"
_MINUS = "\u2212"
# Signs that are those of several currencies.
_SHARED = {
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "kr": "SEK NOK DKK ISK",
    "Fr.": "CHF XAF XOF XPF",
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD "
    "SBD SGD SRD TTD TWD UYU XCD",
}


def clean_text(name: str) -> Column:
    """The text without surrounding blanks; empty, ``NaN`` and ``nan`` become null."""
    return _something(F.trim(name))


def with_codes(lines: DataFrame, **columns: str) -> DataFrame:
    """The lines with codes beside the text, by new name and column of the source.

    ``13085.0`` and ``'13085`` are ``13085``. ``6.01122E+12`` stays so: see ``is_shortened``.
    Codes, which decide what a line is, lose tabs, line ends and no-break spaces too.
    """
    # One after the other: within one expression the trimming would be done again and again.
    for clean in (_trimmed, _said, _whole):
        lines = lines.withColumns({new: clean(old) for new, old in columns.items()})
        columns = {new: new for new in columns}
    return lines


def _trimmed(name: str) -> Column:
    return F.btrim(F.col(name), F.lit(_BLANKS))


def _said(name: str) -> Column:
    text = F.col(name)
    quoted = F.nullif(F.ltrim(text, F.lit("'")), F.lit(""))
    return F.when(text.startswith("'"), quoted).otherwise(_something(text))


def _whole(name: str) -> Column:
    text = F.col(name)
    # Which few codes have: an expression for each of millions takes its time.
    whole = text.contains(".0") & text.rlike(_WHOLE)
    return F.when(whole, F.substring_index(text, ".", 1)).otherwise(text)


def _something(text: Column) -> Column:
    return F.when(~text.isin("", "NaN", "nan"), text)


def is_shortened(text: Column) -> Column:
    """Whether a code has lost digits, so that several of them may look the same."""
    return text.contains("+") & text.rlike(_SHORTENED)


def quantity(text: Column, form: Format) -> Column:
    """Units, to the thousandth; null if it is no number, or has more decimals than that."""
    return F.coalesce(_units(_plain(text, form)), _units(_plain(_minus_first(text), form)))


def _units(text: Column) -> Column:
    # So short that no digit is rounded away.
    number = F.when(text.rlike(_SHORT_NUMBER), text.try_cast("DECIMAL(30,19)"))
    rounded = number.try_cast(QUANTITY)
    exact = (rounded == number) & (F.abs(rounded) <= _INT_MAX)
    # The smallest INT has no absolute value.
    plain = F.nullif(text.try_cast("INT"), F.lit(-_INT_MAX - 1))
    return F.coalesce(plain.cast(QUANTITY), F.when(exact, rounded))


def money(text: Column, form: Format, currency: str, kind: str) -> Column:
    """A price or total such as ``2.55``, ``£1,234.50`` or ``1e-2``, to the nearest ten-thousandth.

    kind: a decimal type. A sign of another currency makes it unreadable.
    """
    bare = _minus_first(_without_signs(text, currency))
    return F.coalesce(_money(_plain(text, form), kind), _money(_plain(bare, form), kind))


def _money(text: Column, kind: str) -> Column:
    # Spark needs hours for 1e-999999999.
    short = (F.length(text) <= _LONGEST_PRICE) & ~text.contains("e") & ~text.contains("E")
    return F.when(short | text.rlike(_SHORT_POWER), text.try_cast(kind))


def _plain(text: Column, form: Format) -> Column:
    """The number as Spark writes one; null where the shop does not write numbers like this."""
    if form.decimal == "." and not form.thousands:
        return text
    found = F.when(text.rlike(_number_in(form)), text)
    if form.thousands:
        found = F.regexp_replace(found, f"[{_marks(form.thousands)}]", "")
    return F.replace(found, F.lit(form.decimal), F.lit("."))


def _number_in(form: Format) -> str:
    whole = "[0-9]+"
    if form.thousands:
        whole = f"(?:[0-9]{{1,3}}(?:[{_marks(form.thousands)}][0-9]{{3}})+|{whole})"
    decimal = re.escape(form.decimal)
    return rf"^[+-]?(?:{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+){_POWER}$"


def _marks(thousands: str) -> str:
    """For a class of characters: those that people take for the same mark."""
    return {" ": " \u00a0\u202f\u2009", "'": "'\u2019", ".": r"\."}.get(thousands, thousands)


def _minus_first(text: Column) -> Column:
    """``(3)``, ``3-`` and ``'-3`` as ``-3``; null if too long.

    Two signs of the negative leave two, which no number has.
    """
    bare = F.when(F.length(text) <= _LONGEST_DRESSED, F.btrim(text, F.lit(_BLANKS)))
    bare = F.translate(F.regexp_replace(bare, "^'", ""), _MINUS, "-")
    bare = F.regexp_replace(bare, rf"^\([{_BLANKS}]*(.*?)[{_BLANKS}]*\)$", "-$1")
    bare = F.regexp_replace(bare, rf"^(.+?)[{_BLANKS}]*-$", "-$1")
    return F.regexp_replace(bare, rf"^([+-])[{_BLANKS}]+", "$1")


def _without_signs(text: Column, currency: str) -> Column:
    """The amount without the sign or word for its currency, in front or behind; null if long."""
    bare = F.when(F.length(text) <= _LONGEST_DRESSED, F.btrim(text, F.lit(_BLANKS)))
    front, behind = _signs_of(currency)
    minus = f"[(+{_MINUS}'-]*"
    bare = F.regexp_replace(bare, rf"^({minus}[{_BLANKS}]*){front}[{_BLANKS}]*", "$1")
    return F.regexp_replace(bare, rf"[{_BLANKS}]*{behind}[{_BLANKS}]*([)-]*)$", "$1")


@cache
def _signs_of(currency: str) -> tuple[str, str]:
    """Expressions of what may stand before and after an amount: any sign or word but another's."""
    others = set() if currency == UNKNOWN_CURRENCY else CODES - {currency}
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
