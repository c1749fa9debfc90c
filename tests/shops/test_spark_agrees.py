"""What 'inspect' reads of a value in Python is what cleaning reads of it in Spark."""

import random
from dataclasses import replace
from datetime import datetime

import pytest

from retail_lakehouse.medallion import moments, texts
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import Format
from retail_lakehouse.shops.notation.single_values import parse_date, parse_number, parse_quantity

pytestmark = pytest.mark.classic_only
SHOP = shop_file.packaged(shop_file.ONLINE_RETAIL_II)
PATTERNS = (
    "iso", "excel_serial", "epoch_seconds", "epoch_millis", "d/M/yyyy H:mm", "M/d/yyyy", "d.M.yy",
    "yyyyMMdd", "yyyyMMdd HHmmss", "M/d/yyyy h:mm:ss a", "d MMM yyyy", "yy/M/d", "yyyy/M/d H:mm",
    "MMMM d, yyyy", "d-M-yyyy'T'H:mm:ss.SSS",
    "yyyy-d-M H:mm", "yyyyMMddHHmmss", "d/M/yyyy - H:mm", "d.M.yyyy H:mm 'Uhr'", "d/M/yyyy H'h'mm",
    "d/M/yyyy h:mm a",
)  # fmt: skip
FORMATS = (
    Format(), Format(thousands=","), Format(decimal=",", thousands="."),
    Format(decimal=",", thousands=" "), Format(thousands="'"),
)  # fmt: skip
_PARTS = {
    "date": ("1", "31", "12", "2023", "0", "99", "00", "Jan", "MAY", "February", "AM", "pm", "T",
             "Z", "+02:00", "UTC", "44929", "1672737300", "1672737300000", ".5"),
    "number": ("1", "12", "234", "0", "1000", "7", "€", "EUR", "e-2", "(", ")", "'"),
}  # fmt: skip
_MARKS = {"date": "/.-: ,", "number": ".,' -\u00a0"}


def made_up(kind: str, count: int) -> list[str]:
    """Texts out of what dates, or numbers, are made of: most of them are none."""
    drawn = random.Random(7)
    found = []
    for _ in range(count):
        length = drawn.randint(1, 6)
        parts = [
            drawn.choice(_PARTS[kind]) + drawn.choice(_MARKS[kind] + "    ") for _ in range(length)
        ]
        found.append("".join(parts).strip().replace("   ", ""))
    return found


DATES = [
    "2023-01-31", "2023-01-31 09:15", "2023-01-31T09:15:00.123Z", "2023-02-30", "0000-01-01",
    "31/1/2023 9:15", "1/31/2023", "31.1.23", "1.1.69", "1.1.70", "20230131", "20230131 091500",
    "1/31/2023 12:15:00 AM", "3 Jan 2023", "january 31, 2023", "23/1/31", "2023/1/31 9:15",
    "31-1-2023T9:15:00.500", "25 Sept 2023", "SEPT 1, 2023",
    "31/1/2023 9:15 p. m.", "31/1/2023 9:15 a.m.", "2023-31-12 9:15", "20230131091500",
    "31/1/2023 - 9:15", "31.1.2023 9:15 Uhr", "31/1/2023 9h15", "1672737300.0",
    "44929.3854166667", "60", "1672737300", "1672737300000",
    *made_up("date", 1_500),
]  # fmt: skip
NUMBERS = [
    "1", "-1", "1-", "(1)", "'1", "1.5", "1,5", "1,234.5", "1.234,5", "1 234,5", "1'234.5", "€1.50",
    "1.50 €", "-€1.50",
    "5 CR", "5 pcs", "$5", "US$ 5", "1,23,456.5", "1\u2019234.5", "3,-", "5p",
    "EUR 2", "2 EUR", "1e-2", "", ".5", "5.", "--1", "(-1)", "+3",
    *made_up("number", 1_500),
]  # fmt: skip


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
def test_dates(spark, zone):
    frame = spark.createDataFrame([(text,) for text in DATES], "text STRING")
    columns = [
        moments.timestamp(
            frame["text"], replace(SHOP, timezone=zone, format=Format(dates=(pattern,)))
        ).cast("string")
        for pattern in PATTERNS
    ]
    differ = {}
    for row in frame.select("text", *columns).collect():
        for pattern, found in zip(PATTERNS, row[1:], strict=True):
            ours = parse_date(row["text"], (pattern,), zone)
            if found != (None if ours is None else _shown(ours)):
                differ[pattern, row["text"]] = (ours, found)
    assert differ == {}


def _shown(moment: datetime) -> str:
    text = f"{moment:%Y-%m-%d %H:%M:%S}".rjust(len("2023-01-01 00:00:00"), "0")
    return text + (f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else "")


def test_quantities(spark):
    frame = spark.createDataFrame([(text,) for text in NUMBERS], "text STRING")
    for place, form in enumerate(FORMATS):
        frame = texts.with_quantity(frame, f"as_{place}", "text", form)
    differ = {}
    for row in frame.collect():
        for form, found in zip(FORMATS, row[1:], strict=True):
            ours = parse_quantity(row["text"], form)
            if found != ours:
                differ[form.decimal + form.thousands, row["text"]] = (ours, found)
    assert differ == {}


def test_amounts(spark):
    frame = spark.createDataFrame([(text,) for text in NUMBERS], "text STRING")
    for place, form in enumerate(FORMATS):
        frame = texts.with_money(frame, f"as_{place}", "text", form, "EUR", "DECIMAL(18,4)")
    differ = {}
    for row in frame.collect():
        for form, found in zip(FORMATS, row[1:], strict=True):
            ours = parse_number(row["text"], form, "EUR")
            if found != (None if ours is None else round(ours, 4)):
                differ[form.decimal + form.thousands, row["text"]] = (ours, found)
    assert differ == {}
