"""A shop written in any dialect is read back as it is, or refused: never otherwise."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects import DATES, MARKS, NAMES, TOTALS, Dialect, Line, kept, write
from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.describing.inspection import inspect
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.notation.single_values import parse_date, parse_number, parse_quantity

pytestmark = pytest.mark.no_spark
_CODE = st.from_regex(r"[A-Z]{0,3}[0-9]{3,6}", fullmatch=True)
_NAME = st.sampled_from(["MUG", 'PLATE 5"', "CAFÉ, large", "Öl; 1 l", "two\twords", "x"])


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    latest = draw(st.sampled_from([12, 28]))
    moments = st.builds(
        datetime,
        st.integers(2019, 2023),
        st.integers(1, 12),
        st.integers(1, latest),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 59),
    )
    line = st.builds(
        Line,
        st.from_regex(r"(INV-|C)?[0-9]{4,6}", fullmatch=True),
        _CODE,
        _NAME,
        st.integers(-2000, 5000).filter(bool),
        moments,
        st.decimals("0.01", 4000, places=2),
        st.from_regex(r"([0-9]{3,13}|CUST-[0-9]{1,4})?", fullmatch=True),
        st.sampled_from(["France", "Österreich", "España"]),
    )
    return draw(st.lists(line, min_size=1, max_size=40))


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    marks = draw(st.sampled_from(MARKS))
    names = {ours: draw(st.sampled_from(names)) for ours, names in NAMES.items()}
    total = draw(st.booleans())
    if total:
        names["price"] = draw(st.sampled_from(TOTALS))
    return Dialect(
        order=draw(st.permutations(list(NAMES))),
        names=names,
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        date=draw(st.sampled_from(DATES)),
        marks=marks,
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        end=draw(st.sampled_from(["\n", "\r\n"])),
        sign=draw(st.sampled_from(["", "£", "€ ", "$"])),
        negative=draw(st.sampled_from(["before", "after", "brackets"])),
        titles=draw(st.integers(0, 3)),
        index=draw(st.booleans()),
        total=total,
    )


outcome: Counter[str] = Counter()


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines(), dialects())
def test_any_dialect_is_read_back_or_refused(tmp_path, written, dialect):
    path = write(tmp_path / "shop.csv", written, dialect)
    try:
        found = inspect([path])
    except SourceError:
        outcome["refused"] += 1
        return
    if found.questions:
        outcome["asked"] += 1
        return
    assert found.shop is not None
    outcome["read"] += 1
    read = [_read(line, found.shop) for line in found.sample]
    assert read == [
        (
            line.invoice,
            line.stock_code,
            line.description,
            Decimal(line.quantity),
            kept(line.invoice_date, dialect.date),
            line.price * abs(line.quantity) if dialect.total else line.price,
            line.customer_id or None,
            line.country,
        )
        for line in written
    ]


def test_most_dialects_are_read():
    """The property above would hold for a reader that refuses everything."""
    if outcome:
        assert outcome["read"] > 0.3 * outcome.total()


@pytest.mark.parametrize(("marks", "encoding"), [(MARKS[1], "utf-16"), (MARKS[3], "cp1252")])
@pytest.mark.parametrize("date", DATES)
def test_no_way_of_writing_is_refused_where_its_lines_show_it(tmp_path, date, marks, encoding):
    """The property above held while all dates with full stops and no time were asked about."""
    moments = [datetime(2021 + n % 3, 1 + n % 12, 1 + n % 28, 9, 15) for n in range(30)]
    written = [
        Line("9001", "MUG1", "CAFÉ", 2, moment, Decimal("1234.50"), "7", "France")
        for moment in moments
    ]
    names = {ours: theirs[0] for ours, theirs in NAMES.items()}
    dialect = Dialect(list(NAMES), names, ";", date, marks, encoding, "\n", "", "before", 1)
    found = inspect([write(tmp_path / "shop.csv", written, dialect)])
    assert found.questions == []
    assert found.shop is not None
    assert [_read(line, found.shop)[4] for line in found.sample] == [
        kept(moment, date) for moment in moments
    ]


def _read(line: dict[str, str], shop: ShopDescription) -> tuple[object, ...]:
    return (
        line["invoice"],
        line["stock_code"],
        line["description"],
        parse_quantity(line["quantity"], shop.format),
        parse_date(line["invoice_date"], shop.format.dates, shop.timezone, shop.format.decimal),
        parse_number(line["price"] or line["amount"], shop.format, shop.currency),
        line["customer_id"],
        line["country"],
    )
