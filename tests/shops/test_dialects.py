"""A shop written in any dialect is read back as it is, or refused: never otherwise."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects import DATES, MARKS, NAMES, Dialect, Line, kept, write
from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.describing.inspection import inspect
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.parsing import parse_date, parse_number

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
    return Dialect(
        order=draw(st.permutations(list(NAMES))),
        names={ours: draw(st.sampled_from(names)) for ours, names in NAMES.items()},
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        date=draw(st.sampled_from(DATES)),
        marks=marks,
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        end=draw(st.sampled_from(["\n", "\r\n"])),
        sign=draw(st.sampled_from(["", "£", "€ ", "$"])),
        negative=draw(st.sampled_from(["before", "after", "brackets"])),
        titles=draw(st.integers(0, 3)),
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
            line.price,
            line.customer_id or None,
            line.country,
        )
        for line in written
    ]


def test_most_dialects_are_read():
    """The property above would hold for a reader that refuses everything."""
    if outcome:
        assert outcome["read"] > 0.3 * outcome.total()


def _read(line: dict[str, str], shop: ShopDescription) -> tuple[object, ...]:
    return (
        line["invoice"],
        line["stock_code"],
        line["description"],
        parse_number(line["quantity"], shop.format),
        parse_date(line["invoice_date"], shop.format.dates, shop.timezone),
        parse_number(line["price"], shop.format),
        line["customer_id"],
        line["country"],
    )
