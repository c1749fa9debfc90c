"""One value at a time as cleaning reads it: for samples and estimates, not for whole shops."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from retail_lakehouse.shops import date_patterns
from retail_lakehouse.shops.description import (
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    EXCEL_SERIAL,
    ISO,
    Format,
)

BLANKS = " \t\r\n\u00a0\u202f\u2009"
# Zoned or not; a fraction of a second; T or a blank between; a day alone.
ISO_TEXT = (
    r"^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r" ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"
)
_ISO_PARTS = re.compile(ISO_TEXT)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_EXCEL_DAY = datetime(1899, 12, 30)
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
    if _NUMBER.fullmatch(text) is None:
        return None
    if word == EXCEL_SERIAL:
        # Excel's own clock is no finer than this, and a day's fraction is never exact.
        return _EXCEL_DAY + timedelta(seconds=round(float(text) * 86_400))
    seconds = float(text) / (1_000 if word == EPOCH_MILLIS else 1)
    return _local(datetime.fromtimestamp(seconds, timezone.utc), timezone_name)


_SIGN = r"[-+\u2212]"
_MONEY = r"(?:[^\W\d_]{1,3}\.?|\p)".replace(r"\p", r"[$£€¥₹₽₺₩₪₴₫₱₦]")
_AMOUNT = re.compile(
    rf"'?(?P<sign>{_SIGN})? ?(?:{_MONEY} ?)?(?P<second>{_SIGN})?"
    rf"(?P<digits>[0-9.,' ]*[0-9][0-9.,' ]*?(?:[eE][+-]?[0-9]{{1,2}})?)"
    rf"(?: ?{_MONEY})?(?P<after>-)?"
)
_LONGEST_NUMBER = 40


def parse_number(text: str, written: Format) -> Decimal | None:
    """The number in a text with the shop's marks, signs of money and of the negative."""
    text = re.sub(f"[{BLANKS}]+", " ", text.strip(BLANKS))
    bracketed = text.startswith("(") and text.endswith(")")
    found = _AMOUNT.fullmatch(text[1:-1] if bracketed else text)
    if found is None or len(text) > _LONGEST_NUMBER:
        return None
    signs = [sign for sign in (found["sign"], found["second"], found["after"]) if sign]
    if len(signs) + bracketed > 1:
        return None
    digits = _plain_digits(found["digits"], written)
    try:
        value = Decimal(digits) if digits is not None else None
    except InvalidOperation:
        return None
    negative = bracketed or (signs and signs[0] != "+")
    return -value if value is not None and negative else value


def _plain_digits(digits: str, written: Format) -> str | None:
    whole, mark, fraction = digits.partition(written.decimal)
    if mark and re.fullmatch(r"[0-9]*(?:[eE][+-]?[0-9]{1,2})?", fraction) is None:
        return None
    if written.thousands and written.thousands in whole:
        groups = whole.split(written.thousands)
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return None
        whole = "".join(groups)
    if re.fullmatch(r"[0-9]*(?:[eE][+-]?[0-9]{1,2})?", whole) is None:
        return None
    return (whole or "0") + ("." + fraction if fraction else "")
