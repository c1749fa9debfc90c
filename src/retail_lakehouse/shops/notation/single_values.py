"""One value at a time as cleaning reads it: for samples and estimates, not for whole shops."""

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from retail_lakehouse.shops.description import (
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    EXCEL_SERIAL,
    ISO,
    UNKNOWN_CURRENCY,
    Format,
)
from retail_lakehouse.shops.notation import date_patterns, number_forms
from retail_lakehouse.shops.notation.number_forms import BLANKS, Replacements

# Zoned or not; a fraction of a second; T or a blank between; a day alone.
ISO_TEXT = (
    r"^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r" ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"
)
_ISO_PARTS = re.compile(ISO_TEXT)
# Days, seconds and milliseconds, up to the year 9999.
COUNTS = {
    EXCEL_SERIAL: r"^[0-9]{1,7}(\.[0-9]{0,20})?$",
    EPOCH_SECONDS: r"^[0-9]{1,11}(\.[0-9]{1,9})?$",
    EPOCH_MILLIS: r"^[0-9]{1,14}(\.0*)?$",
}
LAST_SERIAL = 2_958_466
_EXCEL_DAY = datetime(1899, 12, 30)
_DIRECTIVES = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d",
    "d": "%d", "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S",
    "s": "%S", "SSS": "%f", "SSSSSS": "%f", "a": "%p",
}  # fmt: skip


def parse_date(
    text: str, dates: Sequence[str], timezone_name: str = "", decimal: str = "."
) -> datetime | None:
    """The local time that the first fitting pattern reads; None if none does.

    decimal: the mark in days of a spreadsheet.
    """
    text = text.strip(BLANKS).lstrip("'")
    for pattern in dates:
        try:
            counted = text.replace(decimal, ".") if pattern == EXCEL_SERIAL else text
            found = _read_date(counted, pattern, timezone_name)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            return found
    return None


def _read_date(text: str, pattern: str, timezone_name: str) -> datetime | None:
    if pattern == ISO:
        return _read_iso(text, timezone_name)
    if pattern in (EXCEL_SERIAL, EPOCH_SECONDS, EPOCH_MILLIS):
        return _read_count(text, pattern, timezone_name)
    for spelt, meant in date_patterns.respelled(pattern):
        text = re.sub(spelt, meant, text)
    if re.match(date_patterns.expression(pattern), text) is None:
        return None
    form = "".join(_DIRECTIVES.get(t, t.strip("'")) for t in date_patterns.tokens(pattern))
    read = datetime.strptime(text, form)
    # Of two digits Python takes 69 for 1969.
    return read.replace(year=2069) if "%y" in form and read.year == 1969 else read


def _read_iso(text: str, timezone_name: str) -> datetime | None:
    found = _ISO_PARTS.match(text)
    if found is None:
        return None
    zone = found[4]
    clock = text[: -len(zone)].rstrip() if zone else text
    clock = clock.replace(",", ".").replace("T", " ")
    head, _, fraction = clock.partition(".")
    form = "%Y-%m-%d %H:%M:%S" if head.count(":") == 2 else "%Y-%m-%d %H:%M"
    read = datetime.strptime(head, form if ":" in head else "%Y-%m-%d")
    read = read.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)
    if not zone or not timezone_name:
        return read
    return _local(read.replace(tzinfo=timezone(_offset(zone))), timezone_name)


def _offset(zone: str) -> timedelta:
    if zone in ("Z", "UTC", "GMT"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    away = timedelta(hours=hours, minutes=minutes)
    return -away if zone[0] == "-" else away


def _local(moment: datetime, timezone_name: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone_name or "UTC")).replace(tzinfo=None)


def _read_count(text: str, word: str, timezone_name: str) -> datetime | None:
    if re.match(COUNTS[word], text) is None:
        return None
    if word == EXCEL_SERIAL:
        days = float(text)
        # Excel's own clock is no finer than this, and a day's fraction is never exact.
        moment = _EXCEL_DAY + timedelta(seconds=round(days * 86_400))
        return moment if 1 <= days <= LAST_SERIAL - 1e-6 else None
    number = Decimal(text.split(".")[0]) / 1_000 if word == EPOCH_MILLIS else Decimal(text)
    seconds = number.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return _local(moment + timedelta(microseconds=int(seconds * 10**6)), timezone_name)


_MOST_UNITS = 2**31 - 1


def parse_number(text: str, written: Format, currency: str = UNKNOWN_CURRENCY) -> Decimal | None:
    """An amount of money in the shop's marks; None where another's sign stands beside it."""
    return _read_number(text, written, _money, number_forms.undressing(currency))


def parse_quantity(text: str, written: Format) -> Decimal | None:
    """Units, to the thousandth; None for a number with more decimals, or with a word beside it."""
    return _read_number(text, written, _units, number_forms.MINUS_FIRST)


def _read_number(
    text: str, written: Format, read: Callable[[str], Decimal | None], ways: Replacements
) -> Decimal | None:
    """What ``read`` makes of the text, or else of the text undressed in these ways."""
    found = read(_plain(text, written))
    return read(_plain(_undressed(text, ways), written)) if found is None else found


def _money(text: str) -> Decimal | None:
    short = len(text) <= number_forms.LONGEST_PRICE and "e" not in text.lower()
    return _decimal(text) if short or re.match(number_forms.SHORT_POWER, text) else None


def _units(text: str) -> Decimal | None:
    found = _decimal(text) if re.match(number_forms.SHORT_NUMBER, text) else None
    # Larger ones cannot be rounded.
    fits = found is not None and abs(found) <= _MOST_UNITS and found == round(found, 3)
    return found if fits else None


def _plain(text: str, written: Format) -> str:
    """The number with a full stop before its decimals; "" if the shop does not write it so."""
    if written.decimal == "." and not written.thousands:
        return text
    if not re.match(number_forms.number_in(written), text):
        return ""
    if written.thousands:
        text = re.sub(f"[{number_forms.marks(written.thousands)}]", "", text)
    return text.replace(written.decimal, ".")


def _undressed(text: str, ways: Replacements) -> str:
    """The text without what Java's expressions find around a number; "" if it is long."""
    if len(text) > number_forms.LONGEST_DRESSED:
        return ""
    text = text.strip(BLANKS)
    for way, meant in ways:
        text = _in_python(way).sub(meant.replace("$", "\\"), text)
    return text


@cache
def _in_python(way: str) -> re.Pattern[str]:
    """Python has no kinds of letters and signs but by their own characters."""
    for kind in ("Lu", "Sc"):
        way = way.replace(rf"\p{{{kind}}}", f"[{_characters(kind)}]")
    return re.compile(way.replace(r"\p{L}", r"[^\W\d_]"))


@cache
def _characters(kind: str) -> str:
    every = map(chr, range(sys.maxunicode // 17))
    return re.escape("".join(one for one in every if unicodedata.category(one) == kind))


def _decimal(text: str) -> Decimal | None:
    text = text.strip()
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        return None
    return Decimal(text)
