"""Thousands of lines of every kind of dirt: each ends in one table, and nothing is changed unseen.

What a line says is read here a second time, in plain Python, by the rules of docs/cleaning.md.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.medallion import duplicates, reversals, silver
from retail_lakehouse.shops import shop_file
from retail_lakehouse.tables import INVOICE_LINES, SOURCE_COLUMNS
from support import INGESTED_AT

LINES = 2000
# More examples than the few of each run, and others each time.
EXAMPLES = os.environ.get("SILVER_EXAMPLES")
INT_MAX = 2**31 - 1
SHOP = shop_file.packaged(shop_file.ONLINE_RETAIL_II)
BLANKS = " \t\r\n\u00a0\u202f\u2009"
CODES = ("invoice", "stock_code")
COLUMNS = [column.name for column in SOURCE_COLUMNS]
Make = Callable[[random.Random], str | None]

# Lines as they are made


def one_of(*texts: str | None) -> Make:
    return lambda rng: rng.choice(texts)


def noise(alphabet: str, longest: int = 8) -> Make:
    return lambda rng: "".join(rng.choices(alphabet, k=rng.randint(0, longest)))


def number(rng: random.Random) -> str:
    whole = str(rng.choice([rng.randint(-9, 30), rng.randint(-INT_MAX - 9, INT_MAX + 9)]))
    return whole + rng.choice(["", "", ".0", ".", ".000", ".5", "e1", "E+2", "e-1", ".00000000001"])


def moment(rng: random.Random) -> str:
    year, month, day = rng.randint(2009, 2012), rng.randint(0, 13), rng.randint(0, 32)
    hour, minute = rng.randint(0, 24), rng.randint(0, 60)
    if rng.random() < 0.3:
        return f"{month}/{day}/{year} {hour}:{minute:02}"
    end = rng.choice(["", ":00", ":59", ":60", ":07.5", ":07.123456", ":07.1234567"])
    return f"{year}-{month:02}-{day:02}{rng.choice(' T')}{hour:02}:{minute:02}{end}"


NOTHING = one_of(None, "", " ", "  ", "NaN", "nan", "NAN", "\u00a0", "\t")
TEXT = one_of(
    "MUG", " MUG ", "MUG\n", "\tMUG", "CAFÉ ½ \U0001f381", "=1+1", "MUG [/]", "a\x00b", "x" * 300,
    "\u202eGUM", "nan ", "N/A", "'", '"', "\\", "%", "é" * 40,
)  # fmt: skip
KINDS: dict[str, tuple[Make, Make, tuple[Make, ...]]] = {
    # For each column: as it should be, as it happens to be, and anything else.
    "invoice": (
        lambda rng: f"{rng.randint(536000, 536400)}",
        lambda rng: f"{rng.choice('CCA')}{rng.randint(536000, 536400)}",
        (NOTHING, one_of(" 536001 ", "\t536002", "536003\u00a0", "c5", "A", "C", "5" * 60), TEXT),
    ),
    "stock_code": (
        lambda rng: f"{rng.randint(20700, 20720)}",
        lambda rng: f"{rng.randint(20700, 20720)}{rng.choice('aAbß')}",
        (NOTHING, one_of("POST", "M", "2070", " 20701", "20702\n", "gift_0001", "20703 B"), TEXT),
    ),
    "description": (TEXT, TEXT, (NOTHING,)),
    "quantity": (
        lambda rng: f"{rng.randint(1, 4)}",
        lambda rng: f"{rng.randint(-4, 4)}",
        (
            NOTHING, number, number, noise("0123456789.+-eE ,x"), noise("12.+- ()'", 5),
            one_of("2147483647", "2147483648", "-2147483647", "-2147483648", "12.0000001", "-0",
                   " 6 ", "\t6", "6\u00a0", "1e400", "1e-400", "1,000", "0x10", "\uff16", "00012",
                   "0" * 50 + "7", "+5", "--5", "1_0", "6 7", ".", "Infinity", "1d", "(3)", "3-",
                   "'-3", "( 3 )", "3 -", "- 3", "-(3)", "--3",
                   "\u22123", "1.5", "0.125", "0.1255", "(1.5)"),
        ),
    ),
    "invoice_date": (
        lambda rng: f"2010-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} 10:00:00",
        moment,
        (
            NOTHING, noise("0123456789/-: T", 18),
            one_of("2010", "2010-02-29", "2012-02-29", "0000-01-01", "0001-01-01", "9999-12-31",
                   "10000-01-01", "1/1/0000 8:00", "12/31/2010 8:26", "31/12/2010 8:26",
                   " 2010-06-01 10:00", "2010-06-01 10:00 ", "2010-06-01 10:00\n", "soon",
                   "2010-06-01T10:00Z", "2010-06-01 10:00+01:00", "40330.5", "2/30/2010 8:00",
                   "1/1/2010 8:5", "1/1/2010 24:00", "2010-6-1 10:00", "now", "epoch",
                   "2203-06-01 09:00", "1900-01-01", "1989-12-31", "2024-01-02", "'2010-06-01",
                   "2010-12-01 10:00:00.5 UTC", "2010-06-01T10:00:00,25-0330"),
        ),
    ),
    "price": (
        lambda rng: f"{rng.randint(0, 9)}.{rng.choice([50, 95, 25])}",
        one_of("1", "2.5", "0", "0.00", "-1.5", "1e1", "1.0E-4", "+2", ".5", "5."),
        (
            NOTHING, number, noise("0123456789.+- ,£"), noise("12.+- ()'£", 5),
            one_of("0.00005", "0.00004", "2.55555", "-0.00005", "99999999.9999", "99999999.99995",
                   "100000000", "1e-99", "1e-9999999", "1e9999999", "1e400", "1,5", "£2", "free",
                   "Infinity", "-Infinity", "1_0", "0.1" + "0" * 36 + "1", "0" * 45 + "1", " 2 ",
                   "£ 2.50", "2.50£", "GBP 2", "2 GBP", "EUR 2", "2 \u20ac", "$2", "(£2.50)",
                   "-£1", "£-1", "\u00a02\u00a0"),
        ),
    ),
    "customer_id": (
        lambda rng: f"{rng.randint(1, 6)}",
        lambda rng: rng.choice([None, f"{rng.randint(1, 6)}.0", " 3", "3\u00a0", "-4"]),
        (NOTHING, number, one_of("Bob", "2147483648", "1e9", "13085.5", "0", "12346,",
                                  "6.01122E+12",
                                  "'7", "007", "6011223330002"), TEXT),
    ),
    "country": (one_of("France", "EIRE"), one_of(" France", None), (NOTHING, TEXT)),
}  # fmt: skip


def made(seed: int, dirt: float) -> list[dict[str, str | None]]:
    """Lines of two sheets, some of them the same as lines before."""
    rng, lines = random.Random(seed), []
    for place in range(LINES):
        if lines and rng.random() < 0.05:
            values = dict(rng.choice(lines))
        else:
            values = {}
            for name, (right, usual, wrong) in KINDS.items():
                draw = rng.random()
                make = right if draw > 2 * dirt else usual if draw > dirt else rng.choice(wrong)
                values[name] = make(rng)
        # Most invoices of a sheet are its own.
        sheet = "12"[place >= LINES // 2]
        if values["invoice"] and sheet == "2" and rng.random() < 0.9:
            values["invoice"] = values["invoice"].replace("536", "537")
        lines.append(values | {"source_sheet": sheet, "line_number": place % (LINES // 2) + 1})
    return lines


# Lines as they are read


def cleaned(text: str | None, blanks: str = " ") -> str | None:
    text = (text or "").strip(blanks)
    return None if text in ("", "NaN", "nan") else text


def exact(text: str | None) -> Decimal | None:
    """The number that the text is, of ASCII digits, without a unit and not very long."""
    bare = (text or "").strip("".join(map(chr, range(33))))
    found = re.fullmatch(
        r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE][+-]?[0-9]{1,2})?", bare, re.ASCII
    )
    return Decimal(bare) if found and len(found[1]) <= 41 else None


def code(text: str | None) -> str | None:
    text = cleaned(text, BLANKS)
    if text is not None:
        text = text.lstrip("'")
        text = re.sub(r"\A([0-9]+)\.0+\Z", r"\1", text, flags=re.ASCII)
    return text or None


def undressed(text: str | None, sign: str) -> str | None:
    """The number alone, with its minus in front; None if it is dressed otherwise."""
    bare = (text or "").strip(BLANKS).replace("\u2212", "-").removeprefix("'")
    blanks = f"[{BLANKS}]*"
    money = f"(?:{blanks}{sign}{blanks})?" if sign else blanks
    number = r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)"
    brackets = rf"{money}\({money}{number}{money}\){money}"
    if found := re.fullmatch(brackets, bare, re.ASCII):
        return "-" + found[1]
    signs = rf"([+-]?){money}([+-]?){blanks}{number}(?:{money}({blanks}-)?|{blanks}(-){money})"
    found = re.fullmatch(money + signs, bare, re.ASCII)
    said = [one.strip(BLANKS) for one in (found.group(1, 2, 4, 5) if found else ()) if one]
    return "".join(said) + found[3] if found and len(said) < 2 else None


def units(text: str | None) -> Decimal | None:
    bare = (text or "").strip("".join(map(chr, range(33))))
    if re.fullmatch(r"[+-]?[0-9]+", bare, re.ASCII):
        value = Decimal(bare)
    elif re.fullmatch(r"[+-]?[0-9.]{1,20}([eE][+]?[0-9]{1,2})?", bare, re.ASCII):
        value = exact(bare)
    else:
        return None
    fits = value is not None and abs(value) <= INT_MAX and value == round(value, 3)
    return round(value, 3) if fits else None


def quantity(text: str | None) -> Decimal | None:
    found = units(text)
    return units(undressed(text, "")) if found is None and len(text or "") <= 60 else found


def money(text: str | None) -> Decimal | None:
    if text is not None and len(text) > 40 and "e" not in text.lower():
        return None
    value = exact(text)
    if value is None:
        return None
    value = value.quantize(Decimal("0.0001"), ROUND_HALF_UP) if abs(value) < 10**9 else value
    return value if abs(value) < 10**8 else None


def price(text: str | None) -> Decimal | None:
    found = money(text)
    return money(undressed(text, "(?:£|GBP)")) if found is None and len(text or "") <= 60 else found


def day_and_time(text: str | None) -> datetime | None:
    for one in (text or "", (text or "").strip(BLANKS).lstrip("'")):
        if (found := moment_of(one)) is not None:
            return found
    return None


def moment_of(text: str) -> datetime | None:
    text = re.sub(r"\n\Z", "", text)
    us = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})", text, re.ASCII)
    iso = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
        r"(?: ?(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?))?)?",
        text,
        re.ASCII,
    )
    try:
        if us:
            month, day, year, hour, minute = map(int, us.groups())
            return datetime(year, month, day, hour, minute)
        if iso:
            fraction = (iso[7] or "").ljust(6, "0")[:6]
            local = datetime(*(int(part or 0) for part in iso.groups()[:6]), int(fraction))
            return in_london(local, iso[9], iso[10]) if iso[8] or iso[9] else local
    except ValueError:
        return None
    return None


def in_london(clock: datetime, hours: str | None, minutes: str | None) -> datetime:
    away = timedelta(hours=abs(int(hours or 0)), minutes=int(minutes or 0))
    utc = clock + away if (hours or "").startswith("-") else clock - away
    return (
        utc.replace(tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None)
    )


def in_text(moment: datetime) -> str:
    return str(moment).rstrip("0") if moment.microsecond else str(moment)


def expected(lines: list[dict]) -> dict[tuple[str, int], dict]:
    """What becomes of each line, by sheet and number."""
    copies: dict[str, Counter] = {"1": Counter(), "2": Counter()}
    found = {}
    for line in lines:
        content, sheet = tuple(line[name] for name in COLUMNS), line["source_sheet"]
        copies[sheet][content] += 1
        place = copies[sheet][content]
        row = {
            "invoice": code(line["invoice"]),
            "stock_code": code(line["stock_code"]),
            "description": cleaned(line["description"]),
            "quantity": quantity(cleaned(line["quantity"])),
            "invoice_date": day_and_time(cleaned(line["invoice_date"])),
            "unit_price": price(cleaned(line["price"])),
            "customer_id": code(line["customer_id"]),
            "country": cleaned(line["country"]),
        }
        if row["stock_code"] is not None:
            row["stock_code"] = row["stock_code"].upper()
        # The first sheet comes first.
        again = sheet == "2" and place <= copies["1"][content]
        outcome = rule(row, again, place > 1)
        if outcome in ("sale", "return"):
            row["quantity"] = abs(row["quantity"])
            amount = row["quantity"] * row["unit_price"]
            row["amount"] = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
            row["invoice_date"] = in_text(row["invoice_date"])
            row = {name: str(value) if value is not None else None for name, value in row.items()}
        else:
            row = {name: line[name] for name in COLUMNS}
        found[line["source_sheet"], line["line_number"]] = {"outcome": outcome, **row}
    return found


def shortened(text: str | None) -> bool:
    return re.fullmatch(r"-?[0-9]\.[0-9]+[eE]\+[0-9]+", text or "", re.ASCII) is not None


def rule(row: dict, again: bool, repeated: bool) -> str:
    for column in ("invoice", "stock_code", "quantity", "invoice_date"):
        if row[column] is None or (column in CODES and shortened(row[column])):
            return f"unreadable_{column}"
    if row["unit_price"] is None:
        return "unreadable_price"
    if shortened(row["customer_id"]):
        return "unreadable_customer_id"
    if not datetime(1990, 1, 1) <= row["invoice_date"] < INGESTED_AT + timedelta(days=1):
        return "implausible_date"
    if again:
        return "duplicate_line"
    if repeated:
        return "repeated_line"
    if row["invoice"].startswith("A"):
        return "adjustment"
    if not re.match("[0-9]{5}", row["stock_code"], re.ASCII):
        return "non_product"
    if row["invoice"].startswith("C") and row["quantity"] != 0:
        return "return"
    if row["quantity"] <= 0:
        return "non_positive_quantity"
    amount = row["quantity"] * row["unit_price"]
    return "non_positive_price" if amount < Decimal("0.00005") else "sale"


# Lines as the tables hold them

VALUES = ("invoice", "stock_code", "description", "quantity", "invoice_date", "unit_price",
          "amount", "customer_id", "country")  # fmt: skip


def tables(bronze: DataFrame) -> list[dict]:
    """All rows of silver's three tables, as text, in one query."""
    copies = duplicates.copies(bronze, duplicates.suspects(bronze), SHOP)
    lines = silver.classify(bronze, duplicates.there_already(copies, SHOP), SHOP)
    taken = reversals.reversals(lines)
    place = ("source_sheet", "line_number")

    def as_text(rows: DataFrame, outcome: F.Column) -> DataFrame:
        absent = F.lit(None).cast("STRING")
        names = dict.fromkeys([*VALUES, *COLUMNS])
        values = [
            (F.col(name).cast("STRING") if name in rows.columns else absent).alias(name)
            for name in names
        ]
        return rows.select(outcome.alias("outcome"), *place, *values)

    rejected = silver.rejected_lines(lines)
    rows = (
        as_text(silver.sales(lines, taken), F.lit("sale"))
        .unionByName(as_text(silver.returns(lines, taken), F.lit("return")))
        .unionByName(as_text(rejected, F.col("reason")))
    )
    return [row.asDict() for row in rows.collect()]


@settings(
    max_examples=int(EXAMPLES or 3),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1), dirt=st.sampled_from([0.02, 0.1, 0.3]))
def test_every_line_ends_in_one_table_and_means_what_it_says(frame, seed, dirt):
    lines = made(seed, dirt)
    origin = {"source_file": "shop.xlsx", "batch_id": "files-1", "ingested_at": INGESTED_AT}
    found: dict[tuple[str, int], dict] = {}
    for row in tables(frame(INVOICE_LINES, [line | origin for line in lines])):
        key = row.pop("source_sheet"), row.pop("line_number")
        assert key not in found, f"{key} is in two tables"
        found[key] = row
    wanted = expected(lines)
    assert len(found) == LINES
    assert found.keys() == wanted.keys()
    for (sheet, place), want in wanted.items():
        line = lines[(sheet == "2") * LINES // 2 + place - 1]
        assert {name: found[sheet, place][name] for name in want} == want, line


def test_the_lines_are_of_every_kind():
    outcomes = {row["outcome"] for row in expected(made(1, 0.1)).values()}
    assert outcomes == {
        "sale", "return", "unreadable_invoice", "unreadable_stock_code", "unreadable_quantity",
        "unreadable_invoice_date", "unreadable_price", "unreadable_customer_id",
        "implausible_date", "duplicate_line", "repeated_line", "adjustment", "non_product",
        "non_positive_quantity", "non_positive_price",
    }  # fmt: skip
    assert sum(row["outcome"] == "sale" for row in expected(made(1, 0.02)).values()) > LINES / 2
