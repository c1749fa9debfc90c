"""Facts from tables: literal rows, results by hand."""

from datetime import date, datetime
from decimal import Decimal

from retail_lakehouse import tables as t
from retail_lakehouse.report.customer_facts import Judged
from retail_lakehouse.report.facts import Check, Counted, Month, Source
from retail_lakehouse.report.reading import (
    line_facts,
    list_facts,
    month_facts,
    sample_facts,
    segment_facts,
    value_facts,
)

AS_OF = date(2011, 12, 10)


def sale(invoice, day, amount, customer="1", reversed_at=None):
    return {
        "invoice": invoice,
        "invoice_date": datetime.fromisoformat(f"2011-{day} 10:00:00"),
        "amount": Decimal(amount),
        "customer_id": customer,
        "reversed_at": reversed_at,
    }


def test_months_count_invoices_by_day_and_customers_by_number(frame):
    sales = frame(
        t.SALES,
        [
            sale("A", "10-31", "5"),
            # The same number on another day is another invoice.
            sale("A", "11-01", "2.5"),
            sale("A", "11-01", "2.5"),
            sale("B", "11-30", "10", customer=None),
            sale("C", "11-30", "1", customer="2"),
        ],
    )
    rfm = frame(
        t.CUSTOMER_RFM,
        [
            {"customer_id": "1", "first_purchase_at": datetime(2011, 10, 31, 10)},
            {"customer_id": "2", "first_purchase_at": datetime(2011, 11, 30, 10)},
        ],
    )
    found, first, last = month_facts.months(sales, rfm)
    assert found == (
        Month(date(2011, 10, 1), Decimal("5.0000"), 1, 1, 1),
        Month(date(2011, 11, 1), Decimal("16.0000"), 3, 2, 1),
    )
    assert (first, last) == (date(2011, 10, 31), date(2011, 11, 30))


def quality(run, table, measure, part, value, passed=None, as_of=AS_OF, level=None):
    return {
        "run_id": run, "as_of": as_of, "table_name": table, "measure": measure, "part": part,
        "value": Decimal(value), "passed": passed, "level": level,
    }  # fmt: skip


def a_run(run, sold, as_of=AS_OF):
    return [
        quality(run, "bronze.invoice_lines", "lines_in", "a.csv", sold + 3, as_of=as_of),
        quality(run, "silver.sales", "lines_out", "a.csv", sold, as_of=as_of),
        quality(run, "silver.rejected_lines", "lines_out", "a.csv", 3, as_of=as_of),
        quality(run, "silver.rejected_lines", "lines_by_reason", "adjustment", 3, as_of=as_of),
        quality(run, "gold.customer_rfm", "money_balance", "ALL", 0, True, as_of),
    ]


def test_lines_are_of_the_run_that_saw_most_as_of_that_day(frame):
    rows = a_run("old", 5) + a_run("new", 7) + a_run("later", 99, as_of=date(2012, 1, 1))
    sales = frame(
        t.SALES,
        [
            sale("A", "10-31", "5"),
            sale("B", "10-31", "5", customer=None),
            # Taken back before the day, and after it.
            sale("C", "10-31", "5", customer=None, reversed_at=datetime(2011, 12, 9)),
            sale("D", "10-31", "5", reversed_at=datetime(2011, 12, 11)),
        ],
    )
    found = line_facts.lines(frame(t.DATA_QUALITY, rows), sales, AS_OF)
    assert found.sources == (Source("a.csv", 7, 0, 3),)
    assert found.reasons == (Counted("adjustment", 3),)
    assert (found.taken_back, found.anonymous) == (1, 1)
    assert (found.checked, found.failed) == (1, 0)
    (check,) = found.checks
    assert check == Check("gold.customer_rfm", "money_balance", "ALL", Decimal(0), passed=True)


def test_many_files_are_named_up_to_a_bound(frame):
    rows = [quality("r", "bronze.invoice_lines", "lines_in", "ALL", 100)]
    rows.append(quality("r", "silver", "freshness", "ALL", 9, False, level="warn"))
    for number in range(20):
        part = f"day-{number:02}.csv"
        rows.append(quality("r", "silver.sales", "lines_out", part, 10 + number))
        rows.append(
            quality("r", "bronze.invoice_lines", "lines_balance", part, number == 7, number != 7)
        )
    found = line_facts.lines(frame(t.DATA_QUALITY, rows), frame(t.SALES, []), AS_OF)
    *named, rest = found.sources
    assert [source.name for source in named] == [f"day-{n:02}.csv" for n in range(12, 20)]
    assert rest == Source("12 other files or sheets", sum(10 + n for n in range(12)), 0, 0)
    assert (found.checked, found.failed, found.warned) == (21, 1, 1)
    balance = "bronze.invoice_lines", "lines_balance"
    assert found.checks == (
        Check(*balance, "day-07.csv", Decimal(1), passed=False),
        Check("silver", "freshness", "ALL", Decimal(9), passed=False, level="warn"),
        Check(*balance, "day-00.csv", Decimal(0), passed=True, parts=19),
    )


def test_dots_are_a_bounded_sample_and_the_same_ones_again(frame, monkeypatch):
    monkeypatch.setattr(segment_facts, "DOTS", 5)
    rows = [
        {
            "customer_id": str(number), "segment": "New", "recency_days": number,
            "frequency": 1, "monetary": Decimal(number),
        }
        for number in range(1, 40)
    ]  # fmt: skip
    customers = frame(t.CUSTOMER_SEGMENTS, rows)
    found = segment_facts.dots(customers)
    assert len(found) == 5
    assert segment_facts.dots(frame(t.CUSTOMER_SEGMENTS, rows[::-1])) == found


def test_a_backtest_s_figure_stands_where_a_window_has_two(frame):
    def row(ranking, value, start=date(2011, 11, 10)):
        return {
            "window_start": start, "window_days": 30, "ranking": ranking, "scope": "all",
            "metric": "ndcg_at_10", "value": value, "low": None, "high": None, "users": 9,
        }  # fmt: skip

    trained = frame(t.RECOMMENDATION_QUALITY, [row("for_you", 0.1), row("als", 0.2)])
    backtested = frame(t.BACKTEST_QUALITY, [row("for_you", 0.3)])
    found = list_facts.recommendations(
        frame(t.RECOMMENDATIONS, []), trained, backtested,
        frame(t.POPULAR_PRODUCTS, []), 1,
    )  # fmt: skip
    judged = {one.ranking: one.value for one in found.judged}
    assert judged == {"for_you": 0.3, "als": 0.2}
    assert (found.window_days, found.catalogue) == (30, 1)


def test_the_most_recommended_are_the_first_of_each_list(frame, monkeypatch):
    monkeypatch.setattr(list_facts, "PLACES", 2)
    rows = [
        {
            "customer_id": customer,
            "list": "for_you",
            "stock_code": code,
            "description": code.lower(),
        }
        for customer, codes in (("1", "ABC"), ("2", "AC"), ("3", "C"))
        for code in codes
    ]
    found = list_facts.recommendations(
        frame(t.RECOMMENDATIONS, rows), frame(t.RECOMMENDATION_QUALITY, []),
        frame(t.BACKTEST_QUALITY, []), frame(t.POPULAR_PRODUCTS, []), 3,
    )  # fmt: skip
    assert [(one.stock_code, one.customers) for one in found.most] == [("C", 3), ("A", 2)]
    (reach,) = found.reach
    assert (reach.customers, reach.products) == (3, 3)


def expected(customer, due=False, spend="1", **others):
    return {
        "customer_id": customer, "due_this_week": due, "expected_spend_12_months": Decimal(spend),
        "expected_spend_90_days": Decimal(spend) / 2, "next_order_on": AS_OF, "spend": Decimal(3),
        "probability_90_days": 0.5, "churn_risk": 0.4, "churn_band": "medium", "percentile": 50,
        "reason": "why",
    } | others  # fmt: skip


def member(customer, segment="Lost", monetary="1"):
    return {
        "customer_id": customer, "segment": segment, "monetary": Decimal(monetary),
        "recency_days": 3, "frequency": 2,
    }  # fmt: skip


def test_value_names_those_who_are_due_and_those_at_risk(frame):
    rows = [
        expected("1", due=True, spend="10", churn_band="low"),
        expected("2", due=True, spend="20", percentile=49),
        expected("3", spend="30"),
    ]
    quality_rows = [
        {
            "window_start": date(2011, 9, 1), "model": "trees", "metric": "brier_90", "tenth": 0,
            "value": 0.1, "low": 0.05, "high": 0.2, "customers": 3,
        }
    ]  # fmt: skip
    found = value_facts.value(
        frame(t.CUSTOMER_VALUE, rows),
        frame(t.CUSTOMER_SEGMENTS, [member(c) for c in "123"]),
        frame(t.VALUE_QUALITY, quality_rows),
        frame(t.VALUE_BACKTEST, []),
    )
    assert (found.customers, found.due_count) == (3, 2)
    assert found.expected_spend_12_months == 60
    assert [one.customer_id for one in found.due] == ["2", "1"]
    assert [one.customer_id for one in found.at_risk] == ["3"]
    assert found.judged == (Judged(date(2011, 9, 1), "trees", "0", "brier_90", 0.1, 0.05, 0.2, 3),)


def test_nothing_forecast_is_no_value(frame):
    empty = frame(t.CUSTOMER_VALUE, [])
    parts = (
        frame(t.CUSTOMER_SEGMENTS, []),
        frame(t.VALUE_QUALITY, []),
        frame(t.VALUE_BACKTEST, []),
    )
    assert value_facts.value(empty, *parts) is None


def test_the_sample_is_bounded_and_those_to_write_to_come_first(frame, monkeypatch):
    monkeypatch.setattr(sample_facts, "PEOPLE", 3)
    monkeypatch.setattr(sample_facts, "PLACES", 1)
    monkeypatch.setattr(sample_facts, "STAYS", 2)
    months = [(10, "New"), (11, "New"), (12, "Lost")]
    history = [
        {"customer_id": "2", "month_end": date(2011, number, 1), "segment": segment}
        for number, segment in [(9, "Loyal"), *months]
    ]
    lists = [
        {
            "customer_id": "2",
            "list": "for_you",
            "rank": rank,
            "stock_code": f"C{rank}",
            "reason": "r",
        }
        for rank in (1, 2)
    ]
    found = sample_facts.sample(
        frame(t.CUSTOMER_SEGMENTS, [member(c, monetary=c) for c in "12345"]),
        frame(
            t.CUSTOMER_VALUE,
            [expected("1", spend="5"), expected("2", due=True), expected("3", spend="9")],
        ),
        frame(t.SEGMENT_HISTORY, history),
        frame(t.RECOMMENDATIONS, lists),
        of=5,
    )
    assert found.of == 5
    assert [one.customer_id for one in found.people] == ["2", "3", "1"]
    first = found.people[0]
    assert first.path == ((date(2011, 10, 1), "New"), (date(2011, 12, 1), "Lost"))
    assert [one.stock_code for one in first.suggestions] == ["C1"]
    assert first.outlook.due_this_week
    without = sample_facts.sample(
        frame(t.CUSTOMER_SEGMENTS, [member(c, monetary=c) for c in "12345"]),
        frame(t.CUSTOMER_VALUE, []), frame(t.SEGMENT_HISTORY, []), frame(t.RECOMMENDATIONS, []),
        of=5,
    )  # fmt: skip
    assert [one.customer_id for one in without.people] == ["5", "4", "3"]
    assert without.people[0].outlook is None
