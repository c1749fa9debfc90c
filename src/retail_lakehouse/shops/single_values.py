"""One value at a time as cleaning reads it: for samples and estimates, not for whole shops."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from retail_lakehouse.shops import date_patterns
from retail_lakehouse.shops.description import (
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    EXCEL_SERIAL,
    ISO,
    UNKNOWN_CURRENCY,
    Format,
)
from retail_lakehouse.shops.number_texts import (
    BLANKS,
    LONGEST_DRESSED,
    LONGEST_PRICE,
    MINUS_FIRST,
    PYTHON_LETTER,
    SHORT_POWER,
    money_signs,
    number_in,
    thousands_marks,
)

# Zoned or not; a fraction of a second; T or a blank between; a day alone.
ISO_TEXT = (
    r"^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r" ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"
)
_ISO_PARTS = re.compile(ISO_TEXT)
# Of counts since a day: up to the year 9999.
SERIAL_TEXT = r"^[0-9]{1,7}(\.[0-9]{1,20})?$"
LAST_SERIAL = 2_958_466
SECONDS_TEXT = r"^[0-9]{1,11}(\.[0-9]{1,9})?$"
MILLISECONDS_TEXT = r"^[0-9]{1,14}(\.0*)?$"
_EXCEL_DAY = datetime(1899, 12, 30)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DIRECTIVES = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d",
    "d": "%d", "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S",
    "s": "%S", "SSS": "%f", "SSSSSS": "%f", "a": "%p",
}  # fmt: skip


def parse_date(text: str, dates: Sequence[str], timezone_name: str = "") -> datetime | None:
    """The local time that the first fitting pattern reads; None if none does."""
    text = text.strip(BLANKS).lstrip("'")
    for pattern in dates:
        try:
            found = _read_date(text, pattern, timezone_name)
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
    if word == EXCEL_SERIAL:
        if re.match(SERIAL_TEXT, text) is None or not 1 <= float(text) < LAST_SERIAL - 1e-6:
            return None
        # Excel's own clock is no finer than this, and a day's fraction is never exact.
        return _EXCEL_DAY + timedelta(seconds=round(float(text) * 86_400))
    if word == EPOCH_MILLIS:
        whole = re.match(MILLISECONDS_TEXT, text)
        seconds = Decimal(text.partition(".")[0]) / 1_000 if whole else None
    else:
        seconds = Decimal(text) if re.match(SECONDS_TEXT, text) else None
    if seconds is None:
        return None
    microseconds = (seconds * 1_000_000).to_integral_value(ROUND_HALF_UP)
    moment = _EPOCH + timedelta(microseconds=int(microseconds))
    return _local(moment, timezone_name)


# What Spark takes off a number.
_TRIMMED = "".join(map(chr, range(33)))
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parse_number(text: str, written: Format, currency: str = UNKNOWN_CURRENCY) -> Decimal | None:
    """The number in a text with the shop's marks, signs of money and of the negative."""
    text = text.strip(" ")
    read = _read_number(text, written)
    if read is not None or len(text) > LONGEST_DRESSED:
        return read
    bare = _replaced(text.strip(BLANKS), money_signs(currency, PYTHON_LETTER))
    return _read_number(_replaced(bare.strip(BLANKS), MINUS_FIRST), written)


def _replaced(text: str, replacements: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in replacements:
        text = re.sub(pattern, replacement.replace("$1", r"\1"), text)
    return text


def _read_number(text: str, written: Format) -> Decimal | None:
    if written.decimal != "." or written.thousands:
        if re.match(number_in(written), text) is None:
            return None
        if written.thousands:
            text = re.sub(f"[{thousands_marks(written)}]", "", text)
        text = text.replace(written.decimal, ".")
    is_short = len(text) <= LONGEST_PRICE and "e" not in text.lower()
    if not is_short and re.match(SHORT_POWER, text) is None:
        return None
    return Decimal(text) if _PLAIN.fullmatch(text.strip(_TRIMMED)) else None
