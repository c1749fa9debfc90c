"""Local times out of the text that a source writes, by the patterns of the shop's description."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from retail_lakehouse.shops.description import (
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    EXCEL_SERIAL,
    ISO,
    ShopDescription,
)
from retail_lakehouse.shops.notation.date_patterns import FIRST_YEAR, expression, respelled
from retail_lakehouse.shops.notation.single_values import COUNTS, ISO_TEXT, LAST_SERIAL

_BLANKS = " \t\r\n\u00a0\u202f\u2009"
# There is no year 0, though Spark has one, which Python cannot read.
_PLAIN_ISO = r"^(?!0000)\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_ZONE = r" ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_UNIX_SERIAL = 25_569
_DAY_SECONDS = 86_400
# Java takes 98 for 2098.
_LAST_OF_TWO_DIGITS = 2069
# No place on earth is further ahead of UTC: it may be tomorrow there.
_FURTHEST_AHEAD = "INTERVAL 14 HOURS"


def timestamp(text: Column, shop: ShopDescription) -> Column:
    """The local time by the first of the shop's patterns that reads the text; null if none does."""
    bare = F.ltrim(F.btrim(text, F.lit(_BLANKS)), F.lit("'"))
    return F.coalesce(
        *(_read(one, pattern, shop) for one in (text, bare) for pattern in shop.format.dates)
    )


def is_implausible(moment: Column, ingested_at: Column, timezone: str) -> Column:
    """Whether nothing was sold then: before 1990, or after the day on which the line arrived."""
    if timezone:
        arrived = F.from_utc_timestamp(ingested_at, timezone)
    else:
        arrived = ingested_at + F.expr(_FURTHEST_AHEAD)
    return (F.year(moment) < FIRST_YEAR) | (F.to_date(moment) > F.to_date(arrived))


def _read(text: Column, pattern: str, shop: ShopDescription) -> Column:
    if pattern == ISO:
        return _iso(text, shop.timezone)
    if pattern == EXCEL_SERIAL:
        return _serial(F.replace(text, F.lit(shop.format.decimal), F.lit(".")))
    if pattern == EPOCH_SECONDS:
        number = F.when(text.rlike(COUNTS[EPOCH_SECONDS]), text.try_cast("DECIMAL(20,6)"))
        return _local(F.timestamp_seconds(number), shop.timezone)
    if pattern == EPOCH_MILLIS:
        number = F.when(text.rlike(COUNTS[EPOCH_MILLIS]), F.substring_index(text, ".", 1))
        return _local(F.timestamp_millis(number.try_cast("BIGINT")), shop.timezone)
    for spelt, meant in respelled(pattern):
        text = F.regexp_replace(text, spelt, meant)
    moment = F.when(text.rlike(expression(pattern)), F.try_to_timestamp(text, F.lit(pattern)))
    if "yyyy" in pattern:
        return moment
    past = F.year(moment) > _LAST_OF_TWO_DIGITS
    return F.when(past, moment - F.expr("INTERVAL 100 YEARS")).otherwise(moment)


def _iso(text: Column, timezone: str) -> Column:
    """``2009-12-01 07:45[:00]``, with a T or a blank between, and perhaps a zone."""
    clock = F.replace(F.regexp_replace(text, _ZONE, ""), F.lit(","), F.lit("."))
    if timezone:
        # Spark takes no zone behind minutes alone.
        clock = F.regexp_replace(clock, "([ T][0-9]{2}:[0-9]{2})$", "$1:00")
        zone = F.regexp_extract(text, _ZONE, 1)
        offset = F.when(zone.rlike("^[+-]"), F.rpad(F.replace(zone, F.lit(":")), 5, "0"))
        sided = F.regexp_replace(offset, r"^(...)(..)$", "$1:$2")
        moment = F.concat(clock, F.coalesce(sided, F.lit("Z"))).try_cast("TIMESTAMP")
        # Without a zone it is the shop's own time already.
        zoned = F.when(zone != "", _local(moment, timezone)).otherwise(clock.try_cast("TIMESTAMP"))
    else:
        zoned = clock.try_cast("TIMESTAMP")
    return F.when(text.rlike(_PLAIN_ISO), text.try_cast("TIMESTAMP")).when(
        text.rlike(ISO_TEXT), zoned
    )


def _serial(text: Column) -> Column:
    """Days since the end of 1899, as spreadsheets count them, to the second."""
    number = F.when(text.rlike(COUNTS[EXCEL_SERIAL]), text.try_cast("DOUBLE"))
    seconds = F.round((number - _UNIX_SERIAL) * _DAY_SECONDS).cast("BIGINT")
    return F.when(number.between(1, LAST_SERIAL - 1e-6), F.timestamp_seconds(seconds))


def _local(moment: Column, timezone: str) -> Column:
    return F.from_utc_timestamp(moment, timezone) if timezone else moment
